//! What goes wrong apart from power cuts.

use std::fmt;

use super::change::Unsynced;

/// What a simulated disk does wrong. Nothing, by default; it can be changed at
/// any time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Which operations fail with an I/O error.
    pub fail: Option<Fail>,
    /// Writes and allocations that fail answer that there is no room, as they do
    /// where a file system finds that only when it writes.
    pub full: bool,
    /// How much a write leaves behind that fails.
    pub failed_write: Part,
    /// What reading shows after a sync that failed.
    pub failed_sync: Unsynced,
    /// How many bytes all files together may hold.
    pub capacity: Option<u64>,
    /// How many bytes one read answers at most.
    pub read_max: Option<usize>,
    /// Files cannot be mapped.
    pub no_map: bool,
}

/// One of the things that can go wrong, as a script spells it.
///
/// | spelled | meaning |
/// |---|---|
/// | `fault eio 12` | operation 12 of the disk fails, counted from 0 |
/// | `fault eio 12..` | operation 12 fails, and so do all that follow |
/// | `fault full` | writes and allocations that fail answer that there is no room |
/// | `fault write half` | a write that fails leaves `nothing`, `half` or `all` |
/// | `fault unsynced gone` | after a failed sync the unsynced is `kept`, `gone` or `zeros` |
/// | `fault room 300` | all files together may hold 300 bytes |
/// | `fault read 1` | a read answers at most 1 byte |
/// | `fault map` | files cannot be mapped |
/// | `fault none` | everything works again |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Operations fail.
    Eio(Fail),
    /// Writes and allocations that fail find no room.
    Full,
    /// What a write that fails leaves behind.
    Write(Part),
    /// What reading shows after a sync that failed.
    Unsynced(Unsynced),
    /// There is room for so many bytes.
    Room(u64),
    /// Reads are short.
    Read(usize),
    /// Files cannot be mapped.
    Map,
    /// Everything works.
    None,
}

impl Fault {
    /// Reads the two words of a fault, of which the second may be empty.
    ///
    /// # Errors
    ///
    /// A phrase that says what there is.
    pub fn parse(what: &str, how: &str) -> Result<Fault, &'static str> {
        fn number<N: std::str::FromStr>(how: &str) -> Result<N, &'static str> {
            how.parse().map_err(|_| "this fault takes a number")
        }
        Ok(match (what, how) {
            ("eio", how) => Fault::Eio(match how.strip_suffix("..") {
                Some(from) => Fail::From(number(from)?),
                None => Fail::Once(number(how)?),
            }),
            ("full", "") => Fault::Full,
            ("write", "nothing") => Fault::Write(Part::Nothing),
            ("write", "half") => Fault::Write(Part::Half),
            ("write", "all") => Fault::Write(Part::All),
            ("unsynced", "kept") => Fault::Unsynced(Unsynced::Kept),
            ("unsynced", "gone") => Fault::Unsynced(Unsynced::Reverted),
            ("unsynced", "zeros") => Fault::Unsynced(Unsynced::Zeroed),
            ("room", how) => Fault::Room(number(how)?),
            ("read", how) => Fault::Read(number(how)?),
            ("map", "") => Fault::Map,
            ("none", "") => Fault::None,
            _ => {
                return Err(
                    "a fault is `eio N`, `eio N..`, `full`, `write nothing|half|all`,\n  \
                     `unsynced kept|gone|zeros`, `room N`, `read N`, `map` or `none`",
                );
            }
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Eio(Fail::Once(at)) => write!(f, "eio {at}"),
            Fault::Eio(Fail::From(at)) => write!(f, "eio {at}.."),
            Fault::Full => f.write_str("full"),
            Fault::Write(Part::Nothing) => f.write_str("write nothing"),
            Fault::Write(Part::Half) => f.write_str("write half"),
            Fault::Write(Part::All) => f.write_str("write all"),
            Fault::Unsynced(Unsynced::Kept) => f.write_str("unsynced kept"),
            Fault::Unsynced(Unsynced::Reverted) => f.write_str("unsynced gone"),
            Fault::Unsynced(Unsynced::Zeroed) => f.write_str("unsynced zeros"),
            Fault::Room(bytes) => write!(f, "room {bytes}"),
            Fault::Read(bytes) => write!(f, "read {bytes}"),
            Fault::Map => f.write_str("map"),
            Fault::None => f.write_str("none"),
        }
    }
}

impl Faults {
    /// These, and `fault`.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        match fault {
            Fault::Eio(fail) => self.fail = Some(fail),
            Fault::Full => self.full = true,
            Fault::Write(part) => self.failed_write = part,
            Fault::Unsynced(unsynced) => self.failed_sync = unsynced,
            Fault::Room(bytes) => self.capacity = Some(bytes),
            Fault::Read(bytes) => self.read_max = Some(bytes),
            Fault::Map => self.no_map = true,
            Fault::None => return Faults::default(),
        }
        self
    }
}

/// Which operations fail. They are numbered from 0 in the order in which the
/// disk is asked, those that change nothing included; see
/// [`SimDisk::operations`](super::SimDisk::operations).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fail {
    /// The one of this number.
    Once(usize),
    /// The one of this number and all that follow.
    From(usize),
}

impl Fail {
    /// Answers whether the operation of this number fails.
    pub fn hits(self, operation: usize) -> bool {
        match self {
            Fail::Once(at) => operation == at,
            Fail::From(at) => operation >= at,
        }
    }
}

/// A part of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// Nothing.
    #[default]
    Nothing,
    /// Its first half.
    Half,
    /// All that there is room for.
    All,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 3] = [Part::Nothing, Part::Half, Part::All];

    /// So much of `len` bytes.
    pub fn of(self, len: usize) -> usize {
        match self {
            Part::Nothing => 0,
            Part::Half => len / 2,
            Part::All => len,
        }
    }
}

/// An operation that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Opening a file that exists.
    Open,
    /// Opening a file that does not exist yet.
    Create,
    /// Renaming a file.
    Rename,
    /// Removing a file.
    Remove,
    /// Listing the names.
    List,
    /// Syncing the names.
    SyncDir,
    /// Locking the directory.
    Lock,
    /// Asking for a length.
    Len,
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Allocating.
    Allocate,
    /// Setting a length.
    SetLen,
    /// Syncing a file.
    Sync,
    /// Mapping a file.
    Map,
}

impl Operation {
    /// What an [`Error::Io`](engine::Error::Io) calls it.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Open => "open",
            Operation::Create => "create",
            Operation::Rename => "rename",
            Operation::Remove => "remove",
            Operation::List => "list",
            Operation::SyncDir => "sync the directory of",
            Operation::Lock => "lock",
            Operation::Len => "measure",
            Operation::Read => "read",
            Operation::Write => "write",
            Operation::Allocate => "allocate",
            Operation::SetLen => "set the length of",
            Operation::Sync => "sync",
            Operation::Map => "map",
        }
    }

    /// Answers whether it asks the device to make something durable.
    pub fn is_sync(self) -> bool {
        matches!(self, Operation::Sync | Operation::SyncDir)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_one_operation_or_all_from_there() {
        let hits = |fail: Fail| [1, 2, 3, 4].map(|operation| fail.hits(operation));
        assert_eq!(hits(Fail::Once(2)), [false, true, false, false]);
        assert_eq!(hits(Fail::From(2)), [false, true, true, true]);
    }

    #[test]
    fn a_fault_is_spelled_and_read_back_and_changes_one_thing() {
        let none = Faults::default();
        for (words, faults) in [
            (
                "eio 12",
                Faults {
                    fail: Some(Fail::Once(12)),
                    ..none.clone()
                },
            ),
            (
                "eio 12..",
                Faults {
                    fail: Some(Fail::From(12)),
                    ..none.clone()
                },
            ),
            (
                "full",
                Faults {
                    full: true,
                    ..none.clone()
                },
            ),
            ("write nothing", none.clone()),
            (
                "write half",
                Faults {
                    failed_write: Part::Half,
                    ..none.clone()
                },
            ),
            (
                "write all",
                Faults {
                    failed_write: Part::All,
                    ..none.clone()
                },
            ),
            ("unsynced kept", none.clone()),
            (
                "unsynced gone",
                Faults {
                    failed_sync: Unsynced::Reverted,
                    ..none.clone()
                },
            ),
            (
                "unsynced zeros",
                Faults {
                    failed_sync: Unsynced::Zeroed,
                    ..none.clone()
                },
            ),
            (
                "room 300",
                Faults {
                    capacity: Some(300),
                    ..none.clone()
                },
            ),
            (
                "read 1",
                Faults {
                    read_max: Some(1),
                    ..none.clone()
                },
            ),
            (
                "map",
                Faults {
                    no_map: true,
                    ..none.clone()
                },
            ),
            ("none", none.clone()),
        ] {
            let (what, how) = words.split_once(' ').unwrap_or((words, ""));
            let fault = Fault::parse(what, how).unwrap();
            assert_eq!(fault.to_string(), words);
            assert_eq!(none.clone().with(fault), faults);
            assert_eq!(faults.with(Fault::None), none);
        }
        assert_eq!(Fault::parse("eio", ""), Err("this fault takes a number"));
        for (what, how) in [("write", "some"), ("map", "no"), ("", ""), ("unsynced", "")] {
            assert!(
                Fault::parse(what, how)
                    .unwrap_err()
                    .starts_with("a fault is")
            );
        }
    }

    #[test]
    fn parts_are_none_half_and_all() {
        assert_eq!(Part::ALL.map(|part| part.of(9)), [0, 4, 9]);
    }

    #[test]
    fn operations_have_names_of_their_own_and_two_are_syncs() {
        use Operation::*;
        let all = [
            Open, Create, Rename, Remove, List, SyncDir, Lock, Len, Read, Write, Allocate, SetLen,
            Sync, Map,
        ];
        let mut names = all.map(Operation::name).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
        assert!(names.iter().all(|name| name.len() > 2));
        let syncs: Vec<_> = all.into_iter().filter(|one| one.is_sync()).collect();
        assert_eq!(syncs, [SyncDir, Sync]);
    }
}
