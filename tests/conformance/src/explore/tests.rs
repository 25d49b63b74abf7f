//! The explorer finds each class of mistake, and names the clause.

use super::*;
use crate::log_engine;
use crate::sim::{Kind, Outcome};
use crate::snapshot_engine::{Mistake, subject};

fn found(mistake: Mistake) -> Failure {
    let exploration = explore(&subject(mistake), &Budget::QUICK);
    let failure = exploration
        .failure
        .unwrap_or_else(|| panic!("{mistake:?} was not found"));
    // What it says can be seen again, and is not there without the mistake.
    let script = failure.script.clone().expect("a failure has a script");
    let again = replay::replay(&subject(mistake), &Budget::QUICK, &script).unwrap_err();
    assert_eq!(
        (again.clause, &again.what),
        (failure.clause, &failure.what),
        "{script}"
    );
    let right = replay::replay(&subject(Mistake::None), &Budget::QUICK, &script);
    assert_eq!(right, Ok(()), "{script}");
    failure
}

fn says(failure: &Failure) -> String {
    let script = failure.script.as_ref().map(Script::to_string);
    format!(
        "{}: {} {}",
        failure.clause.number(),
        script.unwrap_or_default(),
        failure.what
    )
}

#[test]
fn right_engines_pass_and_every_outcome_is_reached() {
    let snapshots = explore(&subject(Mistake::None), &Budget::QUICK);
    let log = explore(&Subject::new("log", log_engine::open), &Budget::QUICK);
    let mut reach = Reach::default();
    for exploration in [&snapshots, &log] {
        assert_eq!(exploration.failure, None);
        assert!(exploration.scripts == 150, "{exploration}");
        assert!(exploration.distinct > 1000, "{exploration}");
        reach.add(&exploration.reach);
    }
    for outcome in Outcome::ALL {
        let reached = reach.times(Kind::Write, outcome) > 0;
        assert_eq!(reached, outcome != Outcome::Lost, "{outcome:?}\n{reach}");
    }
    for kind in [Kind::Create, Kind::Rename, Kind::Remove] {
        for outcome in [Outcome::Durable, Outcome::Dropped, Outcome::Applied] {
            assert!(
                reach.times(kind, outcome) > 0,
                "{kind:?} {outcome:?}\n{reach}"
            );
        }
    }
}

#[test]
fn skipping_the_sync_of_the_file_is_found() {
    println!("{}", says(&found(Mistake::SkipFileSync)));
}

#[test]
fn skipping_the_sync_of_the_names_is_found() {
    println!("{}", says(&found(Mistake::SkipDirSync)));
}

#[test]
fn renaming_before_the_sync_is_found() {
    println!("{}", says(&found(Mistake::RenameBeforeSync)));
}

#[test]
fn syncing_nothing_is_found() {
    println!("{}", says(&found(Mistake::SyncNothing)));
}

#[test]
fn reading_the_new_file_first_is_found() {
    println!("{}", says(&found(Mistake::ReadNewFile)));
}

#[test]
fn ignoring_the_checksum_is_found() {
    println!("{}", says(&found(Mistake::TrustAtOpen)));
}

#[test]
#[ignore = "measures"]
fn measure() {
    let budget = Budget::from_env().unwrap();
    for subject in [
        subject(Mistake::None),
        Subject::new("log", log_engine::open),
    ] {
        let start = std::time::Instant::now();
        println!("{}{:?}", explore(&subject, &budget), start.elapsed());
    }
}
