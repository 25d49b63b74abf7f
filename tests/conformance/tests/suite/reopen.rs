//! Level reopen, and levels that are not reached yet.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use conformance::Level;
use engine::{Error, StorageEngine};

use crate::small::{Mistake, Small};
use crate::{rejection, small};

#[test]
fn an_engine_in_memory_is_rejected_where_it_forgets() {
    let rejection = rejection(Level::Reopen, Mistake::None);
    assert_eq!(rejection.check, "what_was_written_is_there_after_closing");
    let script = rejection.failure.script.unwrap();
    assert_eq!(script.to_string(), "put a 1; reopen");
}

#[test]
fn an_engine_that_is_shared_is_busy_until_it_is_not() {
    let engine = Arc::new(Small::new(Mistake::None));
    let other = Arc::clone(&engine);
    assert!(matches!(Box::new(engine).close(), Err(Error::Busy { .. })));
    other.put(b"a", b"1").unwrap();
    assert_eq!(other.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(Box::new(other).close(), Ok(()));
}

#[test]
fn a_level_that_is_not_reached_yet_is_expected_to_fail() {
    let subject = small(Mistake::None).expect_failure(Level::Reopen, "chapter 6");
    subject.check_all();
}

#[test]
fn a_level_that_is_reached_sooner_than_expected_says_so() {
    let subject = small(Mistake::None).expect_failure(Level::Core, "chapter 6");
    let check = AssertUnwindSafe(|| subject.check(Level::Core));
    let panic = catch_unwind(check).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(
        message.contains("was expected to fail until\nchapter 6"),
        "{message}"
    );
}
