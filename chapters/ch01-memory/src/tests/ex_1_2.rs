use engine::Write;

use crate::memory::{Map, apply};
use crate::tests::{map, same};

/// Panics where `apply` makes something else of a map than `expected`.
#[track_caller]
fn makes(map: &mut Map, write: Write<'_>, expected: &Map) {
    apply(map, write);
    same(map, expected, &format!("after `{write:?}`"));
}

#[test]
fn ex_1_2_a_put_stores_and_replaces() {
    let mut fruit = map(&[("apple", "red")]);
    let both = map(&[("apple", "red"), ("banana", "yellow")]);
    makes(&mut fruit, Write::put("banana", "yellow"), &both);
    let replaced = map(&[("apple", "green"), ("banana", "yellow")]);
    makes(&mut fruit, Write::put("apple", "green"), &replaced);
}

#[test]
fn ex_1_2_a_put_replaces_the_whole_value() {
    let mut fruit = map(&[("apple", "red")]);
    for value in ["yellowish", "red", "r"] {
        let replaced = map(&[("apple", value)]);
        makes(&mut fruit, Write::put("apple", value), &replaced);
    }
}

#[test]
fn ex_1_2_a_delete_removes() {
    let mut fruit = map(&[("apple", "red"), ("banana", "yellow")]);
    let rest = map(&[("banana", "yellow")]);
    makes(&mut fruit, Write::delete("apple"), &rest);
}

#[test]
fn ex_1_2_deleting_what_is_absent_does_nothing() {
    let mut fruit = map(&[("apple", "red")]);
    let untouched = fruit.clone();
    makes(&mut fruit, Write::delete("app"), &untouched);
}

#[test]
fn ex_1_2_empty_keys_and_values_are_like_any_others() {
    let mut fruit = map(&[("apple", "red")]);
    let emptied = map(&[("apple", "")]);
    makes(&mut fruit, Write::put("apple", ""), &emptied);
    let both = map(&[("", ""), ("apple", "")]);
    makes(&mut fruit, Write::put("", ""), &both);
    makes(&mut fruit, Write::delete(""), &emptied);
}
