//! What cargo cannot start without, put back at once.
//!
//! A chapter without its manifest stops cargo in the whole workspace, and with
//! it every command that could bring the manifest back. A watcher that still
//! runs does not need cargo for that.

use std::path::PathBuf;

use anyhow::Result;

use super::plan;
use crate::files;
use crate::shipped;
use crate::workspace::{Chapter, Workspace};

/// Puts back a chapter's manifest if that is gone, and all of the chapter, with
/// what its reader wrote, if its sources are gone, too. Answers what was put
/// back, from the root.
///
/// # Errors
///
/// Fails if the chapter cannot be read or written.
pub fn rescue(workspace: &Workspace, chapter: &Chapter) -> Result<Vec<PathBuf>> {
    let root = workspace.root();
    let manifest = chapter.dir().join("Cargo.toml");
    if chapter.solution.is_none() || root.join(&manifest).is_file() {
        return Ok(Vec::new());
    }
    if root.join(chapter.dir()).join("src").is_dir() {
        let Some(bytes) = shipped::chapter(workspace, chapter)?.remove(&manifest) else {
            return Ok(Vec::new());
        };
        files::write_if_changed(&root.join(&manifest), &bytes)?;
        return Ok(vec![manifest]);
    }
    let plan = plan(workspace, chapter)?;
    plan.carry_out(root)?;
    let back = [&plan.renewed, &plan.returned, &plan.recovered, &plan.merged];
    Ok(back
        .into_iter()
        .flat_map(|files| files.keys().cloned())
        .collect())
}
