//! A chapter's solution, read and parsed, and the texts that come out of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{
    manifest,
    scan::{Scan, scan},
    splice,
};
use crate::{
    exercise::{ExerciseId, Source},
    fault::{Fault, Faults},
    files,
    workspace::{Chapter, SOLUTION_SUFFIX, Workspace},
};

/// Files of a crate: paths from its folder, and contents.
pub(super) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A chapter's solution.
#[derive(Debug)]
pub(super) struct Solution {
    pub(super) chapter: Chapter,
    /// Every file.
    pub(super) files: Files,
    /// Those below `src` that are Rust.
    pub(super) sources: BTreeMap<PathBuf, Parsed>,
}

/// A source file of a solution.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) text: String,
    pub(super) source: Source,
    pub(super) scan: Scan,
}

impl Solution {
    /// Reads and parses the solution of `chapter`.
    ///
    /// # Errors
    ///
    /// Fails with [`Faults`] if a source is not Rust.
    pub(super) fn read(workspace: &Workspace, chapter: &Chapter) -> Result<Self> {
        let dir = chapter.solution_dir();
        let mut solution = Self {
            chapter: chapter.clone(),
            files: Files::new(),
            sources: BTreeMap::new(),
        };
        let mut faults = Faults::default();
        for path in files::below(&workspace.root().join(&dir))? {
            let file = dir.join(&path);
            let bytes = fs::read(workspace.root().join(&file))
                .with_context(|| format!("cannot read {}", file.display()))?;
            if is_source(&path) {
                match parse(&file, &bytes) {
                    Ok(parsed) => {
                        solution.sources.insert(path.clone(), parsed);
                    }
                    Err(fault) => faults.0.push(fault),
                }
            }
            solution.files.insert(path, bytes);
        }
        faults.into_result()?;
        Ok(solution)
    }

    /// The numbers of its exercises, in order, each once.
    pub(super) fn exercises(&self) -> Vec<ExerciseId> {
        let sites = self.sources.values().flat_map(|s| &s.source.sites);
        let ids: BTreeSet<ExerciseId> = sites.map(|site| site.id).collect();
        ids.into_iter().collect()
    }

    /// The solution's manifest.
    pub(super) fn manifest(&self) -> Result<&str> {
        let dir = self.chapter.solution_dir();
        let bytes = self.files.get(Path::new("Cargo.toml"));
        bytes
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .with_context(|| format!("{} has no readable Cargo.toml", dir.display()))
    }

    /// What readers get: no exercise has a body, the manifest is the
    /// chapter's, and the rest is the same byte for byte.
    pub(super) fn derived(&self) -> Result<Files> {
        self.derived_through(None)
    }

    /// What readers have once every exercise up to `through` is solved.
    pub(super) fn derived_through(&self, through: Option<ExerciseId>) -> Result<Files> {
        let mut derived = Files::new();
        for (path, bytes) in &self.files {
            let bytes = match self.sources.get(path) {
                Some(parsed) => {
                    splice::unsolved_behind(&parsed.text, &parsed.source, through).into_bytes()
                }
                None if path == Path::new("Cargo.toml") => {
                    let file = self.chapter.solution_dir().join(path);
                    manifest::derive(self.manifest()?)
                        .with_context(|| format!("cannot derive from {}", file.display()))?
                        .into_bytes()
                }
                None => bytes.clone(),
            };
            derived.insert(self.derived_path(path), bytes);
        }
        Ok(derived)
    }

    /// The solution with a switch at every exercise.
    pub(super) fn switchable(&self) -> Result<Files> {
        let exercises = self.exercises();
        let switch = |id| exercises.binary_search(&id).unwrap_or_default();
        let mut files = self.files.clone();
        for (path, parsed) in &self.sources {
            let text = splice::switchable(&parsed.text, &parsed.source, switch);
            files.insert(path.clone(), text.into_bytes());
        }
        let root = files
            .get_mut(&Path::new("src").join("lib.rs"))
            .with_context(|| format!("{} has no src/lib.rs", self.chapter.folder))?;
        root.extend_from_slice(splice::switch_module(&exercises).as_bytes());
        let text = manifest::switchable(self.manifest()?)?;
        files.insert(PathBuf::from("Cargo.toml"), text.into_bytes());
        Ok(files)
    }

    /// Snapshots are named after their crate, and so change their names.
    fn derived_path(&self, path: &Path) -> PathBuf {
        let ours = format!("{}__", crate_name(&self.own_name()));
        let theirs = format!("{}__", crate_name(&self.chapter.package));
        let name = path.file_name().and_then(|name| name.to_str());
        let snapshot = path.extension().is_some_and(|e| e == "snap");
        match name.and_then(|name| name.strip_prefix(&ours)) {
            Some(rest) if snapshot => path.with_file_name(format!("{theirs}{rest}")),
            _ => path.to_owned(),
        }
    }

    /// The name of the solution's package.
    pub(super) fn own_name(&self) -> String {
        format!("{}{SOLUTION_SUFFIX}", self.chapter.package)
    }
}

/// A package's name as code writes it.
pub(super) fn crate_name(package: &str) -> String {
    package.replace('-', "_")
}

fn is_source(path: &Path) -> bool {
    path.starts_with("src") && path.extension().is_some_and(|e| e == "rs")
}

fn parse(file: &Path, bytes: &[u8]) -> Result<Parsed, Fault> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Fault::of(file, "This is not UTF-8: save it as that."))?;
    let source = Source::parse(text).map_err(|(at, error)| {
        let what = format!("This does not parse: {error}. The compiler says more.");
        Fault::at(file, at.line, what)
    })?;
    Ok(Parsed {
        text: text.to_owned(),
        source,
        scan: scan(text),
    })
}
