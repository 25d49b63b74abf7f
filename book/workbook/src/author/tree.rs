//! A copy of the workspace in which chapters are compiled as they would reach
//! a reader, whatever the reader at hand has made of them.
//!
//! The copy stays in `target/author` and only what changed is written again,
//! so that a second run compiles next to nothing.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::solution::{Files, Solution};
use crate::{files, runner, workspace::Workspace};

/// Where authors' commands keep what they need, below cargo's target folder.
#[derive(Debug)]
pub(super) struct Desk {
    dir: PathBuf,
    members: Vec<PathBuf>,
    /// Held while a command is at work.
    lock: File,
}

impl Desk {
    /// Opens the desk, and waits for another command that is at work there.
    pub(super) fn open(workspace: &Workspace) -> Result<Self> {
        let metadata = workspace.metadata()?;
        let dir = metadata.target_directory.as_std_path().join("author");
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let lock = File::create(dir.join("lock")).context("cannot lock target/author")?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            eprintln!("waiting for another `author` command to finish");
            lock.lock().context("cannot lock target/author")?;
        }
        // By cargo's own name for the root, which may resolve links.
        let packages = metadata.workspace_packages();
        let members = packages
            .iter()
            .filter_map(|package| package.manifest_path.parent())
            .filter_map(|dir| dir.strip_prefix(&metadata.workspace_root).ok())
            .map(|dir| dir.as_std_path().to_owned())
            .collect();
        Ok(Self { dir, members, lock })
    }

    /// What was derived last, by chapter folder.
    pub(super) fn derived(&self) -> PathBuf {
        self.dir.join("derived")
    }

    /// Lays out the copy: each chapter as derived, and each solution with a
    /// switch at every exercise. Both gates use the same copy.
    pub(super) fn lay_out(self, workspace: &Workspace, solutions: &[Solution]) -> Result<Tree> {
        let mut expected = Files::new();
        for file in [
            "Cargo.toml",
            "Cargo.lock",
            "rust-toolchain.toml",
            ".cargo/config.toml",
        ] {
            if let Ok(bytes) = fs::read(workspace.root().join(file)) {
                expected.insert(PathBuf::from(file), bytes);
            }
        }
        for member in &self.members {
            for path in files::below(&workspace.root().join(member))? {
                let path = member.join(path);
                let bytes = fs::read(workspace.root().join(&path))
                    .with_context(|| format!("cannot read {}", path.display()))?;
                expected.insert(path, bytes);
            }
        }
        for solution in solutions {
            let chapter = &solution.chapter;
            put(&mut expected, &chapter.dir(), solution.derived()?);
            put(
                &mut expected,
                &chapter.solution_dir(),
                solution.switchable()?,
            );
        }
        let tree = Tree {
            root: self.dir.join("tree"),
            target_dir: self.dir.join("target"),
            _lock: self.lock,
        };
        make(&tree.root, &expected, workspace.root(), solutions)?;
        Ok(tree)
    }
}

/// In place of whatever stands in `dir`.
fn put(expected: &mut Files, dir: &Path, files: Files) {
    expected.retain(|path, _| !path.starts_with(dir));
    expected.extend(
        files
            .into_iter()
            .map(|(path, bytes)| (dir.join(path), bytes)),
    );
}

/// A copy of the workspace, and where its artifacts go. Nobody else changes it
/// as long as this value lives.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) root: PathBuf,
    pub(super) target_dir: PathBuf,
    _lock: File,
}

impl Tree {
    /// A cargo command about to work in the copy.
    pub(super) fn cargo(&self) -> std::process::Command {
        runner::cargo(&self.root, Some(&self.target_dir))
    }
}

/// Makes `root` hold these files and no others. What is there already is not
/// written again.
///
/// Cargo goes by the time at which a file was changed. A file that is new here, and
/// the same in the tree that is copied, has that tree's time: what was compiled of
/// it there is as good here. Whatever changes here is new to cargo; and so are the
/// files of a chapter, which are laid out as the tree has them and with more of
/// them solved in turn.
pub(super) fn make(
    root: &Path,
    files: &Files,
    original: &Path,
    solutions: &[Solution],
) -> Result<()> {
    for path in files::below(root)? {
        if !files.contains_key(&path) {
            files::remove(root, &path)?;
        }
    }
    for (path, bytes) in files {
        let copy = root.join(path);
        let is_derived = solutions.iter().any(|s| path.starts_with(s.chapter.dir()));
        let is_new = !copy.exists();
        files::write_if_changed(&copy, bytes)?;
        if is_new && !is_derived {
            files::date_alike(&original.join(path), &copy, bytes)?;
        }
    }
    Ok(())
}
