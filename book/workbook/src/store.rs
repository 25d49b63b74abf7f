//! The last verdicts, kept for as long as the sources they judge stay the same.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::files;
use crate::progress::ChapterVerdict;
use crate::workspace::{CHAPTERS, Chapter, SOLUTIONS, Workspace};

/// Verdicts by chapter, in a file under the target directory.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    chapters: BTreeMap<u32, Kept>,
}

/// A verdict and the sources that it judges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    fingerprint: u64,
    verdict: ChapterVerdict,
}

impl Store {
    /// Opens the store in the target directory. One that cannot be read is
    /// empty: it only saves time.
    pub fn open(target_dir: &Path, root: &Path) -> Self {
        let path = target_dir
            .join("strata")
            .join(own(root, "verdicts", "json"));
        let chapters = fs::read(&path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        Self { path, chapters }
    }

    /// The verdict on a chapter whose sources are still those it judged.
    pub fn fresh(&self, chapter: u32, fingerprint: u64) -> Option<&ChapterVerdict> {
        let kept = self.chapters.get(&chapter)?;
        (kept.fingerprint == fingerprint).then_some(&kept.verdict)
    }

    /// The last verdict on a chapter, whatever has changed since.
    pub fn last(&self, chapter: u32) -> Option<&ChapterVerdict> {
        Some(&self.chapters.get(&chapter)?.verdict)
    }

    /// Keeps a verdict.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be written.
    pub fn keep(&mut self, chapter: u32, fingerprint: u64, verdict: ChapterVerdict) -> Result<()> {
        let kept = Kept {
            fingerprint,
            verdict,
        };
        self.chapters.insert(chapter, kept);
        let context = || format!("cannot write {}", self.path.display());
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).with_context(context)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).with_context(context)?;
        file.write_all(&serde_json::to_vec(&self.chapters)?)
            .with_context(context)?;
        file.persist(&self.path).with_context(context)?;
        Ok(())
    }
}

/// The name of a file that belongs to the workspace at `root` alone, whoever
/// else builds in the same target directory.
pub fn own(root: &Path, name: &str, extension: &str) -> String {
    let mut hasher = DefaultHasher::new();
    root.canonicalize().ok().hash(&mut hasher);
    format!("{name}-{:016x}.{extension}", hasher.finish())
}

/// A number that changes with the sources that a chapter's verdict depends on:
/// the chapter itself, those before it (it may be built on them), the given
/// ones, the references, the suite and the manifest.
///
/// The lock file is not among them: the build may write it.
///
/// # Errors
///
/// Fails if a folder cannot be listed.
pub fn fingerprint(workspace: &Workspace, chapter: &Chapter) -> Result<u64> {
    let root = workspace.root();
    let mut hasher = DefaultHasher::new();
    let before = workspace.chapters().iter();
    let before = before.filter(|c| c.number <= chapter.number);
    let mut folders: Vec<PathBuf> = before.map(Chapter::dir).collect();
    folders.push(Path::new(CHAPTERS).join(&chapter.folder));
    folders.extend([SOLUTIONS, "tests"].map(PathBuf::from));
    for folder in folders {
        for file in files::below(&root.join(&folder))? {
            add(&mut hasher, root, &folder.join(file));
        }
    }
    add(&mut hasher, root, Path::new("Cargo.toml"));
    Ok(hasher.finish())
}

/// Adds a file; one that has gone meanwhile counts as absent.
fn add(hasher: &mut DefaultHasher, root: &Path, file: &Path) {
    file.hash(hasher);
    fs::read(root.join(file)).ok().hash(hasher);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_fresh_while_its_sources_stay() {
        let target = tempfile::tempdir().expect("a folder");
        let mut store = Store::open(target.path(), target.path());
        store
            .keep(1, 42, ChapterVerdict::default())
            .expect("written");
        let again = Store::open(target.path(), target.path());
        assert_eq!(again.fresh(1, 42), Some(&ChapterVerdict::default()));
        assert_eq!(again.fresh(1, 43), None);
        assert!(again.last(1).is_some());
        let other = tempfile::tempdir().expect("a folder");
        assert!(Store::open(target.path(), other.path()).last(1).is_none());
        let file = own(target.path(), "verdicts", "json");
        fs::write(target.path().join("strata").join(file), "{").expect("written");
        assert!(Store::open(target.path(), target.path()).last(1).is_none());
    }
}
