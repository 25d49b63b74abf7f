//! Scripts for power cuts: short, with many syncs, and with values that all
//! differ, so that each state shows which writes led to it.

use engine::Durability;

use crate::script::{Bytes, Edit, Op, Script, numbered};
use crate::sim::random::Random;

/// The script of this number for an engine of this durability.
pub(crate) fn script(seed: u64, number: usize, durability: Durability) -> Script {
    let mut random = Random::new(seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut writer = Writer { values: 0 };
    // Short ones first: what they find is easily understood.
    let ops_max = (3 + number / 4).min(20);
    let len = 1 + random.below(ops_max);
    let ops = (0..len).map(|_| writer.op(&mut random)).collect();
    Script {
        durability: Some(durability),
        ops,
    }
}

/// A script of this number for an engine that owes work: many steps, and writes
/// between them that fill files and make garbage. What closes the engine ends a
/// file, too.
pub(crate) fn maintained(seed: u64, number: usize, durability: Durability) -> Script {
    let mut random = Random::new(seed ^ (number as u64).wrapping_mul(0xd1b5_4a32_d192_ed03));
    let mut writer = Writer { values: 0 };
    let ops_max = (6 + number / 2).min(24);
    let len = 4 + random.below(ops_max);
    let ops = (0..len).map(|_| writer.maintained_op(&mut random));
    Script {
        durability: Some(durability),
        ops: ops.collect(),
    }
}

/// How many entries are there at first in a script with many.
const CROWD: usize = 24;

/// A script of this number that begins with many entries, which are synced, and
/// changes some of them.
pub(crate) fn crowded(seed: u64, number: usize, durability: Durability) -> Script {
    let mut random = Random::new(seed ^ (number as u64).wrapping_mul(0x8cb9_2ba7_2f3d_8dd7));
    let mut writer = Writer { values: 0 };
    let len = 2 + random.below(5);
    let mut ops = vec![Op::Fill(CROWD), Op::Sync];
    ops.extend((0..len).map(|_| writer.crowded_op(&mut random)));
    Script {
        durability: Some(durability),
        ops,
    }
}

/// A script of this number for an engine whose files change their shape with the
/// number of entries, as a tree does: its batches put stretches of neighbouring
/// keys, and delete others, all so short that a few of them fill a short page.
pub(crate) fn stretched(seed: u64, number: usize, durability: Durability) -> Script {
    let mut random = Random::new(seed ^ (number as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9));
    let mut writer = Writer { values: 0 };
    let ops_max = (4 + number / 4).min(16);
    let len = 3 + random.below(ops_max);
    let ops = (0..len).map(|_| writer.stretched_op(&mut random));
    Script {
        durability: Some(durability),
        ops: ops.collect(),
    }
}

struct Writer {
    values: usize,
}

impl Writer {
    fn op(&mut self, random: &mut Random) -> Op {
        match random.below(20) {
            0..6 => Op::Put(key(random), self.value(random)),
            6..8 => Op::Delete(key(random)),
            8..11 => Op::Write(self.batch(random)),
            11..17 => Op::Sync,
            17 => Op::Step,
            18 => Op::Reopen,
            _ => [Op::Drop, Op::Kill][random.below(2)].clone(),
        }
    }

    fn maintained_op(&mut self, random: &mut Random) -> Op {
        match random.below(16) {
            0..5 => Op::Put(few_keys(random), self.value(random)),
            5 => Op::Put(few_keys(random), Bytes::Times(b'w', 700)),
            6 => Op::Delete(few_keys(random)),
            7 => Op::Write(self.batch(random)),
            8 => Op::Sync,
            9..14 => Op::Step,
            14 => Op::Reopen,
            _ => [Op::Drop, Op::Kill][random.below(2)].clone(),
        }
    }

    fn crowded_op(&mut self, random: &mut Random) -> Op {
        match random.below(8) {
            0..3 => Op::Put(of_crowd(random), self.value(random)),
            3 => Op::Delete(of_crowd(random)),
            4 => {
                let deletes = (0..6).map(|_| Edit::Delete(of_crowd(random)));
                Op::Write(deletes.collect())
            }
            5..7 => Op::Sync,
            _ => [Op::Drop, Op::Kill, Op::Reopen][random.below(3)].clone(),
        }
    }

    fn stretched_op(&mut self, random: &mut Random) -> Op {
        match random.below(16) {
            0..5 => Op::Write(self.stretch(random)),
            5..8 => Op::Write(stretch(random, DELETED_MAX).map(Edit::Delete).collect()),
            8 => Op::Put(numbered_key(random.below(KEYS)), self.value(random)),
            9..14 => Op::Sync,
            14 => Op::Reopen,
            _ => [Op::Drop, Op::Kill][random.below(2)].clone(),
        }
    }

    /// Neighbouring keys, with values of 20 to 43 bytes that were not used before.
    fn stretch(&mut self, random: &mut Random) -> Vec<Edit> {
        let width = 20 + random.below(24);
        stretch(random, PUT_MAX)
            .map(|key| {
                self.values += 1;
                let value = format!("{:0width$}", self.values);
                Edit::Put(key, Bytes::from(value.as_str()))
            })
            .collect()
    }

    fn batch(&mut self, random: &mut Random) -> Vec<Edit> {
        (0..random.below(4))
            .map(|_| match random.below(4) {
                0 => Edit::Delete(key(random)),
                _ => Edit::Put(key(random), self.value(random)),
            })
            .collect()
    }

    /// A value that was not used before: mostly a number, at times so long
    /// that it spans sectors.
    fn value(&mut self, random: &mut Random) -> Bytes {
        self.values += 1;
        match random.below(16) {
            0 => {
                let byte = b'p' + u8::try_from(self.values % 10).expect("a digit");
                Bytes::Times(byte, 500 + self.values)
            }
            _ => Bytes::from(self.values.to_string().as_str()),
        }
    }
}

fn key(random: &mut Random) -> Bytes {
    const KEYS: [&[u8]; 6] = [b"a", b"b", b"c", b"", b"a\0", b"\xff"];
    Bytes::from(KEYS[random.below(KEYS.len())])
}

/// The key of one of many entries.
fn of_crowd(random: &mut Random) -> Bytes {
    Bytes::Plain(numbered(random.below(CROWD)).0)
}

/// How many keys the stretches are of.
const KEYS: usize = 64;
/// How many of them a batch puts at most, …
const PUT_MAX: usize = 24;
/// … and how many it deletes: more, so that what has grown shrinks, too.
const DELETED_MAX: usize = 48;

/// Up to so many neighbouring keys, at the least one.
fn stretch(random: &mut Random, max: usize) -> impl Iterator<Item = Bytes> + use<> {
    let first = random.below(KEYS);
    let end = KEYS.min(first + 1 + random.below(max));
    (first..end).map(numbered_key)
}

fn numbered_key(number: usize) -> Bytes {
    Bytes::from(format!("k{number:02}").as_str())
}

/// Of so few keys that each write supersedes another.
fn few_keys(random: &mut Random) -> Bytes {
    Bytes::from(["a", "b", "c"][random.below(3)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_for_engines_that_owe_work_step_and_write_between_steps() {
        let one = |number| maintained(1, number, Durability::Os);
        assert_eq!(one(7), one(7));
        let between = (0..100).filter(|number| {
            let ops = one(*number).ops;
            let steps = ops.iter().filter(|op| **op == Op::Step).count();
            let writes = |pair: &[Op]| pair[0] == Op::Step && matches!(pair[1], Op::Put(..));
            steps >= 2 && ops.windows(2).any(writes)
        });
        assert!(between.count() > 50);
    }

    #[test]
    fn scripts_of_stretches_put_and_delete_many_neighbours_at_a_time() {
        let one = |number| stretched(1, number, Durability::Always);
        assert_eq!(one(7), one(7));
        assert_ne!(one(7), one(8));
        let all = (0..200).flat_map(|number| one(number).ops);
        let (mut puts, mut deletes) = (0, 0);
        for op in all {
            let Op::Write(edits) = op else { continue };
            let [first, .., last] = &edits[..] else {
                continue;
            };
            match (first, last, edits.len()) {
                (Edit::Put(first, _), Edit::Put(last, _), 12..) if first != last => puts += 1,
                (Edit::Delete(first), Edit::Delete(last), 12..) if first != last => deletes += 1,
                _ => {}
            }
        }
        assert!(puts > 100 && deletes > 50, "{puts} {deletes}");
    }

    #[test]
    fn scripts_repeat_and_differ_and_have_every_operation() {
        let one = |number| script(1, number, Durability::Buffered);
        assert_eq!(one(7), one(7));
        assert_ne!(one(7), one(8));
        assert_ne!(one(7), script(2, 7, Durability::Buffered));
        let all: Vec<Op> = (0..200).flat_map(|number| one(number).ops).collect();
        for wanted in [
            |op: &Op| matches!(op, Op::Put(_, Bytes::Plain(_))),
            |op: &Op| matches!(op, Op::Put(_, Bytes::Times(..))),
            |op: &Op| matches!(op, Op::Write(edits) if edits.len() == 3),
            |op: &Op| matches!(op, Op::Delete(_)),
            |op: &Op| *op == Op::Sync,
            |op: &Op| *op == Op::Step,
            |op: &Op| *op == Op::Reopen,
            |op: &Op| *op == Op::Drop,
            |op: &Op| *op == Op::Kill,
        ] {
            assert!(all.iter().any(wanted));
        }
    }
}
