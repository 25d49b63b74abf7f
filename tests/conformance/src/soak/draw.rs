//! The scripts of a soak.

use engine::Durability;
use proptest::strategy::{Strategy, ValueTree};

use super::Way;
use crate::budget::Budget;
use crate::explore::scripts;
use crate::level::Clause;
use crate::levels::playing::opened;
use crate::report::Failure;
use crate::script::{Bytes, Op, Script, Vocabulary};
use crate::sim::random::Random;
use crate::sim::{Fail, Fault, Part, Unsynced};
use crate::subject::Subject;

/// Far enough behind the first scripts of an exploration, which are short.
const LONG: usize = 100;

/// Draws scripts for one engine.
#[derive(Debug)]
pub(super) struct Drawing {
    durabilities: Vec<Durability>,
    owes_work: bool,
    has_snapshots: bool,
}

impl Drawing {
    /// For this engine. It is opened once, to learn what it can do.
    pub(super) fn of(subject: &Subject) -> Result<Self, Failure> {
        let engine = opened(subject, Clause::OneOrder)?;
        let powers = engine.powers();
        Ok(Drawing {
            durabilities: subject.supported().to_vec(),
            owes_work: powers.maintenance.is_some(),
            has_snapshots: powers.snapshots.is_some(),
        })
    }

    pub(super) fn has_snapshots(&self) -> bool {
        self.has_snapshots
    }

    /// The script of this number, to be tried in this way.
    pub(super) fn script(&self, way: Way, seed: u64, number: usize) -> Script {
        let mut random = Random::new(seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let durability = self.durabilities[random.below(self.durabilities.len())];
        let mut script = match way {
            Way::Compared => self.long(&mut random),
            _ => self.short(&mut random, durability),
        };
        script.durability = Some(durability);
        match way {
            Way::Compared | Way::Cut => {}
            Way::Mixed => with_faults(&mut script.ops, &mut random),
            Way::Failing | Way::Flipped => script.ops.truncate(1 + random.below(10)),
            Way::ShortReads => script.ops.truncate(1 + random.below(20)),
        }
        script
    }

    /// One of all that an engine can be asked.
    fn long(&self, random: &mut Random) -> Script {
        let vocabulary = Vocabulary {
            batches: true,
            scans: true,
            syncs: true,
            steps: self.owes_work,
            snapshots: self.has_snapshots,
            endings: true,
            long_keys: false,
        };
        let budget = Budget {
            seed: random.bits(),
            ..Budget::QUICK
        };
        let ops_max = [10, 40, 160][random.below(3)];
        crate::script::scripts(vocabulary, ops_max)
            .new_tree(&mut budget.runner("soak"))
            .expect("the strategies for scripts reject nothing")
            .current()
    }

    /// One whose writes tell which of them survived.
    fn short(&self, random: &mut Random, durability: Durability) -> Script {
        let draw = match random.below(4) {
            0 => scripts::stretched,
            1 | 2 if self.owes_work => scripts::maintained,
            _ => scripts::script,
        };
        draw(random.bits(), LONG, durability)
    }
}

/// Lets faults come at random places; then everything works again, and the
/// engine goes on.
fn with_faults(ops: &mut Vec<Op>, random: &mut Random) {
    for _ in 0..1 + random.below(4) {
        let at = random.below(ops.len() + 1);
        ops.insert(at, Op::Fault(fault(random)));
    }
    ops.push(Op::Fault(Fault::None));
    ops.push(Op::Put(Bytes::from("y"), Bytes::from("8")));
    ops.push([Op::Drop, Op::Reopen, Op::Kill][random.below(3)].clone());
    ops.push(Op::Put(Bytes::from("z"), Bytes::from("9")));
    ops.push(Op::Sync);
}

fn fault(random: &mut Random) -> Fault {
    const UNSYNCED: [Unsynced; 3] = [Unsynced::Kept, Unsynced::Reverted, Unsynced::Zeroed];
    match random.below(16) {
        0..6 => Fault::Eio(Fail::Once(random.below(200))),
        6 => Fault::Eio(Fail::From(random.below(200))),
        7..9 => Fault::Write(Part::ALL[random.below(Part::ALL.len())]),
        9..11 => Fault::Unsynced(UNSYNCED[random.below(UNSYNCED.len())]),
        11 => Fault::Room(random.below(4_000) as u64),
        12 => Fault::Read(1 + random.below(100)),
        13 => Fault::Map,
        _ => Fault::None,
    }
}
