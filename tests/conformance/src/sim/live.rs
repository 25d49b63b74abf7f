//! A disk while there is power: what its files hold, who has them open, and
//! what the contract of [`engine::disk`] forbids.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Range;
use std::sync::Arc;

use engine::{Error, Result};

use super::change::{ByteChange, Change, FileId, NameChange, SyncEnd, Unsynced};
use super::content::Content;
use super::faults::{Faults, Operation};
use super::landing::{Landing, Outcome, land};
use super::medium::{Medium, rename};
use super::reach::Reach;

/// What the disk counted, to hold an engine's own counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Bytes that reads answered.
    pub read: u64,
    /// Bytes that maps lent.
    pub lent: u64,
    /// Bytes that maps were asked to have in memory.
    pub prefetched: u64,
    /// Bytes that were written.
    pub written: u64,
    /// Syncs of files and of the names that were attempted.
    pub syncs: u64,
    /// Syncs that failed.
    pub failed_syncs: u64,
    /// Operations that failed because the disk was told to, or was full; syncs
    /// among them.
    pub failed: u64,
}

#[derive(Debug, Default)]
pub(super) struct Live {
    /// How many processes have died.
    pub(super) deaths: u64,
    pub(super) locked: bool,
    pub(super) names: BTreeMap<Arc<str>, FileId>,
    pub(super) files: Vec<LiveFile>,
    /// What was on the device when this disk was made, and all changes since.
    pub(super) start: Medium,
    pub(super) log: Vec<Change>,
    pub(super) faults: Faults,
    pub(super) operations: Vec<Operation>,
    pub(super) counts: Counts,
    pub(super) violations: Vec<String>,
    /// What the present owner failed to sync; `None` are the names.
    failed_syncs: Vec<Option<FileId>>,
}

#[derive(Debug, Default)]
pub(super) struct LiveFile {
    pub(super) content: Content,
    /// How many handles and maps are open.
    pub(super) open: usize,
    pub(super) maps: usize,
    /// What maps have lent, in bytes, with a number for each loan.
    lent: Vec<(u64, Range<u64>)>,
    loans: u64,
}

impl Live {
    /// A disk that was just switched on, or whose process just died.
    pub(super) fn new(start: Medium) -> Self {
        let content = |file| LiveFile {
            content: start.live_content(FileId(file)),
            ..LiveFile::default()
        };
        Live {
            names: start.live_names(),
            files: (0..start.files()).map(content).collect(),
            start,
            ..Live::default()
        }
    }

    /// The process dies: nothing is open any more.
    pub(super) fn die(&mut self) {
        self.deaths += 1;
        self.unlock();
        for file in &mut self.files {
            (file.open, file.maps) = (0, 0);
            file.lent.clear();
        }
    }

    /// The owner, if any, lets go; the next one may sync what it likes.
    pub(super) fn unlock(&mut self) {
        self.locked = false;
        self.failed_syncs.clear();
    }

    /// Notes a breach of the disk's contract and makes the error for it.
    pub(super) fn forbid(&mut self, operation: Operation, file: &str, what: &str) -> Error {
        self.violations
            .push(format!("{} `{file}`: {what}", operation.name()));
        refuse(operation, file, ErrorKind::PermissionDenied, what)
    }

    /// The file called `name`.
    pub(super) fn find(&self, operation: Operation, name: &str) -> Result<FileId> {
        let missing = || refuse(operation, name, ErrorKind::NotFound, "no such file");
        self.names.get(name).copied().ok_or_else(missing)
    }

    pub(super) fn change_names(&mut self, change: NameChange) {
        if let NameChange::Create(..) = change {
            self.files.push(LiveFile::default());
        }
        rename(&mut self.names, &change);
        self.log.push(Change::Name(change));
    }

    pub(super) fn change_bytes(&mut self, name: &Arc<str>, file: FileId, change: ByteChange) {
        let content = self.files[file.0].content.bytes_mut();
        land(content, &change, Landing::whole(Outcome::Applied));
        self.log.push(Change::Bytes {
            name: name.clone(),
            file,
            change,
        });
    }

    /// Notes the attempt to sync `file`, or the names, and forbids a second one
    /// after a failure.
    pub(super) fn attempt_sync(&mut self, file: Option<FileId>, name: &str) {
        self.counts.syncs += 1;
        if self.failed_syncs.contains(&file) {
            self.violations
                .push(format!("sync `{name}`: tried again after it had failed"));
        }
    }

    /// Ends the attempt to sync `file`.
    pub(super) fn end_sync(&mut self, name: &Arc<str>, file: FileId, end: SyncEnd) {
        self.log.push(Change::Sync {
            name: name.clone(),
            file,
            end,
        });
        if let SyncEnd::Failed(unsynced) = end {
            self.counts.failed_syncs += 1;
            self.failed_syncs.push(Some(file));
            if unsynced != Unsynced::Kept {
                self.files[file.0].content = self.medium().live_content(file);
            }
        }
    }

    /// Ends the attempt to sync the names.
    pub(super) fn end_sync_dir(&mut self, succeeded: bool) {
        self.log.push(Change::SyncDir(succeeded));
        if !succeeded {
            self.counts.failed_syncs += 1;
            self.failed_syncs.push(None);
        }
    }

    /// The device now.
    pub(super) fn medium(&self) -> Medium {
        let mut medium = self.start.clone();
        for change in &self.log {
            medium.apply(change, &mut Reach::default());
        }
        medium
    }

    /// By how many bytes files may still grow.
    pub(super) fn room(&self) -> u64 {
        let Some(capacity) = self.faults.capacity else {
            return u64::MAX;
        };
        let used: u64 = self
            .names
            .values()
            .map(|file| self.files[file.0].content.len())
            .sum();
        capacity.saturating_sub(used)
    }
}

impl LiveFile {
    /// Lends a range; the answer is the loan's number.
    pub(super) fn lend(&mut self, range: Range<u64>) -> u64 {
        self.loans += 1;
        self.lent.push((self.loans, range));
        self.loans
    }

    /// Takes a loan back.
    pub(super) fn give_back(&mut self, loan: u64) {
        self.lent.retain(|(number, _)| *number != loan);
    }

    /// Answers whether any byte of `range` is lent.
    pub(super) fn is_lent(&self, range: &Range<u64>) -> bool {
        let overlaps =
            |(_, lent): &(u64, Range<u64>)| lent.start < range.end && range.start < lent.end;
        self.lent.iter().any(overlaps)
    }
}

/// An [`Error::Io`] as the operating system would give it.
pub(super) fn refuse(operation: Operation, file: &str, kind: ErrorKind, what: &str) -> Error {
    Error::Io {
        operation: operation.name(),
        file: file.to_owned(),
        kind,
        message: what.to_owned(),
    }
}
