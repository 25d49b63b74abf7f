use engine::Write;

use crate::memory::apply;
use crate::tests::map;

#[test]
fn ex_1_2_a_put_stores_and_replaces() {
    let mut fruit = map(&[("apple", "red")]);
    apply(&mut fruit, Write::put("banana", "yellow"));
    assert_eq!(fruit, map(&[("apple", "red"), ("banana", "yellow")]));
    apply(&mut fruit, Write::put("apple", "green"));
    assert_eq!(fruit, map(&[("apple", "green"), ("banana", "yellow")]));
}

#[test]
fn ex_1_2_a_delete_removes() {
    let mut fruit = map(&[("apple", "red"), ("banana", "yellow")]);
    apply(&mut fruit, Write::delete("apple"));
    assert_eq!(fruit, map(&[("banana", "yellow")]));
}

#[test]
fn ex_1_2_deleting_what_is_absent_does_nothing() {
    let mut fruit = map(&[("apple", "red")]);
    apply(&mut fruit, Write::delete("app"));
    assert_eq!(fruit, map(&[("apple", "red")]));
}

#[test]
fn ex_1_2_empty_keys_and_values_are_like_any_others() {
    let mut fruit = map(&[]);
    apply(&mut fruit, Write::put("", ""));
    assert_eq!(fruit, map(&[("", "")]), "an empty value is not a delete");
    apply(&mut fruit, Write::delete(""));
    assert_eq!(fruit, map(&[]));
}

#[test]
fn ex_1_2_a_put_replaces_the_whole_value() {
    let mut fruit = map(&[("apple", "red")]);
    for value in ["yellowish", "red", ""] {
        apply(&mut fruit, Write::put("apple", value));
        let found = fruit.get(&b"apple"[..]).map(|v| String::from_utf8_lossy(v));
        assert_eq!(
            found.as_deref(),
            Some(value),
            "after a put of {value:?} over another value"
        );
    }
}
