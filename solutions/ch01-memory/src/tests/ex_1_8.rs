use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use engine::{Counter, Error, StorageEngine};

use crate::Memory;
use crate::memory::LIMITS;
use crate::tests::{locks_taken, map, text, value};

fn stock() -> Memory {
    map(&[("apples", "3")]).into_iter().collect()
}

#[test]
fn ex_1_8_the_change_is_given_the_value_and_answers_the_new_one() {
    let stock = stock();
    let mut given = None;
    let change = |value: Option<&[u8]>| {
        given = value.map(text);
        Some(b"4".to_vec())
    };
    stock.update(b"apples", change).unwrap();
    assert_eq!(given.as_deref(), Some("3"), "what `change` is given");
    assert_eq!(value(&stock, b"apples").as_deref(), Some("4"));
}

#[test]
fn ex_1_8_an_absent_key_has_no_value_and_can_get_one() {
    let stock = stock();
    let change = |value: Option<&[u8]>| {
        assert_eq!(value.map(text), None, "what `change` is given");
        Some(b"1".to_vec())
    };
    stock.update(b"pears", change).unwrap();
    assert_eq!(value(&stock, b"pears").as_deref(), Some("1"));
}

#[test]
fn ex_1_8_no_new_value_removes_the_key() {
    let stock = stock();
    stock.update(b"apples", |_| None).unwrap();
    assert_eq!(value(&stock, b"apples"), None);
    stock.update(b"pears", |_| None).unwrap();
    assert_eq!(value(&stock, b"pears"), None);
}

#[test]
fn ex_1_8_an_empty_value_is_a_value() {
    let stock = stock();
    for key in ["apples", "pears"] {
        stock.update(key.as_bytes(), |_| Some(vec![])).unwrap();
        let found = value(&stock, key.as_bytes());
        assert_eq!(found.as_deref(), Some(""), "what {key} have");
    }
}

#[test]
fn ex_1_8_an_update_takes_one_lock_once() {
    let stock = stock();
    let taken = locks_taken(|| stock.update(b"apples", |_| Some(vec![])).unwrap());
    assert_eq!(taken.len(), 1, "an update takes locks at {taken:?}");
}

#[test]
fn ex_1_8_threads_that_count_lose_nothing() {
    const THREADS: u32 = 4;
    const EACH: u32 = if cfg!(miri) { 50 } else { 20_000 };
    let memory = Memory::new();
    memory.update(b"visits", |_| Some(vec![0; 4])).unwrap();
    let one_more = |value: Option<&[u8]>| {
        let bytes = value.map_or([0; 4], |value| value.try_into().unwrap());
        Some((u32::from_le_bytes(bytes) + 1).to_le_bytes().to_vec())
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    memory.update(b"visits", one_more).unwrap();
                }
            });
        }
    });
    let visits = memory.get(b"visits").unwrap().unwrap();
    assert_eq!(
        u32::from_le_bytes(visits.try_into().unwrap()),
        THREADS * EACH,
        "every visit counts: no other write comes between reading and writing"
    );
}

#[test]
fn ex_1_8_what_is_too_large_leaves_the_value_as_it_was() {
    let stock = stock();
    let large = stock.update(b"apples", |_| Some(vec![0; LIMITS.value_bytes_max + 1]));
    assert!(
        matches!(large, Err(Error::TooLarge { what: "value", .. })),
        "the new value is too large, and the answer is {large:?}"
    );
    let left = stock.get(b"apples").unwrap().map_or(0, |value| value.len());
    assert_eq!(left, 1, "the length of the value is what it was");
    let key = vec![0; LIMITS.key_bytes_max + 1];
    let long = stock.update(&key, |_| Some(vec![]));
    assert!(
        matches!(long, Err(Error::TooLarge { what: "key", .. })),
        "the key is too long, and the answer is {long:?}"
    );
    let removed = stock.update(&key, |_| None);
    assert!(
        matches!(removed, Err(Error::TooLarge { what: "key", .. })),
        "a key that is too long is refused, also where it would be removed: {removed:?}"
    );
}

#[test]
fn ex_1_8_a_change_that_panics_leaves_the_value_as_it_was() {
    // A lock whose holder panicked opens again, and what it protects is used.
    let stock = stock();
    let update = || stock.update(b"apples", |_| panic!("out of apples"));
    let panic = catch_unwind(AssertUnwindSafe(update)).unwrap_err();
    if panic.downcast_ref::<&str>() != Some(&"out of apples") {
        resume_unwind(panic);
    }
    assert_eq!(value(&stock, b"apples").as_deref(), Some("3"));
    assert_eq!(stock.stats()[Counter::Batches], 0, "batches");
    assert_eq!(stock.contents.read().changes, 0, "changes of the contents");
}

#[test]
fn ex_1_8_an_update_counts_as_a_batch() {
    let stock = stock();
    stock.update(b"apples", |_| Some(b"4".to_vec())).unwrap();
    assert_eq!(stock.stats()[Counter::Batches], 1, "batches");
}

#[test]
fn ex_1_8_an_update_counts_as_a_change_of_the_contents() {
    let stock = stock();
    stock.update(b"apples", |_| Some(b"4".to_vec())).unwrap();
    stock.update(b"apples", |_| None).unwrap();
    assert_eq!(stock.contents.read().changes, 2, "changes of the contents");
}

#[test]
fn ex_1_8_an_update_that_leaves_all_as_it_was_counts_too() {
    let stock = stock();
    stock.update(b"apples", |_| Some(b"3".to_vec())).unwrap();
    stock.update(b"pears", |_| None).unwrap();
    assert_eq!(stock.stats()[Counter::Batches], 2, "batches");
    assert_eq!(stock.contents.read().changes, 2, "changes of the contents");
}

#[test]
fn ex_1_8_what_was_refused_counts_as_nothing() {
    let stock = stock();
    let key = vec![0; LIMITS.key_bytes_max + 1];
    stock.update(&key, |_| Some(vec![])).unwrap_err();
    assert_eq!(stock.stats()[Counter::Batches], 0, "batches");
    assert_eq!(stock.contents.read().changes, 0, "changes of the contents");
}

#[test]
fn ex_1_8_an_update_is_no_get() {
    let stock = stock();
    stock.update(b"apples", |_| Some(b"4".to_vec())).unwrap();
    assert_eq!(stock.stats()[Counter::Gets], 0, "nobody called `get`");
}
