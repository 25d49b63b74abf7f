//! A soak finds what is wrong, and a seed and a number show it again.

use super::*;
use crate::snapshot_engine::{Mistake, subject};

fn soak(mistake: Mistake, seed: u64, first: usize, count: usize) -> Soak {
    Soak::new(&subject(mistake), seed, first, count).expect("it opens")
}

#[test]
fn a_right_engine_passes_and_all_ways_are_tried() {
    let soak = soak(Mistake::None, 1, 0, 24);
    assert_eq!(soak.run(), None);
    let counts = soak.counts();
    assert_eq!(counts.scripts, [6, 6, 2, 6, 2, 2]);
    assert!(counts.openings > 1000, "{counts:?}");
}

#[test]
fn what_is_found_is_found_again_by_its_seed_and_its_number() {
    for mistake in [
        Mistake::SkipDirSync,
        Mistake::IgnoreChecksum,
        Mistake::SwallowReadErrors,
        Mistake::ShowFailedWrite,
        Mistake::BelieveShortReads,
    ] {
        let found = soak(mistake, 7, 0, 200).run().expect("it is found");
        let again = soak(mistake, 7, found.number, 1).run();
        assert_eq!(again.as_ref(), Some(&found), "{mistake:?}");
        let right = soak(Mistake::None, 7, found.number, 1).run();
        assert_eq!(right, None, "{mistake:?}");
    }
}

#[test]
fn what_is_made_smaller_breaks_the_same_clause_and_is_seen_in_a_replay() {
    let soak = soak(Mistake::SkipDirSync, 7, 0, 200);
    let found = soak.run().expect("it is found");
    let (_, drawn) = soak.script(found.number);
    let small = soak.shrunk(found.clone());
    let script = small.failure.script.as_ref().expect("it has a script");
    assert!(script.ops.len() <= 4, "{script}");
    assert!(script.ops.len() < drawn.ops.len(), "{script} of {drawn}");
    assert_eq!(small.failure.clause, found.failure.clause);
    let replay = small.level.replay().expect("the level replays scripts");
    let again = replay(&subject(Mistake::SkipDirSync), &Budget::QUICK, script).unwrap_err();
    assert_eq!(again.clause, found.failure.clause);
}

#[test]
fn a_script_follows_from_the_seed_and_its_number() {
    let one = |seed, number| soak(Mistake::None, seed, 0, 1).script(number);
    for number in 0..24 {
        assert_eq!(one(3, number), one(3, number));
        assert_ne!(one(3, number).1, one(4, number).1);
        assert_ne!(one(3, number).1, one(3, number + 12).1);
    }
}

#[test]
fn a_soak_that_is_over_begins_no_script() {
    let soak = soak(Mistake::SyncNothing, 1, 0, 10);
    soak.end();
    assert_eq!(soak.run(), None);
    assert_eq!(soak.counts().scripts, [0; Way::ALL.len()]);
}
