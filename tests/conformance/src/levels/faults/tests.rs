//! A right engine passes, and each class of mistake is found by its clause.

use super::*;
use crate::level::Level;
use crate::snapshot_engine::{Mistake, subject};
use crate::suite::judge;

/// The clause of what the level finds. It can be seen again, and is not there
/// without the mistake.
fn found(mistake: Mistake) -> Clause {
    let rejection = judge(&subject(mistake), Level::Faults, &Budget::QUICK, |_| true)
        .expect_err("a mistake is found");
    let failure = rejection.failure;
    if let Some(script) = &failure.script {
        let again = replay::replay(&subject(mistake), &Budget::QUICK, script).unwrap_err();
        assert_eq!(
            again.clause, failure.clause,
            "{script} {again:?} {failure:?}"
        );
        let right = replay::replay(&subject(Mistake::None), &Budget::QUICK, script);
        assert_eq!(right, Ok(()), "{script}");
    }
    failure.clause
}

#[test]
fn a_right_engine_passes() {
    let subject = subject(Mistake::None);
    for check in CHECKS {
        let result = (check.run)(&subject, &Budget::QUICK);
        assert_eq!(result, Ok(()), "{}", check.name);
    }
}

#[test]
fn trying_a_failed_sync_again_is_found() {
    assert_eq!(found(Mistake::RetrySync), Clause::Poison);
}

#[test]
fn answering_a_failed_sync_with_io_is_found() {
    assert_eq!(found(Mistake::ForgetPoison), Clause::Poison);
}

#[test]
fn trusting_what_an_opening_reads_is_found() {
    assert_eq!(found(Mistake::TrustAtOpen), Clause::Poison);
}

#[test]
fn believing_short_reads_is_found() {
    assert_eq!(found(Mistake::BelieveShortReads), Clause::DamageIsFound);
}

#[test]
fn having_no_lock_is_found() {
    assert_eq!(found(Mistake::NoLock), Clause::OneOwner);
}

#[test]
fn forgetting_the_lock_of_a_failed_opening_is_found() {
    assert_eq!(found(Mistake::ForgetLock), Clause::OneOwner);
}

#[test]
fn swallowing_read_errors_is_found() {
    assert_eq!(found(Mistake::SwallowReadErrors), Clause::Sync);
}

#[test]
fn showing_a_failed_write_is_found() {
    assert_eq!(found(Mistake::ShowFailedWrite), Clause::WholeOrNothing);
}

#[test]
fn poisoning_when_full_is_found() {
    assert_eq!(found(Mistake::PoisonWhenFull), Clause::Poison);
}

#[test]
fn poisoning_reads_is_found() {
    assert_eq!(found(Mistake::PoisonReads), Clause::Poison);
}

#[test]
fn miscounting_is_found() {
    assert_eq!(found(Mistake::MiscountSyncs), Clause::CountedCosts);
}

#[test]
fn panicking_on_damage_is_found() {
    assert_eq!(found(Mistake::PanicOnDamage), Clause::DamageIsFound);
}

#[test]
fn ignoring_a_checksum_is_found() {
    assert_eq!(found(Mistake::IgnoreChecksum), Clause::DamageIsFound);
}

#[test]
fn bytes_that_are_dead_may_turn_over_unnoticed() {
    let script = Script::of("put a 1");
    let flips = |subject: &Subject| damage::after_close(subject, &Budget::QUICK, &script);
    assert_eq!(flips(&subject(Mistake::None)), Ok(()));
    let careless = || subject(Mistake::IgnoreChecksum);
    assert!(flips(&careless()).is_err());
    // The checksum may turn over where nobody looks at it; the entries not.
    let sum_is_dead = careless().with_dead_bytes(|_image, _file| std::iter::once(0..4).collect());
    let failure = flips(&sum_is_dead).unwrap_err();
    let script = failure.script.map(|script| script.to_string());
    assert_eq!(script.as_deref(), Some("put a 1; flip snapshot 8 0"));
}
