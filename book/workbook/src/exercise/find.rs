//! The exercises of a file and of a crate.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};

use super::{ExerciseId, Source};
use crate::fault::slashes;
use crate::files;
use crate::progress::Place;

/// A function that is, or is part of, an exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercise {
    /// Its number; several functions may share one.
    pub id: ExerciseId,
    /// The source file, from the workspace's root.
    pub file: PathBuf,
    /// `name`, or `Type::name` in an impl and `Trait::name` in a trait.
    pub function: String,
    /// The line of the function's name, from 1.
    pub line: usize,
    /// The line of its body's first statement: where its `todo!` is, if the
    /// function is unwritten.
    pub first_line: usize,
    /// The line of its body's closing brace.
    pub last_line: usize,
    /// The first sentence of its docs, without its full stop.
    pub summary: String,
    /// Whether its body still is the `todo!` that was derived.
    pub unwritten: bool,
}

impl Exercise {
    /// Answers whether a place lies in the function.
    pub fn holds(&self, place: &Place) -> bool {
        place.file == slashes(&self.file) && (self.line..=self.last_line).contains(&place.line)
    }

    /// A line of its file.
    pub fn at(&self, line: usize) -> Place {
        Place {
            file: slashes(&self.file),
            line,
            column: 1,
            yours: true,
        }
    }
}

/// The exercises of the crate in `dir` of the workspace at `root`, by number,
/// those of one number in the order of files and lines, a module before its parts:
/// `a.rs`, then `a/b.rs`.
///
/// # Errors
///
/// Fails, naming the place, if a file cannot be read or is not Rust.
pub fn of_crate(root: &Path, dir: &Path) -> Result<Vec<Exercise>> {
    let src = dir.join("src");
    let mut found = Vec::new();
    let mut files = files::below(&root.join(&src))?;
    files.sort_by_cached_key(|file| file.with_extension(""));
    for relative in files {
        let file = src.join(relative);
        if file.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(root.join(&file))
                .with_context(|| format!("cannot read {}", file.display()))?;
            found.extend(of_file(&file, &text)?);
        }
    }
    found.sort_by_key(|exercise| exercise.id);
    Ok(found)
}

/// The exercises of one file, from top to bottom.
///
/// # Errors
///
/// Fails, naming the place, if `text` is not Rust.
pub fn of_file(file: &Path, text: &str) -> Result<Vec<Exercise>> {
    let source = Source::parse(text).map_err(|(at, error)| {
        let (line, column) = (at.line, at.column + 1);
        anyhow!("{}:{line}:{column}: {error}", file.display())
    })?;
    let exercises = source.sites.iter().map(|site| Exercise {
        id: site.id,
        file: file.to_owned(),
        function: site.function.clone(),
        line: site.line,
        first_line: site.first_line,
        last_line: site.last_line,
        summary: site.summary(),
        unwritten: site.is_unwritten(text),
    });
    Ok(exercises.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exercise_begins_in_the_module_and_goes_on_in_its_parts() {
        let root = tempfile::tempdir().expect("a folder");
        let src = root.path().join("chapter/src");
        let text = "/// # Exercise 1.1\npub fn f() {}\n";
        for file in ["a/part.rs", "a.rs", "b.rs"] {
            files::replace_if_changed(&src.join(file), text.as_bytes()).expect("written");
        }
        let found = of_crate(root.path(), Path::new("chapter")).expect("found");
        let found: Vec<_> = found
            .iter()
            .map(|exercise| exercise.file.as_path())
            .collect();
        let src = Path::new("chapter/src");
        assert_eq!(
            found,
            ["a.rs", "a/part.rs", "b.rs"].map(|file| src.join(file))
        );
    }
}
