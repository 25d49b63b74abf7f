//! A first walk over a file, to know which groups of parts to draw.

use std::collections::BTreeSet;
use std::fmt;

use engine::layout::{Draw, Part};

/// Groups drawn at the beginning of a file.
const FIRST: usize = 8;
/// Groups drawn at its end.
const LAST: usize = 2;
/// Groups with a fault that are drawn, wherever they are.
const FAULTY_MAX: usize = 20;

/// How many groups a file has, and what is wrong with which.
#[derive(Debug, Default)]
pub(super) struct Survey {
    groups: usize,
    faulty: BTreeSet<usize>,
    faults: usize,
}

impl Survey {
    pub(super) fn faults(&self) -> usize {
        self.faults
    }

    /// Answers whether the group of this number, counted from 1, is drawn even
    /// where a file is too long to draw all of them.
    pub(super) fn draws(&self, group: usize) -> bool {
        let few = self.groups <= FIRST + LAST + 1;
        few || group <= FIRST || group + LAST > self.groups || self.faulty.contains(&group)
    }
}

impl Draw for Survey {
    fn group(&mut self, _offset: usize, _name: fmt::Arguments<'_>) {
        self.groups += 1;
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
