//! What a run found: everything that the pages of a report are made from.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::class::Class;
use crate::contender::{Contender, Role};
use crate::device::Device;
use crate::machine::Machine;
use crate::trial::Outcome;

mod axis;
pub mod contents;
mod family;
pub mod files;
#[cfg(test)]
pub(crate) mod fixture;
pub mod html;
pub mod markdown;
pub mod page;
pub mod plot;
pub mod terminal;
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

impl Report {
    /// Answers whether the contender was tried in this class and did not keep
    /// what it claims.
    pub fn is_broken(&self, contender: &str, class: Class) -> bool {
        self.claims.iter().any(|claim| {
            let broken = matches!(claim.proof, Proof::Broken(_));
            broken && claim.contender == contender && claim.class == class
        })
    }

    /// Reads back what a run wrote.
    ///
    /// # Errors
    ///
    /// Fails where the file cannot be read, and where it is no report of this
    /// format.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let json = fs::read_to_string(path).with_context(|| format!("`{name}` cannot be read"))?;
        let format: Format = serde_json::from_str(&json).with_context(|| {
            format!("`{name}` is no report of the bench: name a `report.json` that it wrote")
        })?;
        if format.format != FORMAT {
            bail!(
                "`{name}` has format {}, and this bench reads format {FORMAT}: \
                 measure again with both programs, or read it with the bench that wrote it",
                format.format
            );
        }
        serde_json::from_str(&json).with_context(|| {
            format!("`{name}` is not a whole report of the bench: measure again, or name another")
        })
    }
}

/// What every format has.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_back_as_it_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        let report = fixture::report();
        fs::write(&path, serde_json::to_string(&report).unwrap()).unwrap();
        let read = Report::read(&path).unwrap();
        assert_eq!(read.trials.len(), report.trials.len());
        assert_eq!(read.contenders, report.contenders);
        assert_eq!(read.claims, report.claims);
    }

    #[test]
    fn what_is_no_report_is_named_with_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("other.json");
        let error = |text: &str| {
            fs::write(&path, text).unwrap();
            let error = Report::read(&path).unwrap_err().to_string();
            assert!(error.contains("other.json"), "{error}");
            error
        };
        assert!(error("{\"format\": 7, \"new\": 1}").contains("format 7"));
        assert!(error("not at all").contains("no report"));
        assert!(error("{\"format\": 1}").contains("not a whole report"));
        fs::remove_file(&path).unwrap();
        let missing = Report::read(&path).unwrap_err().to_string();
        assert!(missing.contains("cannot be read"), "{missing}");
    }
}
