//! The explorer finds each class of mistake, and names the clause.

use super::*;
use crate::level::Clause;
use crate::sim::{Kind, Outcome};
use crate::snapshot_engine::{Mistake, subject};

/// What the explorer finds, in a line. It can be seen again, and is not there
/// without the mistake.
fn found(mistake: Mistake) -> String {
    let exploration = explore(&subject(mistake), &Budget::QUICK);
    let failure = exploration.failure.expect("the mistake is found");
    let script = failure.script.clone().expect("a failure has a script");
    let again = replay::replay(&subject(mistake), &Budget::QUICK, &script).unwrap_err();
    assert_eq!((again.clause, &again.what), (failure.clause, &failure.what));
    let right = replay::replay(&subject(Mistake::None), &Budget::QUICK, &script);
    assert_eq!(right, Ok(()), "{script}");
    format!("{}: {script}\n{}", failure.clause, failure.what)
}

#[test]
fn a_right_engine_passes_and_its_outcomes_are_reached() {
    let exploration = explore(&subject(Mistake::None), &Budget::QUICK);
    assert_eq!(exploration.failure, None);
    assert!(exploration.scripts == 150, "{exploration}");
    assert!(exploration.distinct > 1000, "{exploration}");
    let reach = &exploration.reach;
    for outcome in Outcome::ALL {
        let reached = reach.times(Kind::Write, outcome) > 0;
        assert_eq!(reached, outcome != Outcome::Lost, "{outcome:?}\n{reach}");
    }
    for kind in [Kind::Create, Kind::Rename, Kind::Remove] {
        for outcome in [Outcome::Durable, Outcome::Dropped, Outcome::Applied] {
            // It removes what an opening finds, and syncs no name after that.
            let never = (kind, outcome) == (Kind::Remove, Outcome::Durable);
            assert_eq!(
                reach.times(kind, outcome) == 0,
                never,
                "{kind:?} {outcome:?}\n{reach}"
            );
        }
    }
}

#[test]
fn skipping_the_sync_of_the_file_is_found() {
    insta::assert_snapshot!(found(Mistake::SkipFileSync), @r"
    clause 5 (sync): cut 3 image 2
    The power was cut, it was opened again, and that failed.
    ");
}

#[test]
fn skipping_the_sync_of_the_names_is_found() {
    insta::assert_snapshot!(found(Mistake::SkipDirSync), @r"
    clause 5 (sync): durability always; put a 1; cut 8 image 0
    The power was cut, it was opened again, and what had been durable when written is gone.
    ");
}

#[test]
fn renaming_before_the_sync_is_found() {
    insta::assert_snapshot!(found(Mistake::RenameBeforeSync), @r"
    clause 5 (sync): cut 3 image 2
    The power was cut, it was opened again, and that failed.
    ");
}

#[test]
fn syncing_nothing_is_found() {
    insta::assert_snapshot!(found(Mistake::SyncNothing), @r"
    clause 5 (sync): put a 1; sync; cut 5 image 0
    The power was cut, it was opened again, and what had been synced is gone.
    ");
}

#[test]
fn reading_the_new_file_first_is_found() {
    insta::assert_snapshot!(found(Mistake::ReadNewFile), @r"
    clause 5 (sync): cut 1 image 1
    The power was cut, it was opened again, and that failed.
    ");
}

#[test]
fn trusting_what_an_opening_reads_is_found() {
    insta::assert_snapshot!(found(Mistake::TrustAtOpen), @r"
    clause 6 (poison): durability os; put a 1; kill_at 9; put z 9; cut 0 image 0
    The power was cut, it was opened again, and what an opening had shown is gone.
    ");
}

#[test]
fn a_failure_is_the_same_in_every_run() {
    let explored = || explore(&subject(Mistake::SkipDirSync), &Budget::QUICK).failure;
    let first = explored();
    for _ in 0..3 {
        assert_eq!(explored(), first);
    }
}

#[test]
fn the_trace_tells_what_the_disk_did_up_to_the_cut() {
    let failure = explore(&subject(Mistake::SkipFileSync), &Budget::QUICK).failure;
    insta::assert_snapshot!(failure.unwrap().trace.join("\n"), @r"
    What the disk did:
       1 create snapshot.new
       2 write snapshot.new at 0, 4 bytes
       3 rename snapshot.new to snapshot
         — the power is cut: unsynced names survive, unsynced bytes do not —
    ");
}

#[test]
fn a_script_without_cuts_is_cut_everywhere_when_it_is_replayed() {
    let script = Script::of("put a 1; sync");
    let replayed = |mistake| replay::replay(&subject(mistake), &Budget::QUICK, &script);
    assert_eq!(replayed(Mistake::None), Ok(()));
    assert_eq!(
        replayed(Mistake::SyncNothing).unwrap_err().clause,
        Clause::Sync
    );
}

#[test]
fn cuts_faults_and_flips_are_spelled_and_read_back() {
    for text in [
        "put a 1; sync; cut 7 image 3; put z 9; cut 0 image 12",
        "kill_at 4; fault eio 3; fault eio 12..; fault map; fault none",
        "fault write half; fault unsynced zeros; fault room 300; fault read 1",
        "put a 1; flip open.log 24 7",
    ] {
        assert_eq!(Script::of(text).to_string(), text);
    }
    for text in [
        "cut 7",
        "cut 7 x 3",
        "cut x",
        "kill_at",
        "fault eio",
        "flip a 1 8",
    ] {
        assert!(text.parse::<Script>().is_err(), "{text}");
    }
}
