//! What readers predicted, in one file: `.strata/predictions.json`.
//!
//! Every tab, and every workbook that serves the same repository, writes into
//! that file. It is read anew for each question, and changed under a lock and
//! as a whole, so no writer undoes what another one did. Of one prediction the
//! newest version stays; one that was cleared stays without text, so that an
//! older version, handed in later, does not bring it back.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::keep::FOLDER;

const FILE: &str = "predictions.json";
/// Held while the file is replaced.
const LOCK: &str = "predictions.lock";

/// The predictions of a repository's reader.
#[derive(Debug, Clone)]
pub struct Predictions {
    folder: PathBuf,
}

/// Predictions by name.
pub type Named = BTreeMap<String, Prediction>;

/// What was written into a page's field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prediction {
    /// As it was written; empty once it is cleared.
    pub text: String,
    /// What the page asked.
    pub question: String,
    /// The page that asked, in the rendered book.
    pub page: String,
    /// When it was written, as JavaScript writes dates.
    pub when: String,
}

impl Predictions {
    /// Those of the repository at `root`.
    pub fn of(root: &Path) -> Self {
        Self {
            folder: root.join(FOLDER),
        }
    }

    /// Where they are, from the repository's root.
    pub fn place() -> String {
        format!("{FOLDER}/{FILE}")
    }

    /// All of them, the cleared ones, too.
    ///
    /// # Errors
    ///
    /// Fails if the file is there and cannot be read.
    pub fn all(&self) -> Result<Named> {
        let path = self.folder.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Named::new()),
            Err(e) => return Err(e).with_context(|| format!("cannot read {}", Self::place())),
        };
        serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is not what was written there", Self::place()))
    }

    /// Takes in those of `newer` that are newer than what is kept, and answers
    /// all of them.
    ///
    /// # Errors
    ///
    /// Fails, and changes nothing, if the file cannot be read or written.
    pub fn merge(&self, newer: Named) -> Result<Named> {
        let context = || format!("cannot write {}", Self::place());
        fs::create_dir_all(&self.folder).with_context(context)?;
        let lock = File::create(self.folder.join(LOCK)).with_context(context)?;
        match lock.lock() {
            // Two workbooks at the same time are on their own then.
            Err(e) if e.kind() == io::ErrorKind::Unsupported => {}
            locked => locked.with_context(context)?,
        }
        let mut all = self.all()?;
        let mut is_changed = false;
        for (name, new) in newer {
            if all.get(&name).is_none_or(|old| old.is_before(&new)) {
                all.insert(name, new);
                is_changed = true;
            }
        }
        if is_changed {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder).with_context(context)?;
            file.write_all(&serde_json::to_vec_pretty(&all)?)
                .with_context(context)?;
            file.persist(self.folder.join(FILE)).with_context(context)?;
        }
        Ok(all)
    }
}

impl Prediction {
    /// Whether `other` is newer. What carries no date is older than all else.
    fn is_before(&self, other: &Self) -> bool {
        let date = |of: &Self| of.when.parse::<Timestamp>().ok();
        date(self) < date(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, text: &str, second: u32) -> Named {
        let prediction = Prediction {
            text: text.to_owned(),
            question: "How many?".to_owned(),
            page: "a.html".to_owned(),
            when: format!("2026-03-01T10:00:{second:02}.000Z"),
        };
        [(name.to_owned(), prediction)].into()
    }

    fn texts(all: &Named) -> Vec<(&str, &str)> {
        all.iter()
            .map(|(name, p)| (name.as_str(), p.text.as_str()))
            .collect()
    }

    #[test]
    fn the_newest_of_each_stays_and_what_is_cleared_stays_cleared() {
        let root = tempfile::tempdir().expect("a folder");
        let predictions = Predictions::of(root.path());
        assert_eq!(predictions.all().expect("read"), Named::new());
        for (change, expected) in [
            (one("a", "one", 2), vec![("a", "one")]),
            (one("b", "two", 1), vec![("a", "one"), ("b", "two")]),
            (one("a", "too late", 1), vec![("a", "one"), ("b", "two")]),
            (one("a", "", 3), vec![("a", ""), ("b", "two")]),
            (one("a", "one", 2), vec![("a", ""), ("b", "two")]),
        ] {
            let all = predictions.merge(change).expect("written");
            assert_eq!(texts(&all), expected);
            let again = Predictions::of(root.path()).all().expect("read");
            assert_eq!(again, all);
        }
    }

    #[test]
    fn writers_at_the_same_time_lose_nothing() {
        let root = tempfile::tempdir().expect("a folder");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let predictions = Predictions::of(root.path());
                scope.spawn(move || {
                    for number in 0..10 {
                        let name = format!("{writer}-{number}");
                        predictions.merge(one(&name, "x", 1)).expect("written");
                    }
                });
            }
        });
        let all = Predictions::of(root.path()).all().expect("read");
        assert_eq!(all.len(), 40);
    }

    #[test]
    fn a_file_that_is_something_else_is_left_alone() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join(Predictions::place());
        fs::create_dir_all(path.parent().expect("has one")).expect("made");
        fs::write(&path, "{ \"a\": ").expect("written");
        let predictions = Predictions::of(root.path());
        assert!(predictions.all().is_err());
        assert!(predictions.merge(one("a", "one", 1)).is_err());
        assert_eq!(fs::read_to_string(&path).expect("read"), "{ \"a\": ");
    }
}
