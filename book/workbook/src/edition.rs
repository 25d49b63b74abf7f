//! A new edition of a chapter, merged with what its reader wrote.
//!
//! Three texts meet: what the reader started from (`base`), what the reader has
//! now (`yours`), and what the workbook ships now (`new`). Git would compare
//! them line by line, and a mended first sentence in the docs of an exercise,
//! which its `todo!` repeats, would already be a conflict with the reader's
//! body. So the bodies of exercises are taken out of all three first; what is
//! left is merged by lines, and the reader's bodies are put back in.
//!
//! What cannot be merged stays the reader's, and the new text is laid beside
//! it. Nothing is written that is not copied first.

mod base;
mod merge;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::files;
use crate::keep::{self, Copy, FOLDER};
use crate::mirror;
use crate::shipped::{self, Files, same};
use crate::workspace::{Chapter, Workspace};

pub use base::{base, differs, remember};
pub use merge::merge;

/// What a new edition changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Files that the reader left as they came, with their new text, and new
    /// ones.
    pub renewed: Files,
    /// Files that the reader lost, as they came.
    pub returned: Files,
    /// Files that the reader lost, with what they had written.
    pub recovered: Files,
    /// Files that both sides changed, with both changes in them.
    pub merged: Files,
    /// Files that are no longer part of the chapter, and were as they came.
    pub removed: Vec<PathBuf>,
    /// Files that stay the reader's, because both sides changed the same.
    pub kept: Vec<Kept>,
}

/// A file that stays the reader's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The file.
    pub path: PathBuf,
    /// What the workbook ships now; `None` if it is no longer shipped.
    pub new: Option<Vec<u8>>,
    /// Why the two could not be merged.
    pub why: String,
}

impl Kept {
    /// Where the new text is laid.
    pub fn beside(&self) -> PathBuf {
        Path::new(FOLDER).join("new").join(&self.path)
    }
}

impl Plan {
    /// Compares what a chapter was when the reader got it, what it is now, and
    /// what it has become.
    pub fn of(base: &Files, yours: &Files, new: &Files) -> Self {
        let mut plan = Self::default();
        let paths: BTreeSet<&PathBuf> = base.keys().chain(new.keys()).collect();
        for path in paths {
            plan.add(path, base.get(path), yours.get(path), new.get(path));
        }
        plan
    }

    fn add(
        &mut self,
        path: &Path,
        base: Option<&Vec<u8>>,
        yours: Option<&Vec<u8>>,
        new: Option<&Vec<u8>>,
    ) {
        let path = path.to_path_buf();
        let alike = |a: Option<&Vec<u8>>, b: &Vec<u8>| a.is_some_and(|a| same(a, b));
        match (yours, new) {
            (None, None) => {}
            (None, Some(new)) if base.is_some() => {
                self.returned.insert(path, new.clone());
            }
            (None, Some(new)) => {
                self.renewed.insert(path, new.clone());
            }
            (Some(yours), Some(new)) if same(yours, new) => {}
            // Nothing new: the difference is the reader's.
            (Some(_), Some(new)) if alike(base, new) => {}
            (Some(yours), Some(new)) if alike(base, yours) => {
                self.renewed.insert(path, new.clone());
            }
            (Some(yours), Some(new)) => {
                let base = base.map(Vec::as_slice).unwrap_or_default();
                match merge(&path, base, yours, new) {
                    Ok(text) if same(&text, yours) => {}
                    Ok(text) => {
                        self.merged.insert(path, text);
                    }
                    Err(why) => self.kept.push(Kept {
                        path,
                        new: Some(new.clone()),
                        why,
                    }),
                }
            }
            (Some(yours), None) if alike(base, yours) => self.removed.push(path),
            (Some(_), None) => self.kept.push(Kept {
                path,
                new: None,
                why: "It is no longer part of the chapter, and you changed it.".to_owned(),
            }),
        }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds the plan of another chapter.
    pub fn extend(&mut self, other: Self) {
        self.renewed.extend(other.renewed);
        self.returned.extend(other.returned);
        self.recovered.extend(other.recovered);
        self.merged.extend(other.merged);
        self.removed.extend(other.removed);
        self.kept.extend(other.kept);
    }

    /// Carries it out below `root`, and answers the copy of what it changed.
    ///
    /// # Errors
    ///
    /// Fails if a file cannot be copied, before anything is changed, or if one
    /// cannot be written.
    pub fn carry_out(&self, root: &Path) -> Result<Option<Copy>> {
        let written = || {
            self.renewed
                .iter()
                .chain(&self.returned)
                .chain(&self.recovered)
                .chain(&self.merged)
        };
        let changed: Vec<PathBuf> = written()
            .map(|(path, _)| path)
            .chain(&self.removed)
            .filter(|path| root.join(path).is_file())
            .cloned()
            .collect();
        let copy = match changed.as_slice() {
            [] => None,
            changed => Some(keep::keep(root, "update", changed)?),
        };
        for (path, bytes) in written() {
            files::write_if_changed(&root.join(path), bytes)?;
        }
        for kept in &self.kept {
            if let Some(new) = &kept.new {
                files::write_if_changed(&root.join(kept.beside()), new)?;
            }
        }
        for path in &self.removed {
            files::remove(root, path)?;
        }
        Ok(copy)
    }
}

/// What a new edition changes in a chapter of this workspace.
///
/// # Errors
///
/// Fails if the chapter or its reference cannot be read.
pub fn plan(workspace: &Workspace, chapter: &Chapter) -> Result<Plan> {
    let new = shipped::chapter(workspace, chapter)?;
    let base = base(workspace.root(), chapter)?.unwrap_or_else(|| new.clone());
    let mut yours = shipped::yours(workspace.root(), chapter)?;
    let is_gone = |path: &PathBuf| mirror::is_missing(&workspace.root().join(path));
    yours.retain(|path, _| !is_gone(path) || new.get(path).is_none_or(Vec::is_empty));
    // What the reader had written in them, as if it stood there.
    let mut lost = mirror::of_missing(workspace.root(), chapter)?;
    lost.retain(|path, _| new.contains_key(path));
    yours.extend(lost.clone());
    let mut plan = Plan::of(&base, &yours, &new);
    lost.retain(|path, _| !plan.merged.contains_key(path));
    plan.recovered = lost;
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str)]) -> Files {
        let owned = |(path, text): &(&str, &str)| (PathBuf::from(path), text.as_bytes().to_vec());
        all.iter().map(owned).collect()
    }

    #[test]
    fn each_file_goes_the_way_that_loses_nothing() {
        let base = files(&[
            ("left", "1"),
            ("edited", "1"),
            ("gone", "1"),
            ("lost", "1"),
            ("both", "1"),
        ]);
        let yours = files(&[
            ("left", "1"),
            ("edited", "2"),
            ("gone", "1"),
            ("both", "2"),
            ("own", "x"),
        ]);
        let new = files(&[
            ("left", "3"),
            ("edited", "1"),
            ("lost", "1"),
            ("both", "3"),
            ("added", "3"),
        ]);
        let plan = Plan::of(&base, &yours, &new);
        assert_eq!(plan.renewed, files(&[("added", "3"), ("left", "3")]));
        assert_eq!(plan.returned, files(&[("lost", "1")]));
        assert_eq!(plan.merged, Files::new());
        assert_eq!(plan.removed, [PathBuf::from("gone")]);
        assert_eq!(plan.kept.len(), 1);
        assert_eq!(plan.kept[0].path, Path::new("both"));
    }
}
