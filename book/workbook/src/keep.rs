//! Copies of what readers wrote, made before anything changes it.
//!
//! ```text
//! .strata/copies/2026-03-01-reset-1/chapters/ch01-memory/src/memory.rs
//!                └── name ───────┘ └── as in the repository ────────┘
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::exercise::ExerciseId;
use crate::fault::slashes;
use crate::files;
use crate::shipped::{Body, bodies, named};
use crate::workspace::CHAPTERS;

/// The folder of what this program keeps for the reader. Git ignores it.
pub const FOLDER: &str = ".strata";

/// A copy that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Its name, as `restore` takes it.
    pub name: String,
    /// The files in it, from the repository's root.
    pub files: Vec<PathBuf>,
    /// When it was made, if the system knows.
    pub made: Option<SystemTime>,
}

impl Copy {
    /// Where it is, from the repository's root.
    pub fn folder(&self) -> PathBuf {
        copies().join(&self.name)
    }

    /// The exercises of which it holds a function that somebody wrote.
    pub fn exercises(&self, root: &Path) -> BTreeSet<ExerciseId> {
        let read = |path| fs::read_to_string(root.join(self.folder()).join(path));
        let texts = self.files.iter().filter_map(|path| read(path).ok());
        let written = texts
            .flat_map(|text| bodies(&text))
            .filter(|b| !b.unwritten);
        written.map(|body| body.id).collect()
    }
}

/// Where the copies are, from the repository's root.
pub fn copies() -> PathBuf {
    Path::new(FOLDER).join("copies")
}

/// Copies files of the repository at `root` into a new folder with the date
/// and `label` in its name. Files that are not there are left out.
///
/// # Errors
///
/// Fails if a file cannot be copied; then nothing may be changed.
pub fn keep(root: &Path, label: &str, paths: &[PathBuf]) -> Result<Copy> {
    keep_from(root, Path::new(""), label, paths)
}

/// As [`keep`], of files that are below another folder of the repository.
///
/// # Errors
///
/// Fails if a file cannot be copied.
pub fn keep_from(root: &Path, below: &Path, label: &str, paths: &[PathBuf]) -> Result<Copy> {
    let date = jiff::Zoned::now().date();
    let context = |path: &Path| {
        format!(
            "cannot keep a copy in {}, so nothing was changed",
            slashes(path)
        )
    };
    fs::create_dir_all(root.join(copies())).with_context(|| context(&copies()))?;
    let mut copy = Copy {
        name: format!("{date}-{label}"),
        files: Vec::new(),
        made: None,
    };
    for number in 2.. {
        match fs::create_dir(root.join(copy.folder())) {
            Ok(()) => break,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                copy.name = format!("{date}-{label}-{number}");
            }
            Err(e) => return Err(e).with_context(|| context(&copy.folder())),
        }
    }
    let from = root.join(below);
    for path in paths.iter().filter(|path| from.join(path).is_file()) {
        let to = root.join(copy.folder()).join(path);
        let folder = to.parent().unwrap_or(root);
        fs::create_dir_all(folder)
            .and_then(|()| fs::copy(from.join(path), &to))
            .with_context(|| context(&copy.folder()))?;
        copy.files.push(path.clone());
    }
    Ok(copy)
}

/// All copies, the oldest first.
///
/// # Errors
///
/// Fails if the folder cannot be listed.
pub fn list(root: &Path) -> Result<Vec<Copy>> {
    let context = || format!("cannot list {}", slashes(&copies()));
    let entries = match fs::read_dir(root.join(copies())) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e).with_context(context),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.with_context(context)?;
        let written = entry.metadata().and_then(|m| m.modified()).ok();
        found.push(Copy {
            name: entry.file_name().to_string_lossy().into_owned(),
            files: files::below(&entry.path())?,
            made: written,
        });
    }
    found.sort_by(|a, b| (a.made, &a.name).cmp(&(b.made, &b.name)));
    Ok(found)
}

/// A copy that can be taken back, and what that would change.
#[derive(Debug)]
pub struct Restore {
    copy: Copy,
    /// Files that are not as they are in the copy.
    pub changed: Vec<PathBuf>,
    /// Those of them that are there, and would be written over.
    pub over: Vec<PathBuf>,
}

/// What taking back the copy of that name would change.
///
/// # Errors
///
/// Fails if there is no such copy, or if it is not one of chapters.
pub fn plan(root: &Path, name: &str) -> Result<Restore> {
    let all = list(root)?;
    let Some(copy) = all.iter().find(|copy| copy.name == name) else {
        let there: Vec<&str> = all.iter().map(|copy| copy.name.as_str()).collect();
        bail!(
            "there is no copy `{name}`; {}",
            match there.as_slice() {
                [] => "there are none yet".to_owned(),
                names => format!("there are:\n    {}", names.join("\n    ")),
            }
        );
    };
    if let Some(other) = copy.files.iter().find(|path| !path.starts_with(CHAPTERS)) {
        bail!(
            "the copy `{name}` holds {}, which is in no chapter",
            slashes(other)
        );
    }
    let from = root.join(copy.folder());
    let differs =
        |path: &&PathBuf| fs::read(root.join(path)).ok() != fs::read(from.join(path)).ok();
    let changed: Vec<PathBuf> = copy.files.iter().filter(differs).cloned().collect();
    let over = changed.iter().filter(|path| root.join(path).is_file());
    Ok(Restore {
        copy: copy.clone(),
        over: over.cloned().collect(),
        changed,
    })
}

impl Restore {
    /// The functions that the reader has written, and that would be gone or
    /// different, as in `1.2 find`.
    pub fn taken_away(&self, root: &Path) -> Vec<String> {
        let written = |file: PathBuf| {
            let text = fs::read_to_string(file).unwrap_or_default();
            let mut bodies = bodies(&text);
            bodies.retain(|body| !body.unwritten);
            bodies
        };
        let mut gone = Vec::new();
        for path in &self.over {
            let back = written(root.join(self.copy.folder()).join(path));
            for body in written(root.join(path)) {
                let same = |b: &Body| b.function == body.function && b.text == body.text;
                if !back.iter().any(same) {
                    gone.push(body);
                }
            }
        }
        named(gone)
    }

    /// Takes the copy back. What it writes over is kept in another copy first.
    ///
    /// # Errors
    ///
    /// Fails if a file cannot be copied or written.
    pub fn carry_out(&self, root: &Path) -> Result<Option<Copy>> {
        let from = root.join(self.copy.folder());
        let before = match self.over.as_slice() {
            [] => None,
            over => Some(keep(root, "restore", over)?),
        };
        for path in &self.changed {
            let bytes = fs::read(from.join(path))
                .with_context(|| format!("cannot read {}", slashes(path)))?;
            files::write_if_changed(&root.join(path), &bytes)?;
        }
        Ok(before)
    }
}
