//! What a power cut leaves of one change of bytes. Pure functions on bytes.

use super::change::ByteChange;
use super::random::Random;

/// The unit in which a device writes, in bytes.
pub const SECTOR: u64 = 512;

/// What a power cut left of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All of it, and nothing could have taken it: a sync had succeeded.
    Durable,
    /// Nothing that could be relied upon: a sync had failed.
    Lost,
    /// Nothing.
    Dropped,
    /// All of it, by luck.
    Applied,
    /// The part before a boundary between sectors.
    TornAtSector,
    /// The part before some byte.
    TornAtByte,
    /// The part after some byte: sectors may be written in any order.
    Headless,
    /// The part before some byte, and garbage where the rest should be.
    Garbage,
    /// Only the length; what is new reads as zeros.
    Grown,
    /// Only the length; what is new is garbage.
    GrownGarbage,
}

impl Outcome {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Outcome; 10] = [
        Outcome::Durable,
        Outcome::Lost,
        Outcome::Dropped,
        Outcome::Applied,
        Outcome::TornAtSector,
        Outcome::TornAtByte,
        Outcome::Headless,
        Outcome::Garbage,
        Outcome::Grown,
        Outcome::GrownGarbage,
    ];
}

/// An outcome, where it parts a change in two, and what garbage looks like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Landing {
    /// The outcome.
    pub(super) outcome: Outcome,
    /// How many bytes of the write lie before the tear. Between 1 and one less
    /// than there are; unused where nothing tears.
    pub(super) tear: usize,
    /// The seed of the garbage.
    pub(super) garbage: u64,
}

impl Landing {
    /// Everything or nothing.
    pub(super) fn whole(outcome: Outcome) -> Self {
        Landing {
            outcome,
            tear: 0,
            garbage: 0,
        }
    }

    /// The nearest to `wanted` that can happen to `change`: a single byte does
    /// not tear, and a write within a sector has no boundary to tear at.
    pub(super) fn near(wanted: Outcome, change: &ByteChange, random: &mut Random) -> Self {
        // Other bytes meet other garbage, so that scripts that are alike still
        // differ in what a cut leaves of them.
        let garbage = random.bits() ^ blend(change);
        let landing = |outcome, tear| Landing {
            outcome,
            tear,
            garbage,
        };
        let ByteChange::Write(offset, bytes) = change else {
            return match wanted {
                Outcome::Grown | Outcome::Applied => landing(Outcome::Applied, 0),
                Outcome::GrownGarbage | Outcome::Garbage => landing(Outcome::GrownGarbage, 0),
                _ => landing(Outcome::Dropped, 0),
            };
        };
        match wanted {
            Outcome::TornAtSector => match sector_tear(*offset, bytes.len(), random) {
                Some(tear) => landing(wanted, tear),
                None => Landing::near(Outcome::TornAtByte, change, random),
            },
            Outcome::TornAtByte | Outcome::Headless | Outcome::Garbage => match bytes.len() {
                0 | 1 => landing(Outcome::Dropped, 0),
                len => landing(wanted, 1 + random.below(len - 1)),
            },
            _ => landing(wanted, 0),
        }
    }
}

/// A number that follows the bytes of a write.
fn blend(change: &ByteChange) -> u64 {
    let ByteChange::Write(_, bytes) = change else {
        return 0;
    };
    let next = |blend: u64, byte: &u8| (blend.rotate_left(8) ^ u64::from(*byte)).wrapping_mul(31);
    bytes.iter().fold(0, next)
}

/// One of the places within a write where a sector ends and another begins, as
/// a number of bytes before it.
fn sector_tear(offset: u64, len: usize, random: &mut Random) -> Option<usize> {
    let first = SECTOR - offset % SECTOR;
    let len = len as u64;
    if first >= len {
        return None;
    }
    let boundaries = (len - first - 1) / SECTOR + 1;
    let chosen = first + SECTOR * random.below(usize::try_from(boundaries).ok()?) as u64;
    usize::try_from(chosen).ok()
}

/// Leaves of `change` in `content` what `landing` says.
pub(super) fn land(content: &mut Vec<u8>, change: &ByteChange, landing: Landing) {
    let before = content.len();
    match (landing.outcome, change) {
        (Outcome::Dropped | Outcome::Lost, _) => {}
        (Outcome::Durable | Outcome::Applied | Outcome::Grown, ByteChange::Allocate(len)) => {
            grow(content, *len);
        }
        (_, ByteChange::Allocate(len)) => {
            grow(content, *len);
            fill(&mut content[before..], landing.garbage);
        }
        (Outcome::GrownGarbage, ByteChange::SetLen(len)) => {
            content.resize(in_memory(*len), 0);
            let old = before.min(content.len());
            fill(&mut content[old..], landing.garbage);
        }
        (_, ByteChange::SetLen(len)) => content.resize(in_memory(*len), 0),
        (outcome, ByteChange::Write(offset, bytes)) => {
            let (head, tail) = bytes.split_at(landing.tear);
            let behind = *offset + head.len() as u64;
            let end = *offset + bytes.len() as u64;
            match outcome {
                Outcome::Durable | Outcome::Applied => put(content, *offset, bytes),
                Outcome::TornAtSector | Outcome::TornAtByte => put(content, *offset, head),
                Outcome::Headless => put(content, behind, tail),
                Outcome::Garbage => {
                    put(content, *offset, head);
                    grow(content, end);
                    fill(
                        &mut content[in_memory(behind)..in_memory(end)],
                        landing.garbage,
                    );
                }
                Outcome::Grown => grow(content, end),
                Outcome::GrownGarbage => {
                    grow(content, end);
                    fill(&mut content[before..], landing.garbage);
                }
                Outcome::Dropped | Outcome::Lost => {}
            }
        }
    }
}

fn in_memory(len: u64) -> usize {
    usize::try_from(len).expect("a simulated file fits in memory")
}

fn grow(content: &mut Vec<u8>, len: u64) {
    let len = in_memory(len).max(content.len());
    match content.is_empty() {
        // Zeros that the system hands out cost nothing until they are touched.
        true => *content = vec![0; len],
        false => content.resize(len, 0),
    }
}

fn put(content: &mut Vec<u8>, offset: u64, bytes: &[u8]) {
    let offset_in = in_memory(offset);
    if bytes.is_empty() {
        return;
    }
    grow(content, offset + bytes.len() as u64);
    content[offset_in..offset_in + bytes.len()].copy_from_slice(bytes);
}

fn fill(bytes: &mut [u8], seed: u64) {
    let mut random = Random::new(seed);
    for chunk in bytes.chunks_mut(8) {
        let word = random.bits().to_le_bytes();
        chunk.copy_from_slice(&word[..chunk.len()]);
    }
}

#[cfg(test)]
mod tests;
