//! What is measured: the workloads, by name.

use std::fmt;

/// Work that a store is given, and timed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// Its name at the command line.
    pub name: &'static str,
    /// Its name in tables.
    pub title: &'static str,
    /// What is done, in a sentence.
    pub sentence: &'static str,
    /// What is done, for the program.
    pub kind: Kind,
    /// On how many threads.
    pub threads: u32,
}

/// What a workload does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// All entries into an empty store, a thousand in a batch, then a sync.
    Load(Arrangement),
    /// All entries into an empty store, one by one and in random order.
    Put,
    /// Entries overwritten at random, each survives a power loss when its write
    /// is answered.
    PutDurable,
    /// Entries overwritten at random.
    Overwrite,
    /// Every second entry deleted, in random order.
    DeleteHalf,
    /// Entries read.
    Get(Choice),
    /// Keys read that are not there.
    GetMissing,
    /// Entries read while one more thread overwrites and syncs.
    GetBeside(Choice),
    /// All entries read, in their order.
    ScanAll,
    /// A hundred entries read in their order, from a random one on.
    ScanShort,
    /// Opened, and an entry read.
    Reopen,
    /// The same, after the process was killed.
    ReopenKilled,
    /// Reads and changes mixed.
    Mix(Mix),
}

/// In which order entries are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrangement {
    /// By their keys.
    Ascending,
    /// In an order that was drawn.
    Random,
}

/// A way of choosing among the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Each as often as any other.
    Uniform,
    /// A few very often and most hardly ever: the *n*-th most popular about
    /// 1/*n* as often as the first. The popular ones lie scattered over the
    /// keys.
    Zipfian,
    /// As [`Zipfian`](Self::Zipfian), and the newest are the most popular.
    Latest,
}

/// How many operations are enough for a figure, where there are fewer entries.
const ENOUGH: u64 = 200_000;

/// Of a hundred operations, how many are what, and on which entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix {
    /// Reads of an entry.
    pub reads: u32,
    /// Entries overwritten.
    pub updates: u32,
    /// New entries.
    pub inserts: u32,
    /// Scans of 1 to [`SCAN_MAX`] entries.
    pub scans: u32,
    /// An entry read, then overwritten.
    pub read_modify_writes: u32,
    /// Which entries.
    pub choice: Choice,
}

/// How many entries a short scan shows at most.
pub const SCAN_MAX: u64 = 100;

/// How many entries are loaded in a batch.
pub const BATCH: usize = 1000;

/// The six core workloads of YCSB (Cooper et al., "Benchmarking Cloud Serving
/// Systems with YCSB", SoCC 2010; F's mix stands in its sources,
/// `workloads/workloadf`). Keys are loaded and inserted in their order.
const fn ycsb(letter: char) -> Mix {
    let none = Mix {
        reads: 0,
        updates: 0,
        inserts: 0,
        scans: 0,
        read_modify_writes: 0,
        choice: Choice::Zipfian,
    };
    match letter {
        'a' => Mix {
            reads: 50,
            updates: 50,
            ..none
        },
        'b' => Mix {
            reads: 95,
            updates: 5,
            ..none
        },
        'c' => Mix { reads: 100, ..none },
        'd' => Mix {
            reads: 95,
            inserts: 5,
            choice: Choice::Latest,
            ..none
        },
        'e' => Mix {
            scans: 95,
            inserts: 5,
            ..none
        },
        _ => Mix {
            reads: 50,
            read_modify_writes: 50,
            ..none
        },
    }
}

/// All workloads, in the order in which they run.
pub const WORKLOADS: &[Workload] = &[
    workload(
        "load-ascending",
        "Load, ascending",
        "All entries by their keys, 1000 in a batch, then a sync.",
        Kind::Load(Arrangement::Ascending),
        1,
    ),
    workload(
        "load-random",
        "Load, random",
        "All entries in random order, 1000 in a batch, then a sync.",
        Kind::Load(Arrangement::Random),
        1,
    ),
    workload(
        "put",
        "Put",
        "All entries in random order, one by one, into an empty store.",
        Kind::Put,
        1,
    ),
    workload(
        "put-durable",
        "Durable put",
        "Overwrites at random, each durable before the next.",
        Kind::PutDurable,
        1,
    ),
    workload(
        "overwrite",
        "Overwrite",
        "Overwrites at random, one by one.",
        Kind::Overwrite,
        1,
    ),
    workload(
        "get-uniform",
        "Get, uniform",
        "Entries read at random, each as often as any other.",
        Kind::Get(Choice::Uniform),
        1,
    ),
    workload(
        "get-zipfian",
        "Get, zipfian",
        "Entries read at random, a few of them very often.",
        Kind::Get(Choice::Zipfian),
        1,
    ),
    workload(
        "get-missing",
        "Get, missing",
        "Keys read that lie between those that are there.",
        Kind::GetMissing,
        1,
    ),
    workload(
        "get-beside",
        "Get, beside commits",
        "Entries read at random, while one more thread overwrites one, syncs and rests for \
         a millisecond, again and again.",
        Kind::GetBeside(Choice::Uniform),
        1,
    ),
    workload(
        "get-beside-2",
        "Get, beside commits, 2 threads",
        "The same reads on two threads, beside the one that writes.",
        Kind::GetBeside(Choice::Uniform),
        2,
    ),
    workload(
        "scan-all",
        "Scan, all",
        "All entries in their order.",
        Kind::ScanAll,
        1,
    ),
    workload(
        "scan-100",
        "Scan, 100",
        "100 entries in their order, from a random one on.",
        Kind::ScanShort,
        1,
    ),
    workload(
        "delete-half",
        "Delete half",
        "Every second entry deleted, in random order.",
        Kind::DeleteHalf,
        1,
    ),
    workload(
        "reopen",
        "Reopen",
        "Opened after a clean close, and an entry read.",
        Kind::Reopen,
        1,
    ),
    workload(
        "reopen-killed",
        "Reopen, killed",
        "Opened after the process was killed, and an entry read.",
        Kind::ReopenKilled,
        1,
    ),
    workload(
        "ycsb-a",
        "YCSB A",
        "Half reads, half updates.",
        Kind::Mix(ycsb('a')),
        1,
    ),
    workload(
        "ycsb-b",
        "YCSB B",
        "95 % reads, 5 % updates.",
        Kind::Mix(ycsb('b')),
        1,
    ),
    workload("ycsb-c", "YCSB C", "Reads only.", Kind::Mix(ycsb('c')), 1),
    workload(
        "ycsb-d",
        "YCSB D",
        "95 % reads of the newest, 5 % inserts.",
        Kind::Mix(ycsb('d')),
        1,
    ),
    workload(
        "ycsb-e",
        "YCSB E",
        "95 % scans of 1 to 100, 5 % inserts.",
        Kind::Mix(ycsb('e')),
        1,
    ),
    workload(
        "ycsb-f",
        "YCSB F",
        "Half reads, half read-modify-writes.",
        Kind::Mix(ycsb('f')),
        1,
    ),
    workload(
        "ycsb-a-2",
        "YCSB A, 2 threads",
        "Half reads, half updates, on two threads.",
        Kind::Mix(ycsb('a')),
        2,
    ),
    workload(
        "ycsb-b-2",
        "YCSB B, 2 threads",
        "95 % reads, 5 % updates, on two threads.",
        Kind::Mix(ycsb('b')),
        2,
    ),
    workload(
        "ycsb-c-2",
        "YCSB C, 2 threads",
        "Reads only, on two threads.",
        Kind::Mix(ycsb('c')),
        2,
    ),
    workload(
        "ycsb-d-2",
        "YCSB D, 2 threads",
        "95 % reads of the newest, 5 % inserts, on two threads.",
        Kind::Mix(ycsb('d')),
        2,
    ),
    workload(
        "ycsb-e-2",
        "YCSB E, 2 threads",
        "95 % scans of 1 to 100, 5 % inserts, on two threads.",
        Kind::Mix(ycsb('e')),
        2,
    ),
    workload(
        "ycsb-f-2",
        "YCSB F, 2 threads",
        "Half reads, half read-modify-writes, on two threads.",
        Kind::Mix(ycsb('f')),
        2,
    ),
];

const fn workload(
    name: &'static str,
    title: &'static str,
    sentence: &'static str,
    kind: Kind,
    threads: u32,
) -> Workload {
    Workload {
        name,
        title,
        sentence,
        kind,
        threads,
    }
}

/// Makes the files that other workloads begin with.
pub const BASE: &Workload = &WORKLOADS[1];

/// The workload of that name.
pub fn find(name: &str) -> Option<&'static Workload> {
    WORKLOADS.iter().find(|workload| workload.name == name)
}

impl Workload {
    /// Whether a store begins the workload without entries.
    pub fn begins_empty(&self) -> bool {
        matches!(self.kind, Kind::Load(_) | Kind::Put)
    }

    /// Whether the store is asked the same beforehand, untimed, so that its
    /// caches hold what they would hold in the long run.
    pub fn is_warmed_up(&self) -> bool {
        !matches!(
            self.kind,
            Kind::Load(_) | Kind::Put | Kind::Reopen | Kind::ReopenKilled
        )
    }

    /// How many operations each thread makes of it over so many entries, if
    /// its time allows.
    pub fn operations(&self, entries: u64) -> u64 {
        match self.kind {
            Kind::ScanAll | Kind::Reopen | Kind::ReopenKilled => 1,
            Kind::Load(_) | Kind::Put => entries,
            Kind::DeleteHalf => entries / 2,
            Kind::ScanShort => entries.max(ENOUGH) / 20,
            Kind::Mix(mix) if mix.scans > 0 => entries.max(ENOUGH) / 20,
            Kind::PutDurable
            | Kind::Overwrite
            | Kind::Get(_)
            | Kind::GetMissing
            | Kind::GetBeside(_)
            | Kind::Mix(_) => entries.max(ENOUGH),
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.title)
    }
}
