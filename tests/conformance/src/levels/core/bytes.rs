//! Clause 1: any bytes.

use engine::Limits;

use super::super::playing::{each, is_reachable, limits, long, random, spelled};
use crate::budget::Budget;
use crate::level::Clause;
use crate::report::Failure;
use crate::script::{Bytes, Edit, KEYS, Op, Script, VALUE_LENS, Vocabulary, scripts};
use crate::subject::Subject;

const CLAUSE: Clause = Clause::AnyBytes;

/// Keys longer than this are left out of random scripts, for their cost.
pub(super) const RANDOM_KEY_BYTES_MAX: usize = 1 << 16;

pub(super) fn an_empty_engine_holds_nothing(s: &Subject, _: &Budget) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &["get a", "get \"\"", "delete a; get a", "delete \"\""],
    )
}

pub(super) fn get_after_put_is_the_value(s: &Subject, _: &Budget) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &[
            "put a 1; get a",
            "put a 1; get b",
            "put a 1; put b 2; get a; get b",
        ],
    )
}

pub(super) fn get_after_two_puts_is_the_second_value(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &[
            "put a 1; put a 2; get a",
            "put a 1; put a x*5000; get a",
            "put a x*5000; put a 1; get a",
            "put a 1; put a \"\"; get a",
        ],
    )
}

pub(super) fn get_after_delete_is_none(s: &Subject, _: &Budget) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &[
            "put a 1; delete a; get a",
            "put a 1; put a 2; delete a; get a",
            "put a 1; put b 2; delete a; get b",
            "put a 1; delete b; get a",
            "put a 1; delete a; put a 2; get a",
            "put a 1; delete a; delete a; get a",
        ],
    )
}

pub(super) fn any_bytes_are_a_key_and_a_value(s: &Subject, budget: &Budget) -> Result<(), Failure> {
    let values = VALUE_LENS.map(|len| Bytes::Times(b'x', len));
    let odd: [&[u8]; 3] = [b"", b"\0", b"\xff\0\xfe\n"];
    let values = odd.into_iter().map(Bytes::from).chain(values);
    let scripts = values.flat_map(|value| {
        KEYS.map(|key| {
            let key = Bytes::from(key);
            Script::new(vec![Op::Put(key.clone(), value.clone()), Op::Get(key)])
        })
    });
    each(s, CLAUSE, budget.each(scripts))
}

pub(super) fn similar_keys_are_different_keys(s: &Subject, budget: &Budget) -> Result<(), Failure> {
    let pairs = KEYS.into_iter().flat_map(|one| {
        let others = KEYS.into_iter().filter(move |other| *other != one);
        others.map(move |other| (Bytes::from(one), Bytes::from(other)))
    });
    let scripts = budget.each(pairs).map(|(one, other)| {
        Script::new(vec![
            Op::Put(one.clone(), "1".into()),
            Op::Get(other.clone()),
            Op::Put(other.clone(), "2".into()),
            Op::Get(one.clone()),
            Op::Delete(other),
            Op::Get(one),
        ])
    });
    each(s, CLAUSE, scripts)
}

/// Words of which a common hash of 32 bits makes the same number: CRC-32,
/// FNV-1a, FNV-1, and `h * 33 + byte` and `h * 31 + byte` from 5381 and from 0.
const ALIKE: [[&str; 2]; 5] = [
    ["codding", "gnu"],
    ["costarring", "liquid"],
    ["creamwove", "quists"],
    ["hetairas", "mentioner"],
    ["Aa", "BB"],
];

pub(super) fn keys_with_the_same_hash_are_different_keys(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    let scripts = ALIKE.into_iter().flat_map(|[one, other]| {
        [
            format!("put {one} 1; get {other}"),
            format!("put {one} 1; put {other} 2; get {one}; get {other}"),
            format!("put {one} 1; put {other} 2; delete {other}; get {one}"),
        ]
    });
    each(s, CLAUSE, scripts.map(|text| Script::of(&text)))
}

#[cfg(test)]
#[test]
fn words_that_are_alike_are_so() {
    let crc = |word: &str| crc32fast::hash(word.as_bytes());
    let fnv = |word: &str, xor_first: bool| {
        word.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
            let byte = u32::from(byte);
            let hash = if xor_first { hash ^ byte } else { hash };
            let hash = hash.wrapping_mul(0x0100_0193);
            if xor_first { hash } else { hash ^ byte }
        })
    };
    let times = |word: &str, start: u32, by: u32| {
        let step = |hash: u32, byte| hash.wrapping_mul(by).wrapping_add(u32::from(byte));
        word.bytes().fold(start, step)
    };
    let [crcs, fnv_1a, fnv_1, by_33, by_31] = ALIKE;
    assert_eq!(crc(crcs[0]), crc(crcs[1]));
    assert_eq!(fnv(fnv_1a[0], true), fnv(fnv_1a[1], true));
    assert_eq!(fnv(fnv_1[0], false), fnv(fnv_1[1], false));
    assert_eq!(times(by_33[0], 5381, 33), times(by_33[1], 5381, 33));
    assert_eq!(times(by_31[0], 0, 31), times(by_31[1], 0, 31));
}

pub(super) fn what_is_as_large_as_a_limit_is_taken(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let limits = limits(s, CLAUSE)?;
    let spelled = [
        "put k*max 1; get k*max",
        "put \\xff*max 1; get \\xff*max",
        "put k*max 1; delete k*max; get k*max",
        "put a x*max; get a",
        "put k*max x*max; get k*max",
    ];
    let mut scripts: Vec<Script> = spelled.into_iter().map(Script::of).collect();
    scripts.extend(batch_of(limits.batch_bytes_max, &limits));
    scripts.retain(|script| is_reachable(script, &limits, budget));
    each(s, CLAUSE, scripts)
}

pub(super) fn what_is_larger_than_a_limit_changes_nothing(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let limits = limits(s, CLAUSE)?;
    let spelled = [
        "put k*max+1 1; get k*max+1",
        "put k*max 1; put k*max+1 2; get k*max",
        "put k*max 1; delete k*max+1; get k*max",
        "put a x*max+1; get a",
        "put a 1; put a x*max+1; get a",
    ];
    let mut scripts: Vec<Script> = spelled.into_iter().map(Script::of).collect();
    scripts.extend(batch_of(limits.batch_bytes_max.saturating_add(1), &limits));
    scripts.retain(|script| is_reachable(script, &limits, budget));
    each(s, CLAUSE, scripts)
}

/// A script that writes a batch of exactly `bytes` bytes, each key and value
/// within its limit, and no key twice. None, where that would take too many.
fn batch_of(bytes: usize, limits: &Limits) -> Option<Script> {
    const KEY_BYTES: usize = 6;
    let put_bytes_max = limits.value_bytes_max.saturating_add(KEY_BYTES);
    if limits.key_bytes_max < KEY_BYTES || bytes.div_ceil(put_bytes_max) > 99_999 {
        return None;
    }
    let mut edits = Vec::new();
    let mut rest = bytes;
    while rest > 0 {
        let put_bytes = rest.min(put_bytes_max);
        let mut key = format!("k{:05}", edits.len());
        key.truncate(put_bytes);
        let value = Bytes::Times(b'x', put_bytes - key.len());
        edits.push(Edit::Put(key.as_str().into(), value));
        rest -= put_bytes;
    }
    Some(Script::new(vec![
        Op::Write(edits),
        Op::Get("k00000".into()),
    ]))
}

pub(super) fn puts_gets_and_deletes_do_what_the_model_does(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let vocabulary = Vocabulary {
        long_keys: limits(s, CLAUSE)?.key_bytes_max <= RANDOM_KEY_BYTES_MAX,
        ..Vocabulary::default()
    };
    let name = "puts_gets_and_deletes_do_what_the_model_does";
    random(s, budget, name, (300, 30_000), &scripts(vocabulary, 20))
}

/// Lengths of values among which each page, block or buffer of a usual size has
/// its own, and one byte more and less: short ones, and those that fill one page
/// of 4 KiB or two but for what else stands in it.
const LENGTHS: [std::ops::Range<usize>; 3] = [0..600, 4000..4100, 8100..8200];

pub(super) fn values_of_any_length_are_what_was_put(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let ops = budget.each(LENGTHS.into_iter().flatten()).flat_map(|len| {
        let value = Bytes::Times(b'x', len);
        [Op::Put("a".into(), value), Op::Get("a".into())]
    });
    long(s, CLAUSE, Script::new(ops.collect()))
}
