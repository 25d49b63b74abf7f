use std::sync::Arc;

use engine::{Counter, StorageEngine};

use crate::Memory;
use crate::tests::{map, promptly};

fn fruit() -> Memory {
    let entries = map(&[("", "nothing"), ("apple", "red"), ("banana", "")]);
    entries.into_iter().collect()
}

#[test]
fn ex_1_1_a_present_key_is_found_with_its_value() {
    let fruit = fruit();
    let mut value = Vec::new();
    assert!(fruit.get_into(b"apple", &mut value).unwrap());
    assert_eq!(value, b"red");
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
    assert_eq!(fruit.get(b"banana").unwrap(), Some(vec![]));
    assert_eq!(fruit.get(b"").unwrap(), Some(b"nothing".to_vec()));
}

#[test]
fn ex_1_1_what_the_buffer_held_before_is_gone() {
    let fruit = fruit();
    let mut value = b"something longer".to_vec();
    fruit.get_into(b"apple", &mut value).unwrap();
    assert_eq!(value, b"red", "the buffer holds the value and nothing else");
    fruit.get_into(b"absent", &mut value).unwrap();
    assert_eq!(value, b"", "the buffer is empty where nothing was found");
}

#[test]
fn ex_1_1_the_buffer_that_was_handed_in_is_used() {
    let fruit = fruit();
    let mut value = Vec::with_capacity(100);
    let buffer = value.as_ptr();
    fruit.get_into(b"apple", &mut value).unwrap();
    assert_eq!(value.as_ptr(), buffer, "a large enough buffer is kept");
}

#[test]
fn ex_1_1_every_call_counts_as_a_get() {
    let fruit = fruit();
    let mut value = Vec::new();
    for key in ["apple", "banana", "absent"] {
        fruit.get_into(key.as_bytes(), &mut value).unwrap();
    }
    assert_eq!(fruit.stats()[Counter::Gets], 3);
}

#[test]
fn ex_1_1_readers_do_not_wait_for_each_other() {
    let fruit = Arc::new(fruit());
    let another_reader = fruit.contents.read();
    let reader = Arc::clone(&fruit);
    let found = promptly(
        "a get waits for another reader: the read lock is enough",
        move || reader.get(b"apple"),
    );
    assert_eq!(found.unwrap(), Some(b"red".to_vec()));
    drop(another_reader);
}
