use std::sync::Arc;

use engine::{Counter, StorageEngine};

use crate::Memory;
use crate::tests::{locks_taken, map, promptly, text, value};

fn fruit() -> Memory {
    let entries = map(&[("", "nothing"), ("apple", "red"), ("banana", "")]);
    entries.into_iter().collect()
}

#[test]
fn ex_1_1_a_present_key_is_found_with_its_value() {
    let fruit = fruit();
    let mut value = Vec::new();
    let found = fruit.get_into(b"apple", &mut value).unwrap();
    assert!(found, "\"apple\" is there");
    assert_eq!(text(&value), "red");
}

#[test]
fn ex_1_1_what_the_buffer_held_before_is_gone() {
    let fruit = fruit();
    let mut value = b"something longer".to_vec();
    fruit.get_into(b"apple", &mut value).unwrap();
    let held = text(&value);
    assert_eq!(held, "red", "the buffer holds the value and nothing else");
    fruit.get_into(b"absent", &mut value).unwrap();
    let held = text(&value);
    assert_eq!(held, "", "the buffer is empty where nothing was found");
}

#[test]
fn ex_1_1_an_absent_key_is_not_found() {
    let fruit = fruit();
    let mut value = Vec::new();
    for absent in ["app", "apples", "Apple", "b"] {
        let found = fruit.get_into(absent.as_bytes(), &mut value).unwrap();
        assert!(!found, "{absent:?} is not there");
    }
}

#[test]
fn ex_1_1_an_empty_value_is_a_value_and_an_empty_key_a_key() {
    let fruit = fruit();
    assert_eq!(value(&fruit, b"banana").as_deref(), Some(""));
    assert_eq!(value(&fruit, b"").as_deref(), Some("nothing"));
}

#[test]
fn ex_1_1_the_buffer_that_was_handed_in_is_used() {
    let fruit = fruit();
    let mut value = Vec::with_capacity(100);
    let buffer = value.as_ptr();
    fruit.get_into(b"apple", &mut value).unwrap();
    assert!(
        value.as_ptr() == buffer,
        "the value came in another buffer, though the caller's had room for it"
    );
}

#[test]
fn ex_1_1_every_call_counts_as_a_get() {
    let fruit = fruit();
    let mut value = Vec::new();
    for key in ["apple", "banana", "absent"] {
        fruit.get_into(key.as_bytes(), &mut value).unwrap();
    }
    let gets = fruit.stats()[Counter::Gets];
    assert_eq!(gets, 3, "three keys were looked up, and one was not there");
}

#[test]
fn ex_1_1_a_get_takes_one_lock_once() {
    // Between two locks a writer may come and take the key away, or stand in
    // line for the second one while this thread holds the first.
    let (fruit, mut value) = (fruit(), Vec::new());
    for key in ["apple", "absent"] {
        let taken = locks_taken(|| {
            fruit.get_into(key.as_bytes(), &mut value).unwrap();
        });
        assert_eq!(taken.len(), 1, "a get of {key:?} takes locks at {taken:?}");
    }
}

#[test]
fn ex_1_1_readers_do_not_wait_for_each_other() {
    let fruit = Arc::new(fruit());
    let another_reader = fruit.contents.read();
    let reader = Arc::clone(&fruit);
    let found = promptly(
        "a get waits for another reader: the read lock is enough",
        move || value(&*reader, b"apple"),
    );
    assert_eq!(found.as_deref(), Some("red"));
    drop(another_reader);
}
