//! `author derive`: writes `chapters/` from `solutions/`.
//!
//! Readers edit what stands there, and so may an author by mistake. A file is
//! overwritten only if nothing is lost by it: it is as committed, or as this
//! command wrote it last.

use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use super::{
    rules,
    solution::{Files, Solution},
    tree::Desk,
};
use crate::{
    edition,
    fault::{Faults, slashes},
    files,
    workspace::{CHAPTERS, Chapter, Workspace},
};

/// What `derive` did: the files it wrote and removed, from the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Derived {
    /// Files that are new or have new contents.
    pub written: Vec<PathBuf>,
    /// Files that no solution has any more.
    pub removed: Vec<PathBuf>,
}

/// Writes every chapter from its solution.
///
/// # Errors
///
/// Fails with [`Faults`] if a solution breaks a rule, and with the names of
/// the files if edits would be lost, unless `force` says to lose them.
/// Nothing is written in either case.
pub fn derive(workspace: &Workspace, force: bool) -> Result<Derived> {
    let solutions = read_all(workspace)?;
    let desk = Desk::open(workspace)?;
    let mut plans = Vec::new();
    for solution in &solutions {
        plans.push(Plan::new(workspace, solution)?);
    }
    if !force {
        refuse_to_lose_edits(workspace, &desk, &plans)?;
    }
    let mut done = Derived::default();
    for plan in &plans {
        for (path, bytes) in &plan.derived {
            files::write_if_changed(&workspace.root().join(plan.dir.join(path)), bytes)?;
            let note = desk.derived().join(plan.dir.join(path));
            files::write_if_changed(&note, bytes)?;
        }
        for path in &plan.stale {
            files::remove(workspace.root(), path)?;
        }
        edition::remember(workspace, &plan.chapter)?;
        done.written.extend_from_slice(&plan.changed);
        done.removed.extend_from_slice(&plan.stale);
    }
    Ok(done)
}

/// Reads every solution, and holds all of them against the rules.
///
/// # Errors
///
/// Fails with the [`Faults`] of all of them together.
pub(super) fn read_all(workspace: &Workspace) -> Result<Vec<Solution>> {
    let mut solutions = Vec::new();
    let mut faults = Faults::default();
    for chapter in workspace.written() {
        match Solution::read(workspace, chapter) {
            Ok(solution) => {
                faults.0.extend(rules::check(&solution)?.0);
                solutions.push(solution);
            }
            Err(error) => faults.0.extend(error.downcast::<Faults>()?.0),
        }
    }
    faults.into_result()?;
    Ok(solutions)
}

/// What deriving one chapter would change; paths from the root.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) chapter: Chapter,
    pub(super) dir: PathBuf,
    /// What the chapter shall hold; paths from its folder.
    pub(super) derived: Files,
    /// Files that are missing or hold something else.
    pub(super) changed: Vec<PathBuf>,
    /// Files that the chapter shall not hold.
    pub(super) stale: Vec<PathBuf>,
}

impl Plan {
    pub(super) fn new(workspace: &Workspace, solution: &Solution) -> Result<Self> {
        let dir = solution.chapter.dir();
        let derived = solution.derived()?;
        let there = files::below(&workspace.root().join(&dir))?;
        let stale = there.into_iter().filter(|path| !derived.contains_key(path));
        let stale = stale.map(|path| dir.join(path)).collect();
        let changed = derived
            .iter()
            .map(|(path, bytes)| (dir.join(path), bytes))
            .filter(|(path, bytes)| {
                !fs::read(workspace.root().join(path)).is_ok_and(|there| there == **bytes)
            })
            .map(|(path, _)| path)
            .collect();
        Ok(Self {
            chapter: solution.chapter.clone(),
            dir,
            derived,
            changed,
            stale,
        })
    }
}

fn refuse_to_lose_edits(workspace: &Workspace, desk: &Desk, plans: &[Plan]) -> Result<()> {
    let root = workspace.root();
    let committed = committed(root);
    let is_kept = |path: &PathBuf| {
        let as_committed = committed.as_ref().is_some_and(|c| c.contains(path));
        as_committed || same(&root.join(path), &desk.derived().join(path))
    };
    let lost: Vec<&PathBuf> = plans
        .iter()
        .flat_map(|plan| plan.changed.iter().chain(&plan.stale))
        .filter(|path| root.join(path).exists() && !is_kept(path))
        .collect();
    if lost.is_empty() {
        return Ok(());
    }
    let mut message = String::from("deriving would overwrite edits that are nowhere else:\n");
    for path in lost {
        // Writing to a string does not fail.
        let _ = writeln!(message, "    {}", slashes(path));
    }
    let way_out = match committed {
        Some(_) => "Move them to solutions/ or commit them",
        None => "There is no git here that could tell. Keep a copy",
    };
    bail!("{message}{way_out}, or overwrite them:\n    cargo run -- author derive --force");
}

fn same(a: &Path, b: &Path) -> bool {
    match (fs::read(a), fs::read(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// The files below `chapters/` that are as the last commit has them, from the
/// root; `None` where there is no git, or nothing committed yet.
fn committed(root: &Path) -> Option<BTreeSet<PathBuf>> {
    let mut tracked = git(root, &["ls-files", "-z", "--", CHAPTERS])?;
    let diff = [
        "diff",
        "--name-only",
        "--no-renames",
        "--relative",
        "-z",
        "HEAD",
        "--",
        CHAPTERS,
    ];
    for edited in git(root, &diff)? {
        tracked.remove(&edited);
    }
    Some(tracked)
}

/// The paths that a git command lists.
fn git(root: &Path, args: &[&str]) -> Option<BTreeSet<PathBuf>> {
    let output = Command::new("git")
        .current_dir(root)
        .args(args)
        .output()
        .ok()?;
    let paths = String::from_utf8(output.stdout).ok()?;
    let listed = || {
        paths
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    output.status.success().then(|| listed().collect())
}
