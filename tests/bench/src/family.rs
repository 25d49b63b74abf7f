//! Workloads that are read together: a family has its table and its plot.

use std::fmt;

use crate::workload::{self, Kind};

/// A family of workloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Stores that are filled.
    Load,
    /// Single writes, none of which waits for the device.
    Write,
    /// Single writes, each of which waits for the device.
    DurableWrite,
    /// Single reads.
    Get,
    /// Single reads while another thread commits.
    GetBeside,
    /// Entries read in their order.
    Scan,
    /// Stores that are opened.
    Reopen,
    /// Reads and writes mixed.
    Mix,
    /// The same on two threads.
    MixOnTwo,
    /// What this program no longer knows.
    Other,
}

impl Family {
    /// That of the workload of that name.
    pub fn of(workload: &str) -> Self {
        let Some(workload) = workload::find(workload) else {
            return Family::Other;
        };
        match workload.kind {
            Kind::Load(_) => Family::Load,
            Kind::Put | Kind::Overwrite | Kind::DeleteHalf => Family::Write,
            Kind::PutDurable => Family::DurableWrite,
            Kind::Get(_) | Kind::GetMissing => Family::Get,
            Kind::GetBeside(_) => Family::GetBeside,
            Kind::ScanAll | Kind::ScanShort => Family::Scan,
            Kind::Reopen | Kind::ReopenKilled => Family::Reopen,
            Kind::Mix(_) if workload.threads == 1 => Family::Mix,
            Kind::Mix(_) => Family::MixOnTwo,
        }
    }

    /// What an entry of its rates is.
    pub fn unit(self) -> &'static str {
        match self {
            Family::Reopen => "opens a second",
            _ => "entries a second",
        }
    }
}

/// As a report says it.
impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Family::Load => "Loads",
            Family::Write => "Single writes",
            Family::DurableWrite => "Durable writes",
            Family::Get => "Gets",
            Family::GetBeside => "Gets beside commits",
            Family::Scan => "Scans",
            Family::Reopen => "Reopening",
            Family::Mix => "YCSB",
            Family::MixOnTwo => "YCSB on two threads",
            Family::Other => "Other workloads",
        })
    }
}
