//! What only all files of a directory together say of the parts of each.

use std::collections::BTreeMap;

use crate::Result;
use crate::disk::Disk;

/// Who answers a question about groups of parts that no file answers alone:
/// which records are live, which pages are free.
#[derive(Debug, Clone, Copy)]
pub struct Judge {
    /// The question, as it stands in a sentence: `"which records are live"`.
    pub question: &'static str,
    /// Answers whether there may be notes on a file of this name.
    pub is_about: fn(&str) -> bool,
    /// The notes on a directory, from whatever it reads there. It changes
    /// nothing, takes no lock, and panics at no bytes.
    ///
    /// An error stands for a directory that cannot be judged: no engine would
    /// open it, or somebody changed it meanwhile. It names the file.
    pub notes: fn(&dyn Disk) -> Result<Notes>,
}

/// Words about groups of parts: `"live"`, `"free"`. And lists of what the files
/// make up together: the pages on each level of a tree.
///
/// The words take 8 bytes for each group in memory, as a large directory has
/// many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Of each file the words, and where the groups begin that each is said
    /// of, in order.
    files: BTreeMap<String, Vec<(&'static str, Vec<usize>)>>,
    lists: Vec<List>,
}

/// Lines under a heading. Whoever shows them may leave some out where they are
/// many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// What they are.
    pub heading: String,
    /// One for each thing, in an order that means something.
    pub lines: Vec<String>,
}

impl Notes {
    /// Says `word` of the groups in `file` that begin at these offsets, in
    /// bytes from the file's start. Only one word is said of a group.
    pub fn say(&mut self, file: &str, word: &'static str, mut offsets: Vec<usize>) {
        offsets.sort_unstable();
        if !offsets.is_empty() {
            let words = self.files.entry(file.to_owned()).or_default();
            words.push((word, offsets));
        }
    }

    /// The word about the group in `file` that begins at `offset`.
    pub fn word(&self, file: &str, offset: usize) -> Option<&'static str> {
        let mut words = self.words(file).iter();
        let found = words.find(|(_, offsets)| offsets.binary_search(&offset).is_ok());
        found.map(|(word, _)| *word)
    }

    /// Adds a list after those that are there.
    pub fn list(&mut self, heading: String, lines: Vec<String>) {
        self.lists.push(List { heading, lines });
    }

    /// All lists.
    pub fn lists(&self) -> &[List] {
        &self.lists
    }

    /// The words about groups in `file`, and of how many groups each is said.
    pub fn counts(&self, file: &str) -> impl Iterator<Item = (&'static str, usize)> {
        let words = self.words(file).iter();
        words.map(|(word, offsets)| (*word, offsets.len()))
    }

    fn words(&self, file: &str) -> &[(&'static str, Vec<usize>)] {
        self.files.get(file).map_or(&[], Vec::as_slice)
    }
}
