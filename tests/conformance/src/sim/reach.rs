//! Which outcomes of which operations were reached, as a table.

use std::fmt;

use super::change::{ByteChange, NameChange};
use super::landing::Outcome;

/// A kind of operation that changes a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`File::write_at`](engine::disk::File::write_at).
    Write,
    /// [`File::allocate`](engine::disk::File::allocate).
    Allocate,
    /// [`File::set_len`](engine::disk::File::set_len).
    SetLen,
    /// [`Disk::open`](engine::disk::Disk::open) of a new file.
    Create,
    /// [`Disk::rename`](engine::disk::Disk::rename).
    Rename,
    /// [`Disk::remove`](engine::disk::Disk::remove).
    Remove,
}

impl Kind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Kind; 6] = [
        Kind::Write,
        Kind::Allocate,
        Kind::SetLen,
        Kind::Create,
        Kind::Rename,
        Kind::Remove,
    ];

    pub(super) fn of_bytes(change: &ByteChange) -> Self {
        match change {
            ByteChange::Write(..) => Kind::Write,
            ByteChange::Allocate(_) => Kind::Allocate,
            ByteChange::SetLen(_) => Kind::SetLen,
        }
    }

    pub(super) fn of_name(change: &NameChange) -> Self {
        match change {
            NameChange::Create(..) => Kind::Create,
            NameChange::Rename(..) => Kind::Rename,
            NameChange::Remove(_) => Kind::Remove,
        }
    }
}

/// How many times each outcome of each kind of operation was part of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach([[u64; Outcome::ALL.len()]; Kind::ALL.len()]);

impl Reach {
    /// Adds one.
    pub(super) fn count(&mut self, kind: Kind, outcome: Outcome) {
        self.0[kind as usize][outcome as usize] += 1;
    }

    /// How many times.
    pub fn times(&self, kind: Kind, outcome: Outcome) -> u64 {
        self.0[kind as usize][outcome as usize]
    }

    /// Adds what another run reached.
    pub fn add(&mut self, other: &Reach) {
        for (row, more) in self.0.iter_mut().zip(&other.0) {
            for (sum, times) in row.iter_mut().zip(more) {
                *sum += times;
            }
        }
    }
}

/// What an outcome is called at the head of its column, in two lines.
const HEADS: [[&str; 2]; Outcome::ALL.len()] = [
    ["", "synced"],
    ["sync", "failed"],
    ["", "gone"],
    ["", "whole"],
    ["sector", "tear"],
    ["byte", "tear"],
    ["tail", "only"],
    ["tear +", "noise"],
    ["length", "only"],
    ["length", "+noise"],
];

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in 0..2 {
            write!(f, "{:9}", "")?;
            for head in HEADS {
                write!(f, "{:>7}", head[line])?;
            }
            writeln!(f)?;
        }
        for kind in Kind::ALL {
            let name = match kind {
                Kind::Write => "write",
                Kind::Allocate => "allocate",
                Kind::SetLen => "set_len",
                Kind::Create => "create",
                Kind::Rename => "rename",
                Kind::Remove => "remove",
            };
            write!(f, "{name:9}")?;
            for outcome in Outcome::ALL {
                match self.times(kind, outcome) {
                    0 => write!(f, "{:>7}", "·")?,
                    times @ ..1_000_000 => write!(f, "{times:>7}")?,
                    times => write!(f, "{:>6}k", times / 1000)?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
