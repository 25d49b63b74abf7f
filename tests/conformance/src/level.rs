//! What the suite checks: levels, clauses, and one named check after another.

use std::fmt;

use crate::budget::Budget;
use crate::levels;
use crate::report::Failure;
use crate::script::Script;
use crate::subject::Subject;

/// How much an engine claims to promise. Each level is a set of checks that
/// need the same surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// One thread, one opening: clauses 1 to 3, clause 4 as far as maintenance
    /// might break it, and the costs of clause 9.
    Core,
    /// Several threads: clause 4.
    Concurrent,
    /// Closing, dropping and opening again.
    Reopen,
    /// Power cuts at every operation of the simulated disk.
    Crash,
    /// Failing operations of the simulated disk, and damaged files.
    Faults,
    /// What [`Snapshots`](engine::Snapshots) promises: clause 3, stricter.
    Snapshot,
    /// What [`Transactional`](engine::Transactional) promises.
    Transactional,
}

impl Level {
    /// All levels, in the order in which engines reach them.
    pub const ALL: [Level; 7] = [
        Level::Core,
        Level::Concurrent,
        Level::Reopen,
        Level::Crash,
        Level::Faults,
        Level::Snapshot,
        Level::Transactional,
    ];

    /// The level's checks, in the order in which they run: what a later check
    /// finds, the earlier ones could not.
    pub fn checks(self) -> &'static [Check] {
        match self {
            Level::Core => levels::core::CHECKS,
            Level::Concurrent => levels::concurrent::CHECKS,
            Level::Reopen => levels::reopen::CHECKS,
            Level::Crash => levels::crash::CHECKS,
            Level::Faults => levels::faults::CHECKS,
            Level::Snapshot => levels::snapshot::CHECKS,
            Level::Transactional => &[],
        }
    }

    /// Runs one script as the level does, for `STRATA_SCRIPT`; `None` where
    /// the level has no scripts to replay.
    pub fn replay(self) -> Option<Replay> {
        match self {
            Level::Core | Level::Reopen => Some(crate::play::replay),
            Level::Crash => levels::crash::REPLAY,
            Level::Faults => levels::faults::REPLAY,
            Level::Snapshot => levels::snapshot::REPLAY,
            Level::Concurrent | Level::Transactional => None,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Core => "core",
            Level::Concurrent => "concurrent",
            Level::Reopen => "reopen",
            Level::Crash => "crash",
            Level::Faults => "faults",
            Level::Snapshot => "snapshot",
            Level::Transactional => "transactional",
        })
    }
}

/// Replays one script on a subject.
pub type Replay = fn(&Subject, &Budget, &Script) -> Result<(), Failure>;

/// One of the nine clauses of [`StorageEngine`](engine::StorageEngine).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clause {
    /// Clause 1.
    AnyBytes,
    /// Clause 2.
    WholeOrNothing,
    /// Clause 3.
    OrderedScans,
    /// Clause 4.
    OneOrder,
    /// Clause 5.
    Sync,
    /// Clause 6.
    Poison,
    /// Clause 7.
    DamageIsFound,
    /// Clause 8.
    OneOwner,
    /// Clause 9.
    CountedCosts,
}

impl Clause {
    /// All nine.
    pub const ALL: [Clause; 9] = [
        Clause::AnyBytes,
        Clause::WholeOrNothing,
        Clause::OrderedScans,
        Clause::OneOrder,
        Clause::Sync,
        Clause::Poison,
        Clause::DamageIsFound,
        Clause::OneOwner,
        Clause::CountedCosts,
    ];

    /// Its number in the contract.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// Its name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Clause::AnyBytes => "any bytes",
            Clause::WholeOrNothing => "whole or nothing",
            Clause::OrderedScans => "ordered scans",
            Clause::OneOrder => "one order",
            Clause::Sync => "sync",
            Clause::Poison => "poison",
            Clause::DamageIsFound => "damage is found",
            Clause::OneOwner => "one owner",
            Clause::CountedCosts => "counted costs",
        }
    }

    /// What it promises at `level`, in a sentence: at level snapshot, clause 3
    /// promises more.
    pub fn promise_at(self, level: Level) -> &'static str {
        match (self, level) {
            (Clause::OrderedScans, Level::Snapshot) => {
                "A scan, and a snapshot for as long as it lives, holds exactly the writes that \
                 had taken effect at one moment between the call that opened it and its return, \
                 and never makes a writer wait."
            }
            _ => self.promise(),
        }
    }

    /// What it promises, in a sentence.
    pub fn promise(self) -> &'static str {
        match self {
            Clause::AnyBytes => {
                "Keys and values are any bytes, empty ones included; what exceeds the limits \
                 gets TooLarge and changes nothing."
            }
            Clause::WholeOrNothing => {
                "A batch is visible and durable whole or not at all, and within it the last \
                 write to a key wins; an error leaves no trace."
            }
            Clause::OrderedScans => {
                "A scan yields each key at most once, in order, both ways, for every pair of \
                 bounds, and never makes a writer wait."
            }
            Clause::OneOrder => {
                "All writes have one order, the same for every thread; get and write each take \
                 effect at one moment between call and return."
            }
            Clause::Sync => {
                "After sync, every write before it survives a power loss; what survives beyond \
                 is a prefix of the write order, never a hole."
            }
            Clause::Poison => {
                "When the device fails a sync, that call and later writes and syncs fail with \
                 Poisoned, and reads go on; opening again heals."
            }
            Clause::DamageIsFound => {
                "A flipped byte in any file gives Corrupt or Version: never a panic, never a \
                 silently shorter or different database."
            }
            Clause::OneOwner => {
                "A directory has one owner: opening it a second time gets Locked; where waiting \
                 would have no bound, the answer is Busy."
            }
            Clause::CountedCosts => {
                "Every engine counts what it does, the counts are true, and they keep within \
                 the budget."
            }
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "clause {} ({})", self.number(), self.name())
    }
}

/// One check: a sentence that holds for every engine which keeps the clause.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// The clause that an engine breaks when the check fails.
    pub clause: Clause,
    /// The sentence, in snake case: `get_after_delete_is_none`.
    pub name: &'static str,
    /// Runs it.
    pub run: fn(&Subject, &Budget) -> Result<(), Failure>,
}

impl Check {
    /// A check.
    pub const fn new(
        clause: Clause,
        name: &'static str,
        run: fn(&Subject, &Budget) -> Result<(), Failure>,
    ) -> Self {
        Check { clause, name, run }
    }
}
