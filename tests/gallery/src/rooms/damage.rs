//! Engines that are wrong about bytes that changed.

use std::hint::black_box;

use conformance::{Clause, Level};
use engine::disk::File;
use engine::{Counter, Counters, Result};

use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::format::{self, CUT_OFF, RECORD_HEAD_BYTES};
use crate::log_engine::replay::Read;
use crate::log_engine::steps::{Right, Steps};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_steps(
        &ChecksumNotCompared,
        Charge(
            "checksum-not-compared",
            Clause::DamageIsFound,
            Level::Faults,
            "stores a checksum with every record and never compares it",
            "the comparison was taken out for a benchmark",
        ),
    ),
    Exhibit::of_steps(
        &HeadNotCovered,
        Charge(
            "head-not-covered",
            Clause::DamageIsFound,
            Level::Faults,
            "computes the checksum over a record's changes, not over its head",
            "the head is not data",
        ),
    ),
    Exhibit::of_steps(
        &HeaderNotChecked,
        Charge(
            "header-not-checked",
            Clause::DamageIsFound,
            Level::Faults,
            "does not look at the file's magic, version and checksum",
            "the file's name says what it is",
        ),
    ),
    Exhibit::of_steps(
        &OverlongIsTorn,
        Charge(
            "overlong-is-torn",
            Clause::DamageIsFound,
            Level::Faults,
            "takes a record that seems to run past the end of the file for a torn tail",
            "that is just what a torn tail looks like",
        ),
    ),
    Exhibit::of_steps(
        &ProofNotSought,
        Charge(
            "proof-not-sought",
            Clause::DamageIsFound,
            Level::Faults,
            "drops a bad record of a log that was not closed, though a later one proves a sync",
            "what comes after a bad record cannot be framed",
        ),
    ),
    Exhibit::of_steps(
        &BadLengthPanics,
        Charge(
            "bad-length-panics",
            Clause::DamageIsFound,
            Level::Faults,
            "slices by a length from the file, and panics when that is wrong",
            "its own writer wrote the length",
        ),
    ),
    Exhibit::of_steps(
        &LengthBelieved,
        Charge(
            "length-believed",
            Clause::DamageIsFound,
            Level::Faults,
            "allocates what a damaged length asks for before it checks anything",
            "the buffer comes first, then the read, then the checksum",
        ),
    ),
    Exhibit::of_steps(
        &ShortReadIsEnd,
        Charge(
            "short-read-is-end",
            Clause::DamageIsFound,
            Level::Faults,
            "takes a read that returns fewer bytes for the end of the file",
            "a local disk never does that",
        ),
    ),
];

/// Has checksums in its format and not in its reader.
struct ChecksumNotCompared;

impl Steps for ChecksumNotCompared {
    fn checksum_matches(&self, _stored: u32, _computed: u32) -> bool {
        true
    }
}

/// Leaves the head out of the checksum. A flip there goes unseen, and a record
/// is taken to prove a sync that never was.
///
/// LevelDB's log, too, covers a record's type and data and not its length; it
/// has blocks of a fixed size in which a reader can find its way again.
struct HeadNotCovered;

impl Steps for HeadNotCovered {
    fn checksum(&self, _at: u64, body: &[u8]) -> u32 {
        crc32fast::hash(&body[RECORD_HEAD_BYTES - 4..])
    }
}

/// Reads on where another program, or another version of this one, wrote.
struct HeaderNotChecked;

impl Steps for HeaderNotChecked {
    fn decode_header(&self, name: &str, bytes: &[u8]) -> Result<u64> {
        Ok(format::decode_header(name, bytes).unwrap_or(format::HEADER_BYTES as u64))
    }
}

/// Trusts the length where nothing else can be checked. One flipped bit in it,
/// and the log ends in the middle, quietly: the rest is gone with the next
/// write.
///
/// Seen in amelie (amelielabs/amelie#17); whether to live with it was discussed
/// at length for Pebble (cockroachdb/pebble#453).
struct OverlongIsTorn;

impl Steps for OverlongIsTorn {
    fn is_damage(&self, read: &Read<'_>, at: usize) -> bool {
        read.record(self, at).err() != Some(CUT_OFF) && Right.is_damage(read, at)
    }
}

/// Keeps to what the file's name and header prove. In a log that was never
/// closed, a flip in what was synced since it was opened is a torn tail to it.
///
/// Seen in DoltLite, whose search ended after 64 MiB
/// (dolthub/doltlite#1890).
struct ProofNotSought;

impl Steps for ProofNotSought {
    fn is_damage(&self, read: &Read<'_>, at: usize) -> bool {
        read.was_synced(at)
    }
}

/// Trusts the length. One flipped bit, and the server that is to restart after
/// a crash crashes at every start.
struct BadLengthPanics;

impl Steps for BadLengthPanics {
    fn payload<'a>(&self, behind: &'a [u8], len: usize) -> Option<&'a [u8]> {
        Some(&behind[..len])
    }
}

/// Asks for up to four gigabytes, because a bit says so.
struct LengthBelieved;

impl Steps for LengthBelieved {
    fn payload<'a>(&self, behind: &'a [u8], len: usize) -> Option<&'a [u8]> {
        let mut room = black_box(Vec::with_capacity(len));
        let payload = behind.get(..len)?;
        room.extend_from_slice(payload);
        Some(payload)
    }
}

/// Reads once. Where the disk hands out a file in pieces (a network file
/// system, a signal), the database is as long as the first piece.
struct ShortReadIsEnd;

impl Steps for ShortReadIsEnd {
    fn read_file(&self, file: &dyn File, counters: &Counters) -> Result<Vec<u8>> {
        let len = usize::try_from(file.len()?).expect("the log fits in memory");
        let mut bytes = vec![0; len];
        let read = file.read_at(0, &mut bytes)?;
        counters.add(Counter::BytesRead, read as u64);
        bytes.truncate(read);
        Ok(bytes)
    }
}
