//! What the reader started from, kept until the next edition.
//!
//! Git may know it, but not everybody has git, and a download has no history.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::files;
use crate::keep::FOLDER;
use crate::shipped::{self, Files};
use crate::workspace::{Chapter, Workspace};

/// The folder of a chapter's first texts.
fn folder() -> PathBuf {
    Path::new(FOLDER).join("base")
}

/// Where the texts are that the reader of a chapter started from, from the
/// root.
pub fn kept(chapter: &Chapter) -> PathBuf {
    folder().join(chapter.dir())
}

/// The number of the reference that a chapter's first texts came from.
fn number_file(chapter: &Chapter) -> PathBuf {
    folder().join(format!("{}.reference", chapter.folder))
}

/// The texts that the reader of a chapter started from; `None` if nobody has
/// kept them yet.
///
/// # Errors
///
/// Fails if they cannot be read.
pub fn base(root: &Path, chapter: &Chapter) -> Result<Option<Files>> {
    let dir = kept(chapter);
    let listed = files::below(&root.join(&dir))?;
    if listed.is_empty() {
        return Ok(None);
    }
    let read = |path: PathBuf| {
        let file = root.join(&dir).join(&path);
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok((chapter.dir().join(path), bytes))
    };
    listed
        .into_iter()
        .map(read)
        .collect::<Result<Files>>()
        .map(Some)
}

/// Whether the workbook now ships another edition of a chapter than the one
/// that the reader started from. A chapter that nobody has looked at yet is
/// remembered as it is now, and so is a new edition that is there already.
///
/// # Errors
///
/// Fails if the chapter or its reference cannot be read.
pub fn differs(workspace: &Workspace, chapter: &Chapter) -> Result<bool> {
    let root = workspace.root();
    let Ok(known) = fs::read_to_string(root.join(number_file(chapter))) else {
        remember(workspace, chapter)?;
        return Ok(false);
    };
    if known == number(workspace, chapter)? {
        return Ok(false);
    }
    // The reference may have changed where readers do not see it.
    let differs = !super::plan(workspace, chapter)?.is_empty();
    if !differs {
        remember(workspace, chapter)?;
    }
    Ok(differs)
}

/// Remembers what a chapter ships now as what its reader started from.
///
/// # Errors
///
/// Fails if it cannot be read or kept.
pub fn remember(workspace: &Workspace, chapter: &Chapter) -> Result<()> {
    let root = workspace.root();
    let now = shipped::chapter(workspace, chapter)?;
    for path in files::below(&root.join(kept(chapter)))? {
        let path = chapter.dir().join(path);
        if !now.contains_key(&path) {
            files::remove(&root.join(folder()), &path)?;
        }
    }
    for (path, bytes) in &now {
        files::write_if_changed(&root.join(folder()).join(path), bytes)?;
    }
    let number = number(workspace, chapter)?;
    files::write_if_changed(&root.join(number_file(chapter)), number.as_bytes())
}

/// A number that changes with the reference.
fn number(workspace: &Workspace, chapter: &Chapter) -> Result<String> {
    let dir = workspace.root().join(chapter.solution_dir());
    let mut hasher = DefaultHasher::new();
    for path in files::below(&dir)? {
        path.hash(&mut hasher);
        fs::read(dir.join(&path)).ok().hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}
