//! Engines that are wrong about a log in several files: what is sealed, what
//! the hint files say of it, and which files there are.

use conformance::{Clause, Level};
use engine::disk::{Disk, File, Mode};
use engine::{Result, Write};

use crate::exhibit::{Charge, Exhibit};
use crate::segmented_log::files::{self, MANIFEST, NEW_MANIFEST, create, hint_name};
use crate::segmented_log::segment::{Active, Keys, Listed, Writer};
use crate::segmented_log::steps::{Right, Steps};
use crate::segmented_log::{SEGMENT_BYTES, Store};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_segments(
        &SealedNotSynced,
        Charge(
            "sealed-not-synced",
            Clause::Sync,
            Level::Crash,
            "goes on in a new segment before the full one is durable",
            "the next sync will see to it, and it syncs the open file",
        ),
    ),
    Exhibit::of_segments(
        &BatchSplit,
        Charge(
            "batch-split",
            Clause::WholeOrNothing,
            Level::Crash,
            "fills a segment with the first part of a batch, and begins the next with the rest",
            "segments of one size are easier to handle",
        ),
    ),
    Exhibit::of_segments(
        &HintWithoutDeletes,
        Charge(
            "hint-without-deletes",
            Clause::Sync,
            Level::Reopen,
            "leaves deleted keys out of its hint files",
            "a hint says where a key is, and a deleted one is nowhere",
        ),
    ),
    Exhibit::of_segments(
        &HintTooEarly,
        Charge(
            "hint-too-early",
            Clause::Sync,
            Level::Reopen,
            "writes the hint file from what is durable, a moment before it syncs the rest",
            "a hint must never promise what the segment does not hold",
        ),
    ),
    Exhibit::of_segments(
        &HintNotSynced,
        Charge(
            "hint-not-synced",
            Clause::Sync,
            Level::Crash,
            "lists a segment whose hint file is not durable",
            "a hint is no data",
        ),
    ),
    Exhibit::of_segments(
        &HintErrorIgnored,
        Charge(
            "hint-error-ignored",
            Clause::Sync,
            Level::Faults,
            "goes on when a hint file could not be written",
            "nobody should lose a write for the sake of a hint",
        ),
    ),
    Exhibit::of_segments(
        &HintNotChecked,
        Charge(
            "hint-not-checked",
            Clause::DamageIsFound,
            Level::Faults,
            "reads a hint file without comparing its checksum",
            "each record has a checksum of its own",
        ),
    ),
    Exhibit::of_segments(
        &ManifestInPlace,
        Charge(
            "manifest-in-place",
            Clause::Sync,
            Level::Crash,
            "writes the list of its segments over the last one",
            "it is a few bytes, and a sector is written whole",
        ),
    ),
    Exhibit::of_segments(
        &ManifestNameNotSynced,
        Charge(
            "manifest-name-not-synced",
            Clause::Sync,
            Level::Crash,
            "begins a segment before the manifest that lists it has its name for good",
            "the manifest was synced, and then renamed",
        ),
    ),
    Exhibit::of_segments(
        &PoisonSealedAway,
        Charge(
            "poison-sealed-away",
            Clause::Poison,
            Level::Faults,
            "takes writes again after a failed sync, as soon as a new segment is due",
            "the new file has nothing to do with what befell the old one",
        ),
    ),
    Exhibit::of_segments(
        &NumberTakenTwice,
        Charge(
            "number-taken-twice",
            Clause::OneOrder,
            Level::Core,
            "gives a segment the number after the active one's, which a merge may have taken",
            "the active segment is the newest, so its number is the highest",
        ),
    ),
];

/// Seals a segment whose last writes are in the page cache. What is written to
/// the next one, and synced there, survives a power cut; what came before it
/// does not.
///
/// Seen in YugabyteDB (yugabyte/yugabyte-db#3490), LevelDB
/// (google/leveldb#193).
struct SealedNotSynced;

impl Steps for SealedNotSynced {
    fn seal(&self, disk: &dyn Disk, writer: &mut Writer) -> Result<Listed> {
        writer.check_poison()?;
        let Active {
            number, len, keys, ..
        } = &writer.active;
        self.write_hint(disk, *number, keys)?;
        Ok(Listed {
            number: *number,
            len: Some(*len),
        })
    }
}

/// Puts as much of a batch into a segment as there is room for. Each part has a
/// checksum that is right.
struct BatchSplit;

impl Steps for BatchSplit {
    fn commit(&self, store: &Store, writer: &mut Writer, batch: &[Write<'_>]) -> Result<()> {
        match batch.split_first() {
            Some((first, rest)) if writer.active.len < SEGMENT_BYTES && !rest.is_empty() => {
                Right.commit(store, writer, &[*first])?;
                self.commit(store, writer, rest)
            }
            _ => Right.commit(store, writer, batch),
        }
    }
}

/// Forgets what a segment deletes. An older segment has the key, and so an
/// opening has it, too.
struct HintWithoutDeletes;

impl Steps for HintWithoutDeletes {
    fn write_hint(&self, disk: &dyn Disk, number: u64, keys: &Keys) -> Result<()> {
        let mut keys = keys.clone();
        keys.retain(|_, place| place.is_some());
        Right.write_hint(disk, number, &keys)
    }
}

/// Leaves out what was written since the last sync. The records are there, and
/// durable in a moment, and no opening looks for them.
struct HintTooEarly;

impl Steps for HintTooEarly {
    fn seal(&self, disk: &dyn Disk, writer: &mut Writer) -> Result<Listed> {
        let synced = writer.active.synced;
        let mut keys = writer.active.keys.clone();
        keys.retain(|_, place| place.is_none_or(|place| place.offset < synced));
        self.sync(writer)?;
        self.write_hint(disk, writer.active.number, &keys)?;
        Ok(Listed {
            number: writer.active.number,
            len: Some(writer.active.len),
        })
    }

    fn close(&self, store: Store) -> Result<()> {
        self.sync(&mut store.writer.lock())?;
        Right.close(store)
    }
}

/// Makes the segment durable, and the manifest, and not what stands between
/// them.
struct HintNotSynced;

impl Steps for HintNotSynced {
    fn write_hint(&self, disk: &dyn Disk, number: u64, keys: &Keys) -> Result<()> {
        create(disk, &hint_name(number))?.write_at(0, &files::encode_hint(keys))
    }
}

/// Takes a half of a hint file for a hint file. The next opening does not.
struct HintErrorIgnored;

impl Steps for HintErrorIgnored {
    fn write_hint(&self, disk: &dyn Disk, number: u64, keys: &Keys) -> Result<()> {
        let file = create(disk, &hint_name(number))?;
        let _only_a_hint = file.write_at(0, &files::encode_hint(keys));
        self.sync_file(&*file)
    }
}

/// Trusts a hint file. A bit in a key, and the key is another one; a bit in an
/// offset, and a sound segment seems to be damaged.
///
/// So did Bitcask, before its hint files had a checksum (basho/bitcask#35).
struct HintNotChecked;

impl Steps for HintNotChecked {
    fn decode_hint(&self, number: u64, hint: &[u8]) -> Result<Keys> {
        files::decode_hint(number, hint.get(4..).unwrap_or_default())
    }
}

/// Overwrites the only list there is. When the power fails in the middle of
/// that, there is none.
struct ManifestInPlace;

impl Steps for ManifestInPlace {
    fn install(&self, disk: &dyn Disk, listed: &[Listed]) -> Result<()> {
        let has_one = disk.list()?.iter().any(|name| name == MANIFEST);
        let mode = if has_one {
            Mode::Write
        } else {
            Mode::CreateNew
        };
        let file = disk.open(MANIFEST, mode)?;
        let bytes = files::encode_manifest(listed);
        file.write_at(0, &bytes)?;
        file.set_len(bytes.len() as u64)?;
        self.sync_file(&*file)?;
        self.sync_names(disk)
    }
}

/// Relies on a rename that a power cut takes back: the old manifest does not
/// know the segment in which everything was synced since.
struct ManifestNameNotSynced;

impl Steps for ManifestNameNotSynced {
    fn install(&self, disk: &dyn Disk, listed: &[Listed]) -> Result<()> {
        let file: Box<dyn File> = create(disk, NEW_MANIFEST)?;
        file.write_at(0, &files::encode_manifest(listed))?;
        self.sync_file(&*file)?;
        drop(file);
        disk.rename(NEW_MANIFEST, MANIFEST)
    }
}

/// Keeps the poison to the file that failed, and tries its sync again when it
/// is sealed.
struct PoisonSealedAway;

impl Steps for PoisonSealedAway {
    fn check_write(&self, writer: &Writer) -> Result<()> {
        match writer.active.len < SEGMENT_BYTES {
            true => writer.check_poison(),
            false => Ok(()),
        }
    }

    fn seal(&self, disk: &dyn Disk, writer: &mut Writer) -> Result<Listed> {
        self.sync_file(&*writer.active.file)?;
        self.write_hint(disk, writer.active.number, &writer.active.keys)?;
        Ok(Listed {
            number: writer.active.number,
            len: Some(writer.active.len),
        })
    }
}

/// Counts from the active segment. The copy that a merge has made since has the
/// next number already.
struct NumberTakenTwice;

impl Steps for NumberTakenTwice {
    fn number(&self, writer: &Writer) -> u64 {
        writer.active.number + 1
    }
}
