//! What the reader has written, mirrored at each command and each judging, so
//! that nothing else can take it away.
//!
//! A download unpacked over the old one, a `git checkout`, a slip in an editor:
//! each leaves a `todo!` where a body was. When that is seen, the mirror still
//! has the body, and it is kept as a copy like any other.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::fault::indented;
use crate::files;
use crate::keep::{self, Copy, FOLDER};
use crate::shipped::{Body, bodies};
use crate::workspace::{Chapter, Workspace};

fn folder() -> PathBuf {
    Path::new(FOLDER).join("yours")
}

/// Functions that are no longer written, and the copy in which they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The functions, as `1.2 find`.
    pub functions: Vec<String>,
    /// The files as they were.
    pub copy: Copy,
}

impl Lost {
    /// What is lost, and how to get it back.
    pub fn told(&self) -> String {
        let shown = self.functions.join(", ");
        let text = format!(
            "What you wrote is gone from chapters/: {shown}. It is kept; if that \
             was no intention, take it back:\n  cargo run -- restore {}",
            self.copy.name
        );
        indented(&text, 0)
    }
}

/// Compares a chapter with its mirror, keeps what was lost, and mirrors it as
/// it is now.
///
/// # Errors
///
/// Fails if it cannot be read, or the mirror not be written.
pub fn look(workspace: &Workspace, chapter: &Chapter) -> Result<Option<Lost>> {
    let root = workspace.root();
    let mut functions = Vec::new();
    let mut lost = Vec::new();
    for path in mirrored(root, chapter)? {
        let before = fs::read(root.join(folder()).join(&path)).unwrap_or_default();
        let now = fs::read(root.join(&path)).unwrap_or_default();
        let gone = gone(&before, &now);
        if !gone.is_empty() {
            functions.extend(gone);
            lost.push(path);
        }
    }
    let lost = match lost.as_slice() {
        [] => None,
        paths => Some(Lost {
            functions,
            copy: keep::keep_from(root, &folder(), "lost", paths)?,
        }),
    };
    take(workspace, chapter)?;
    Ok(lost)
}

/// Mirrors a chapter as it is now.
///
/// # Errors
///
/// Fails if it cannot be read, or the mirror not be written.
pub fn take(workspace: &Workspace, chapter: &Chapter) -> Result<()> {
    let root = workspace.root();
    let there = sources(&root.join(chapter.dir()), &chapter.dir())?;
    for path in &there {
        let now = fs::read(root.join(path)).unwrap_or_default();
        let mirror = root.join(folder()).join(path);
        if fs::read(&mirror).is_ok_and(|mirror| mirror == now) {
            continue;
        }
        if written(&now).is_empty() {
            if mirror.is_file() && parses(&now) {
                files::remove(&root.join(folder()), path)?;
            }
        } else {
            files::write_if_changed(&mirror, &now)?;
        }
    }
    for path in mirrored(root, chapter)? {
        if !there.contains(&path) {
            files::remove(&root.join(folder()), &path)?;
        }
    }
    Ok(())
}

fn mirrored(root: &Path, chapter: &Chapter) -> Result<Vec<PathBuf>> {
    sources(&root.join(folder()).join(chapter.dir()), &chapter.dir())
}

/// The Rust files in a folder, as paths that begin with `dir`.
fn sources(folder: &Path, dir: &Path) -> Result<Vec<PathBuf>> {
    let listed = files::below(folder)?.into_iter();
    let rust = listed.filter(|path| path.extension().is_some_and(|e| e == "rs"));
    Ok(rust.map(|path| dir.join(path)).collect())
}

fn written(bytes: &[u8]) -> Vec<Body> {
    let text = String::from_utf8_lossy(bytes);
    if !text.contains("# Exercise") {
        return Vec::new();
    }
    let mut found = bodies(&text);
    found.retain(|body| !body.unwritten);
    found
}

/// A file that does not parse just now has lost nothing: it is being edited.
fn parses(bytes: &[u8]) -> bool {
    bytes.is_empty() || syn::parse_file(&String::from_utf8_lossy(bytes)).is_ok()
}

/// The functions that were written before and are not now.
fn gone(before: &[u8], now: &[u8]) -> Vec<String> {
    if before == now || !parses(now) {
        return Vec::new();
    }
    let there = written(now);
    let is_there = |body: &Body| {
        there
            .iter()
            .any(|t| t.id == body.id && t.function == body.function)
    };
    let before = written(before).into_iter();
    let gone = before.filter(|body| !is_there(body));
    gone.map(|body| format!("{} {}", body.id, body.function))
        .collect()
}
