//! Right engines pass, and each class of mistake is found by its clause.

use super::*;
use crate::level::Level;
use crate::log_engine;
use crate::snapshot_engine::{Mistake, subject};
use crate::suite::judge;

fn found(mistake: Mistake) -> (Clause, String) {
    let rejection = judge(&subject(mistake), Level::Faults, &Budget::QUICK, |_| true)
        .expect_err("a mistake is found");
    let failure = rejection.failure;
    // What it says can be seen again, and is not there without the mistake.
    if let Some(script) = &failure.script {
        let again = replay::replay(&subject(mistake), &Budget::QUICK, script).unwrap_err();
        assert_eq!(
            again.clause, failure.clause,
            "{script} {again:?} {failure:?}"
        );
        let right = replay::replay(&subject(Mistake::None), &Budget::QUICK, script);
        assert_eq!(right, Ok(()), "{script}");
    }
    let script = failure.script.map(|script| script.to_string());
    println!(
        "{} {}: {} {}",
        failure.clause.number(),
        rejection.check,
        failure.what,
        script.clone().unwrap_or_default()
    );
    (failure.clause, script.unwrap_or_default())
}

#[test]
fn right_engines_pass() {
    let log = Subject::new("log", log_engine::open);
    for subject in [subject(Mistake::None), log] {
        for check in CHECKS {
            let start = std::time::Instant::now();
            let result = (check.run)(&subject, &Budget::QUICK);
            assert_eq!(result, Ok(()), "{} {}", subject.name(), check.name);
            println!("{} {} {:?}", subject.name(), check.name, start.elapsed());
        }
    }
}

#[test]
fn trying_a_failed_sync_again_is_found() {
    assert_eq!(found(Mistake::RetrySync).0, Clause::Poison);
}

#[test]
fn answering_a_failed_sync_with_io_is_found() {
    assert_eq!(found(Mistake::ForgetPoison).0, Clause::Poison);
}

#[test]
fn trusting_what_an_opening_reads_is_found() {
    assert_eq!(found(Mistake::TrustAtOpen).0, Clause::Poison);
}

#[test]
fn believing_short_reads_is_found() {
    assert_eq!(found(Mistake::BelieveShortReads).0, Clause::DamageIsFound);
}

#[test]
fn having_no_lock_is_found() {
    assert_eq!(found(Mistake::NoLock).0, Clause::OneOwner);
}

#[test]
fn forgetting_the_lock_of_a_failed_opening_is_found() {
    assert_eq!(found(Mistake::ForgetLock).0, Clause::OneOwner);
}

#[test]
fn swallowing_read_errors_is_found() {
    assert_eq!(found(Mistake::SwallowReadErrors).0, Clause::Sync);
}

#[test]
fn showing_a_failed_write_is_found() {
    assert_eq!(found(Mistake::ShowFailedWrite).0, Clause::WholeOrNothing);
}

#[test]
fn poisoning_when_full_is_found() {
    assert_eq!(found(Mistake::PoisonWhenFull).0, Clause::Poison);
}

#[test]
fn poisoning_reads_is_found() {
    assert_eq!(found(Mistake::PoisonReads).0, Clause::Poison);
}

#[test]
fn miscounting_is_found() {
    assert_eq!(found(Mistake::MiscountSyncs).0, Clause::CountedCosts);
}

#[test]
fn panicking_on_damage_is_found() {
    assert_eq!(found(Mistake::PanicOnDamage).0, Clause::DamageIsFound);
}

#[test]
fn ignoring_a_checksum_is_found() {
    assert_eq!(found(Mistake::IgnoreChecksum).0, Clause::DamageIsFound);
}
