//! A first walk over a file, to know which groups of parts to draw.

use std::collections::BTreeSet;
use std::fmt;

use engine::layout::{Draw, Part};

use super::Show;

/// Groups drawn at the beginning of a file.
const FIRST: usize = 8;
/// Groups drawn at its end.
const LAST: usize = 2;
/// Groups with a fault that are drawn, wherever they are.
const FAULTY_MAX: usize = 20;

/// How many groups a file has, and what is wrong with which.
#[derive(Debug)]
pub(super) struct Survey<'o> {
    show: Show<'o>,
    groups: usize,
    /// Those that are asked for by their names, where some are.
    wanted: BTreeSet<usize>,
    faulty: BTreeSet<usize>,
    faults: usize,
}

impl<'o> Survey<'o> {
    pub(super) fn new(show: Show<'o>) -> Self {
        Survey {
            show,
            groups: 0,
            wanted: BTreeSet::new(),
            faulty: BTreeSet::new(),
            faults: 0,
        }
    }

    pub(super) fn faults(&self) -> usize {
        self.faults
    }

    /// Answers whether the group of this number, counted from 1, is drawn.
    pub(super) fn draws(&self, group: usize) -> bool {
        match self.show.only {
            Some(_) => self.wanted.contains(&group),
            None => {
                let is_outermost = is_among_few(group - 1, self.groups);
                self.show.all || is_outermost || self.faulty.contains(&group)
            }
        }
    }
}

/// Answers whether the thing of this number, counted from 0, is shown even where
/// there are too many of them to show all.
pub(super) fn is_among_few(number: usize, all: usize) -> bool {
    all <= FIRST + LAST + 1 || number < FIRST || number + LAST >= all
}

/// Answers whether `name` has these words in it, none of them as a part of
/// another.
fn has_words(name: &str, words: &str) -> bool {
    let is_one_word = |left: &str, right: &str| {
        let ends = left.chars().next_back().zip(right.chars().next());
        ends.is_some_and(|(left, right)| left.is_alphanumeric() && right.is_alphanumeric())
    };
    name.match_indices(words).any(|(at, found)| {
        let (before, behind) = (&name[..at], &name[at + found.len()..]);
        !is_one_word(before, found) && !is_one_word(found, behind)
    })
}

impl Draw for Survey<'_> {
    fn group(&mut self, _offset: usize, name: fmt::Arguments<'_>) {
        self.groups += 1;
        if let Some(only) = self.show.only
            && has_words(&name.to_string(), only)
        {
            self.wanted.insert(self.groups);
        }
    }

    fn part(&mut self, part: Part<'_>) {
        if part.fault.is_some() {
            self.faults += 1;
            if self.faulty.len() < FAULTY_MAX {
                self.faulty.insert(self.groups);
            }
        }
    }
}
