//! Where the workspace is, and which chapters it has.
//!
//! Chapters are discovered from the folders `chapters/chNN-…` and
//! `solutions/chNN-…`; nothing here knows how many there are.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use cargo_metadata::{Metadata, MetadataCommand};
use toml_edit::DocumentMut;

use crate::runner::cannot_start;

/// The folder of what readers edit.
pub const CHAPTERS: &str = "chapters";
/// The folder of the references that chapters are derived from.
pub const SOLUTIONS: &str = "solutions";
/// What the package of a solution has behind the name of its chapter's.
pub const SOLUTION_SUFFIX: &str = "-solution";

/// The workspace that holds the book and its chapters.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
    chapters: Vec<Chapter>,
}

/// One chapter: what readers write, and the reference it is derived from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// Its number, as in `ch02-…`.
    pub number: u32,
    /// Its folder's name, as in `ch02-bitcask`.
    pub folder: String,
    /// The package that readers edit, in `chapters/`.
    pub package: String,
    /// The package of the reference, in `solutions/`; `None` for a chapter
    /// that is given rather than written.
    pub solution: Option<String>,
}

impl Chapter {
    /// What readers edit, from the workspace's root.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        Path::new(CHAPTERS).join(&self.folder)
    }

    /// The reference, from the workspace's root.
    #[must_use]
    pub fn solution_dir(&self) -> PathBuf {
        Path::new(SOLUTIONS).join(&self.folder)
    }
}

impl Workspace {
    /// Finds the workspace around `start`: the nearest folder upwards whose
    /// `Cargo.toml` has a `[workspace]`.
    ///
    /// # Errors
    ///
    /// Fails if there is none, or if it is another workspace than the book's.
    pub fn find(start: &Path) -> Result<Self> {
        for dir in start.ancestors() {
            let manifest = dir.join("Cargo.toml");
            if manifest.is_file() && read_manifest(&manifest)?.contains_key("workspace") {
                return Self::at(dir);
            }
        }
        bail!(
            "no workspace around {}: change to the folder of the workbook, the \
             one whose Cargo.toml has a [workspace], and run this again",
            start.display()
        )
    }

    /// Opens the workspace whose root is `root`.
    ///
    /// # Errors
    ///
    /// Fails if there is no `chapters` folder, or if a chapter's folder or
    /// manifest cannot be understood.
    pub fn at(root: &Path) -> Result<Self> {
        if !root.join(CHAPTERS).is_dir() {
            bail!(
                "{} is a workspace, but not the workbook's: it has no folder \
                 `{CHAPTERS}`",
                root.display()
            );
        }
        let mut found = BTreeMap::new();
        for folder in chapter_folders(&root.join(SOLUTIONS))? {
            let manifest = root.join(SOLUTIONS).join(&folder).join("Cargo.toml");
            let solution = package_name(&manifest)?;
            let Some(package) = solution.strip_suffix(SOLUTION_SUFFIX) else {
                bail!(
                    "{}: the package `{solution}` is a solution: call it \
                     `{solution}{SOLUTION_SUFFIX}`",
                    manifest.display()
                );
            };
            let chapter = Chapter {
                number: chapter_number(&folder)?,
                package: package.to_owned(),
                solution: Some(solution.clone()),
                folder: folder.clone(),
            };
            found.insert(folder, chapter);
        }
        // The manifest of what readers edit may be broken or gone; what the
        // reference says of the chapter still stands.
        for folder in chapter_folders(&root.join(CHAPTERS))? {
            if found.contains_key(&folder) {
                continue;
            }
            let manifest = root.join(CHAPTERS).join(&folder).join("Cargo.toml");
            let chapter = Chapter {
                number: chapter_number(&folder)?,
                package: package_name(&manifest)?,
                solution: None,
                folder,
            };
            found.insert(chapter.folder.clone(), chapter);
        }
        let mut chapters: Vec<Chapter> = found.into_values().collect();
        chapters.sort_by_key(|chapter| chapter.number);
        for pair in chapters.windows(2) {
            if pair[0].number == pair[1].number {
                bail!(
                    "two folders are chapter {}: {} and {}",
                    pair[0].number,
                    pair[0].folder,
                    pair[1].folder
                );
            }
        }
        Ok(Self {
            root: root.to_owned(),
            chapters,
        })
    }

    /// The folder of the workspace's `Cargo.toml`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All chapters, by number.
    #[must_use]
    pub fn chapters(&self) -> &[Chapter] {
        &self.chapters
    }

    /// The chapters with exercises: those that have a solution.
    pub fn written(&self) -> impl Iterator<Item = &Chapter> {
        self.chapters.iter().filter(|c| c.solution.is_some())
    }

    /// The chapter of that number.
    ///
    /// # Errors
    ///
    /// Fails with the numbers there are.
    pub fn chapter(&self, number: u32) -> Result<&Chapter> {
        let found = self.chapters.iter().find(|c| c.number == number);
        found.ok_or_else(|| {
            let there: Vec<&str> = self.chapters.iter().map(|c| c.folder.as_str()).collect();
            anyhow!("there is no chapter {number}, only {}", there.join(", "))
        })
    }

    /// Where artifacts go. Where cargo cannot read the workspace, which a
    /// missing manifest is enough for, what it does by default is answered.
    #[must_use]
    pub fn target_dir(&self) -> PathBuf {
        if let Ok(metadata) = self.metadata() {
            return metadata.target_directory.into_std_path_buf();
        }
        let set = env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty());
        let set = set.and_then(|dir| std::path::absolute(dir).ok());
        set.unwrap_or_else(|| self.root.join("target"))
    }

    /// What cargo knows of the workspace, its dependencies left out.
    ///
    /// # Errors
    ///
    /// Fails with cargo's own words if it cannot read the workspace.
    pub fn metadata(&self) -> Result<Metadata> {
        MetadataCommand::new()
            .current_dir(&self.root)
            .no_deps()
            .exec()
            .map_err(|error| match error {
                cargo_metadata::Error::Io(error) => cannot_start(error),
                error => anyhow::Error::from(error).context("cannot read the workspace"),
            })
    }
}

/// Reads a manifest as a document that can be edited.
///
/// # Errors
///
/// Fails with the file's name if it cannot be read or is not TOML.
pub fn read_manifest(path: &Path) -> Result<DocumentMut> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse()
        .with_context(|| format!("{} is not a manifest", path.display()))
}

fn package_name(manifest: &Path) -> Result<String> {
    let document = read_manifest(manifest)?;
    let name = document
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(|name| name.as_str());
    name.map(str::to_owned)
        .with_context(|| format!("{} does not name a package", manifest.display()))
}

/// The names of the folders in `dir` that hold a chapter; none if there is no
/// such folder. Folders without a manifest are left over from elsewhere.
fn chapter_folders(dir: &Path) -> Result<Vec<String>> {
    let context = || format!("cannot list {}", dir.display());
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e).with_context(context),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.with_context(context)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("ch") && entry.path().join("Cargo.toml").is_file() {
            folders.push(name);
        }
    }
    Ok(folders)
}

fn chapter_number(folder: &str) -> Result<u32> {
    let digits = folder
        .strip_prefix("ch")
        .and_then(|rest| rest.split_once('-'));
    digits
        .and_then(|(digits, _)| digits.parse().ok())
        .with_context(|| {
            format!(
                "the folder `{folder}` is named like no chapter: use two digits \
                 and a word, as in ch02-bitcask"
            )
        })
}
