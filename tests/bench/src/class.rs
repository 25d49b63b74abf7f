//! Which accident a finished write survives: what must not be mixed when
//! stores are compared.

use std::fmt;

use engine::Durability;
use serde::{Deserialize, Serialize};

/// A class of durability. Figures are compared within one class and never
/// across two: a store that waits for the device loses to one that does not,
/// and is not the worse for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// It keeps nothing: there are no files.
    InMemory,
    /// A finished write survives nothing before the next sync or close.
    Nothing,
    /// A finished write survives a killed process.
    Kill,
    /// A finished write survives a power loss.
    Power,
}

impl Class {
    /// All of them, the weakest first.
    pub const ALL: [Class; 4] = [Class::InMemory, Class::Nothing, Class::Kill, Class::Power];

    /// Its name at the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Class::InMemory => "in-memory",
            Class::Nothing => "nothing",
            Class::Kill => "kill",
            Class::Power => "power",
        }
    }

    /// What the contract calls it; nothing where there are no files.
    pub fn durability(self) -> Option<Durability> {
        match self {
            Class::InMemory => None,
            Class::Nothing => Some(Durability::Buffered),
            Class::Kill => Some(Durability::Os),
            Class::Power => Some(Durability::Always),
        }
    }
}

impl From<Durability> for Class {
    fn from(durability: Durability) -> Self {
        match durability {
            Durability::Buffered => Class::Nothing,
            Durability::Os => Class::Kill,
            Durability::Always => Class::Power,
        }
    }
}

/// As a report says it, of a write that has been answered.
impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Class::InMemory => "in memory",
            Class::Nothing => "survives nothing",
            Class::Kill => "survives a killed process",
            Class::Power => "survives a power loss",
        })
    }
}
