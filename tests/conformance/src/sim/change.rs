//! What an engine does to a disk, as the simulator logs it.

use std::fmt;
use std::sync::Arc;

/// A file, whatever it is called: names come and go, contents belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub(super) usize);

/// One operation that changes a disk, or what a power cut would leave of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A name came, went or moved.
    Name(NameChange),
    /// A file's bytes or its length changed.
    Bytes {
        /// The name under which the file was opened.
        name: Arc<str>,
        /// The file.
        file: FileId,
        /// What changed.
        change: ByteChange,
    },
    /// A sync of a file was attempted.
    Sync {
        /// The name under which the file was opened.
        name: Arc<str>,
        /// The file.
        file: FileId,
        /// How it ended.
        end: SyncEnd,
    },
    /// A sync of the names was attempted; the answer is whether it succeeded.
    SyncDir(bool),
}

/// One change of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameChange {
    /// A new, empty file got a name.
    Create(Arc<str>, FileId),
    /// A file moved from the first name to the second, in place of any file
    /// there.
    Rename(Arc<str>, Arc<str>, FileId),
    /// A name went, and its file with it.
    Remove(Arc<str>),
}

/// One change of a file's bytes or length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByteChange {
    /// These bytes at this offset.
    Write(u64, Arc<[u8]>),
    /// At least this long; what is new reads as zeros.
    Allocate(u64),
    /// Exactly this long; what is new reads as zeros.
    SetLen(u64),
}

/// How a sync of a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncEnd {
    /// What was written before is durable.
    Succeeded,
    /// What was not durable before will never be; of what is read from then
    /// on, the answer tells.
    Failed(Unsynced),
}

/// What reading shows, after a failed sync, of the bytes that it did not save.
/// Systems differ: some keep them in memory, marked clean, some read the old
/// ones again from the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unsynced {
    /// They are still read, as if nothing had happened.
    #[default]
    Kept,
    /// The file is what it was at the last sync that succeeded.
    Reverted,
    /// The bytes are what they were, and the length still covers the lost ones
    /// (as zeros, where it grew).
    Zeroed,
}

impl Unsynced {
    /// All of them.
    pub const ALL: [Unsynced; 3] = [Unsynced::Kept, Unsynced::Reverted, Unsynced::Zeroed];
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Name(change) => change.fmt(f),
            Change::Bytes { name, change, .. } => match change {
                ByteChange::Write(offset, bytes) => {
                    write!(f, "write {name} at {offset}, {} bytes", bytes.len())
                }
                ByteChange::Allocate(len) => write!(f, "allocate {name} to {len} bytes"),
                ByteChange::SetLen(len) => write!(f, "set_len {name} to {len} bytes"),
            },
            Change::Sync { name, end, .. } => match end {
                SyncEnd::Succeeded => write!(f, "sync {name}"),
                SyncEnd::Failed(Unsynced::Kept) => write!(f, "sync {name} fails"),
                SyncEnd::Failed(Unsynced::Reverted) => {
                    write!(f, "sync {name} fails, and the unsynced is gone")
                }
                SyncEnd::Failed(Unsynced::Zeroed) => {
                    write!(f, "sync {name} fails, and the unsynced reads as zeros")
                }
            },
            Change::SyncDir(true) => f.write_str("sync_dir"),
            Change::SyncDir(false) => f.write_str("sync_dir fails"),
        }
    }
}

impl fmt::Display for NameChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameChange::Create(name, _) => write!(f, "create {name}"),
            NameChange::Rename(from, to, _) => write!(f, "rename {from} to {to}"),
            NameChange::Remove(name) => write!(f, "remove {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_reads_as_what_was_called() {
        let name: Arc<str> = "log".into();
        let file = FileId(0);
        let bytes = |change| Change::Bytes {
            name: name.clone(),
            file,
            change,
        };
        let sync = |end| Change::Sync {
            name: name.clone(),
            file,
            end,
        };
        let shown: Vec<_> = [
            Change::Name(NameChange::Create(name.clone(), file)),
            Change::Name(NameChange::Rename(name.clone(), "old".into(), file)),
            Change::Name(NameChange::Remove(name.clone())),
            bytes(ByteChange::Write(7, (*b"abc").into())),
            bytes(ByteChange::Allocate(9)),
            bytes(ByteChange::SetLen(3)),
            sync(SyncEnd::Succeeded),
            sync(SyncEnd::Failed(Unsynced::Kept)),
            sync(SyncEnd::Failed(Unsynced::Reverted)),
            sync(SyncEnd::Failed(Unsynced::Zeroed)),
            Change::SyncDir(true),
            Change::SyncDir(false),
        ]
        .iter()
        .map(Change::to_string)
        .collect();
        assert_eq!(
            shown,
            [
                "create log",
                "rename log to old",
                "remove log",
                "write log at 7, 3 bytes",
                "allocate log to 9 bytes",
                "set_len log to 3 bytes",
                "sync log",
                "sync log fails",
                "sync log fails, and the unsynced is gone",
                "sync log fails, and the unsynced reads as zeros",
                "sync_dir",
                "sync_dir fails",
            ]
        );
    }
}
