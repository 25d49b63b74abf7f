//! The engines: those of the registry, and what they are held against.

/// An engine that can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Engine {
    /// Its name at the command line.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub sentence: &'static str,
    /// When there is such an engine.
    pub kind: Kind,
}

/// When there is an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Always.
    BuiltIn,
    /// Once it is compiled in, by a feature of the bench of the same name.
    Feature,
    /// Always, but it is measured only when it is named.
    Cheat,
}

/// What anyone would write in an hour.
pub const BTREEMAP: Engine = Engine {
    name: "btreemap",
    sentence: "RwLock<BTreeMap> of the standard library.",
    kind: Kind::BuiltIn,
};

/// What the machine gives.
pub const CONTROL: Engine = Engine {
    name: "control",
    sentence: "No store: an array of versions, without locks.",
    kind: Kind::BuiltIn,
};

/// The skip list of crossbeam.
pub const SKIPLIST: Engine = Engine {
    name: "skiplist",
    sentence: "SkipMap of crossbeam, an ordered map without a lock around it.",
    kind: Kind::Feature,
};

/// redb.
pub const REDB: Engine = Engine {
    name: "redb",
    sentence: "redb, a copy-on-write B+tree in Rust.",
    kind: Kind::Feature,
};

/// fjall.
pub const FJALL: Engine = Engine {
    name: "fjall",
    sentence: "fjall, an LSM-tree in Rust.",
    kind: Kind::Feature,
};

/// LMDB.
pub const LMDB: Engine = Engine {
    name: "lmdb",
    sentence: "LMDB, a copy-on-write B+tree in a mapped file, in C.",
    kind: Kind::Feature,
};

/// SQLite.
pub const SQLITE: Engine = Engine {
    name: "sqlite",
    sentence: "SQLite, a relational database in C.",
    kind: Kind::Feature,
};

/// RocksDB.
pub const ROCKSDB: Engine = Engine {
    name: "rocksdb",
    sentence: "RocksDB, an LSM-tree in C++.",
    kind: Kind::Feature,
};

/// The suite's log engine.
pub const HONEST_LOG: Engine = Engine {
    name: "honest-log",
    sentence: "The suite's log engine, which keeps its promises.",
    kind: Kind::Cheat,
};

/// It forgets.
pub const CHEAT_DROPS_PUTS: Engine = Engine {
    name: "cheat-drops-puts",
    sentence: "Forgets one put in a thousand.",
    kind: Kind::Cheat,
};

/// It answers with what was.
pub const CHEAT_STALE_READS: Engine = Engine {
    name: "cheat-stale-reads",
    sentence: "Answers a get now and then with the value before.",
    kind: Kind::Cheat,
};

/// It does not wait for the device.
pub const CHEAT_SYNCS_LATER: Engine = Engine {
    name: "cheat-syncs-later",
    sentence: "Answers durable writes before it syncs.",
    kind: Kind::Cheat,
};

/// It does not hand on what it is given.
pub const CHEAT_BUFFERS_WRITES: Engine = Engine {
    name: "cheat-buffers-writes",
    sentence: "Keeps writes in the process that should survive it.",
    kind: Kind::Cheat,
};

/// All but those of the registry.
const OTHERS: [Engine; 13] = [
    BTREEMAP,
    SKIPLIST,
    REDB,
    FJALL,
    LMDB,
    SQLITE,
    ROCKSDB,
    CONTROL,
    HONEST_LOG,
    CHEAT_DROPS_PUTS,
    CHEAT_STALE_READS,
    CHEAT_SYNCS_LATER,
    CHEAT_BUFFERS_WRITES,
];

/// The chapters' references, then what they are held against.
pub fn engines() -> impl Iterator<Item = Engine> {
    let reference = |engine: &registry::Engine| Engine {
        name: engine.name,
        sentence: engine.sentence,
        kind: Kind::BuiltIn,
    };
    references().map(reference).chain(OTHERS)
}

/// The reader's own engines: the name of each, and of its reference.
pub fn mine() -> impl Iterator<Item = (String, &'static str)> {
    references().map(|engine| (format!("{MINE}{}", engine.name), engine.name))
}

/// Whether there is an engine of that name, or will be once it is compiled in.
pub fn is_known(name: &str) -> bool {
    engines().any(|engine| engine.name == name) || mine().any(|(mine, _)| mine == name)
}

/// What the names of the reader's own engines begin with, in the registry.
const MINE: &str = "mine-";

/// The registry's, whether the reader's own are in it or not.
fn references() -> impl Iterator<Item = &'static registry::Engine> {
    registry::engines().filter(|engine| !engine.name.starts_with(MINE))
}
