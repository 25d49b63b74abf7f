//! What a run found: everything that the pages of a report are made from.

use serde::{Deserialize, Serialize};

use crate::class::Class;
use crate::contender::{Contender, Role};
use crate::device::Device;
use crate::machine::Machine;
use crate::trial::Outcome;

#[cfg(test)]
pub(crate) mod fixture;
pub mod units;

/// A run, or as much of it as was done when it was ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The version of this format.
    pub format: u32,
    /// When the run began: the day, as in 2026-01-31.
    pub day: String,
    /// Where it ran.
    pub machine: Machine,
    /// What was asked for.
    pub settings: Settings,
    /// What the device gave, before each round.
    pub device: Vec<Device>,
    /// Who was measured.
    pub contenders: Vec<About>,
    /// Which of their claims hold.
    pub claims: Vec<Claim>,
    /// Every trial, in the order in which they ran.
    pub trials: Vec<Done>,
}

/// The version of the format of [`Report`].
pub const FORMAT: u32 = 1;

/// What a run was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// How many entries the stores hold.
    pub entries: u64,
    /// The length of each key.
    pub key_bytes: usize,
    /// The length of each value.
    pub value_bytes: usize,
    /// How often each trial was made.
    pub rounds: u32,
    /// How long each thread of a trial may be busy, in milliseconds.
    pub busy_ms_max: u64,
    /// The memory that each process had, the cache of its files included;
    /// nothing where no limit could be set.
    pub memory_bytes: Option<u64>,
    /// Where the random choices come from.
    pub seed: u64,
}

/// Who a contender is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "see Contender")]
pub struct About {
    pub name: String,
    pub role: Role,
    pub sentence: String,
    pub version: String,
    pub settings: String,
    pub durable_commit: String,
    pub classes: Vec<Class>,
}

impl From<&Contender> for About {
    fn from(contender: &Contender) -> Self {
        About {
            name: contender.name.into(),
            role: contender.role,
            sentence: contender.sentence.clone(),
            version: contender.version.clone(),
            settings: contender.settings.into(),
            durable_commit: contender.durable_commit.into(),
            classes: contender.classes.clone(),
        }
    }
}

/// What a contender claims of its writes, and whether that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who claims it.
    pub contender: String,
    /// What.
    pub class: Class,
    /// Whether it holds.
    pub proof: Proof,
}

/// Whether a claim holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// It does: this was tried.
    Holds(String),
    /// It does not: this was seen.
    Broken(String),
    /// Nobody knows: for this reason it could not be tried.
    Untried(String),
}

/// A trial that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// Which round it was in, from 1 on.
    pub round: u32,
    /// What was done.
    pub workload: String,
    /// Who did it.
    pub contender: String,
    /// With which class its figures are compared.
    pub class: Class,
    /// What came of it.
    pub outcome: Outcome,
}
