//! What the reader has written, mirrored at each command and each judging, so
//! that nothing else can take it away.
//!
//! A download unpacked over the old one, a `git checkout`, a slip in an editor:
//! each leaves a `todo!` where a body was. When that is seen, the mirror still
//! has the body, and it is kept as a copy like any other, unless its text
//! stands somewhere else: in another file or under another name, or in a copy.
//!
//! A file that is gone or empty has lost nothing yet: an editor may be saving
//! it. The mirror keeps what was in it, and `update` brings it back from there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::fault::indented;
use crate::files;
use crate::keep::{self, Copy, FOLDER};
use crate::shipped::{Body, Files, bodies, named};
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
        let mut gone = gone(&before, &now);
        gone.retain(|body| !stands_elsewhere(root, chapter, body));
        if !gone.is_empty() {
            functions.extend(gone);
            lost.push(path);
        }
    }
    let lost = match lost.as_slice() {
        [] => None,
        paths => Some(Lost {
            functions: named(functions),
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
            if mirror.is_file() && is_whole(&now) {
                files::remove(&root.join(folder()), path)?;
            }
        } else {
            files::replace_if_changed(&mirror, &now)?;
        }
    }
    Ok(())
}

/// What the reader had written in files that are gone or empty now.
///
/// # Errors
///
/// Fails if the mirror cannot be read.
pub fn of_missing(root: &Path, chapter: &Chapter) -> Result<Files> {
    let mut found = Files::new();
    for path in mirrored(root, chapter)? {
        if is_missing(&root.join(&path)) {
            let mirror = root.join(folder()).join(&path);
            let bytes =
                fs::read(&mirror).with_context(|| format!("cannot read {}", mirror.display()))?;
            found.insert(path, bytes);
        }
    }
    Ok(found)
}

/// Whether a file is gone, or nothing is left in it.
pub fn is_missing(file: &Path) -> bool {
    fs::read(file).unwrap_or_default().trim_ascii().is_empty()
}

/// Whether a body's text is in a source of the chapter, or in a copy.
fn stands_elsewhere(root: &Path, chapter: &Chapter, body: &Body) -> bool {
    let dirs = [chapter.dir(), keep::copies()];
    dirs.iter().any(|dir| {
        let all = files::below(&root.join(dir)).unwrap_or_default();
        all.iter().any(|file| {
            let text = fs::read_to_string(root.join(dir).join(file)).unwrap_or_default();
            text.contains(&body.text)
        })
    })
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

/// A file that is empty, or does not parse just now, has lost nothing: it is
/// being edited.
fn is_whole(bytes: &[u8]) -> bool {
    let is_empty = bytes.trim_ascii().is_empty();
    !is_empty && syn::parse_file(&String::from_utf8_lossy(bytes)).is_ok()
}

/// The functions that were written before and are not now.
fn gone(before: &[u8], now: &[u8]) -> Vec<Body> {
    if before == now || !is_whole(now) {
        return Vec::new();
    }
    let there = written(now);
    let is_there = |body: &Body| {
        there
            .iter()
            .any(|t| t.id == body.id && t.function == body.function)
    };
    let before = written(before).into_iter();
    before.filter(|body| !is_there(body)).collect()
}
