use conformance::{Level, subject};
use engine::{Counter, Error, StorageEngine, Write};

use crate::Memory;
use crate::memory::LIMITS;
use crate::tests::{locks_taken, map, value};

#[test]
fn ex_1_3_all_changes_of_a_batch_are_made() {
    let fruit: Memory = map(&[("apple", "red"), ("cherry", "dark")])
        .into_iter()
        .collect();
    let batch = [
        Write::put("banana", "yellow"),
        Write::delete("cherry"),
        Write::put("apple", "green"),
    ];
    fruit.write(&batch).unwrap();
    assert_eq!(value(&fruit, b"apple").as_deref(), Some("green"));
    assert_eq!(value(&fruit, b"banana").as_deref(), Some("yellow"));
    assert_eq!(value(&fruit, b"cherry"), None);
}

#[test]
fn ex_1_3_the_last_change_to_a_key_wins() {
    let fruit = Memory::new();
    fruit
        .write(&[
            Write::put("a", "1"),
            Write::delete("a"),
            Write::put("a", "2"),
        ])
        .unwrap();
    let last = value(&fruit, b"a");
    assert_eq!(last.as_deref(), Some("2"), "the put of 2 came last");
    fruit
        .write(&[Write::put("a", "3"), Write::delete("a")])
        .unwrap();
    let last = value(&fruit, b"a");
    assert_eq!(last, None, "the delete came last");
}

#[test]
fn ex_1_3_a_batch_that_is_refused_changes_nothing() {
    let fruit: Memory = map(&[("a", "1")]).into_iter().collect();
    let long = vec![0; LIMITS.key_bytes_max + 1];
    let refused = fruit.write(&[
        Write::put("a", "2"),
        Write::put("b", "2"),
        Write::put(&long, "2"),
    ]);
    assert_eq!(
        refused,
        Err(Error::TooLarge {
            what: "key",
            bytes: LIMITS.key_bytes_max + 1,
            bytes_max: LIMITS.key_bytes_max
        })
    );
    let a = value(&fruit, b"a");
    assert_eq!(
        a.as_deref(),
        Some("1"),
        "`a`, after a batch that was refused"
    );
    assert_eq!(
        value(&fruit, b"b"),
        None,
        "`b`, after a batch that was refused"
    );
}

#[test]
fn ex_1_3_what_is_exactly_as_large_as_a_limit_is_taken() {
    let memory = Memory::new();
    let key = vec![7; LIMITS.key_bytes_max];
    memory.put(&key, b"value").unwrap();
    assert_eq!(value(&memory, &key).as_deref(), Some("value"));
}

#[test]
fn ex_1_3_a_batch_that_is_too_large_as_a_whole_is_refused() {
    let memory = Memory::new();
    let large = vec![7; LIMITS.value_bytes_max];
    // Four of these fill a batch to the last byte, but for their keys.
    let batch = [Write::put("", &large); 5];
    let refused = memory.write(&batch);
    assert!(
        matches!(refused, Err(Error::TooLarge { what: "batch", .. })),
        "the batch is larger than its limit, and the answer is {refused:?}"
    );
    let stored = memory.contains(b"").unwrap();
    assert!(!stored, "a batch that is refused stores nothing");
    memory.write(&batch[..4]).unwrap();
    assert!(memory.contains(b"").unwrap());
}

#[test]
fn ex_1_3_no_reader_sees_half_a_batch() {
    // Both keys are always written together, the second one first: a reader
    // who has seen a number under the first key finds it, or a later one,
    // under the second.
    const BATCHES: u32 = if cfg!(miri) { 50 } else { 20_000 };
    let memory = Memory::new();
    let write = |number: u32| {
        let number = number.to_le_bytes();
        memory.write(&[Write::put("second", &number), Write::put("first", &number)])
    };
    write(0).unwrap();
    let read = |key: &str| {
        let value = memory.get(key.as_bytes()).unwrap().unwrap();
        u32::from_le_bytes(value.try_into().unwrap())
    };
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (1..=BATCHES).try_for_each(write));
        while !writer.is_finished() {
            let (second, first) = (read("second"), read("first"));
            assert!(first >= second, "half of batch {second} was visible");
            let (first, second) = (read("first"), read("second"));
            assert!(second >= first, "half of batch {first} was visible");
        }
        writer.join().unwrap().unwrap();
    });
}

#[test]
fn ex_1_3_batches_of_several_threads_do_not_undo_each_other() {
    const BATCHES: u32 = if cfg!(miri) { 50 } else { 5_000 };
    let number_in = |value: Vec<u8>| u32::from_le_bytes(value.try_into().unwrap());
    let memory = Memory::new();
    std::thread::scope(|scope| {
        for key in ["a", "b", "c"] {
            let memory = &memory;
            scope.spawn(move || {
                for number in 0..BATCHES {
                    let bytes = number.to_le_bytes();
                    memory.write(&[Write::put(key, &bytes)]).unwrap();
                    let found = memory.get(key.as_bytes()).unwrap();
                    assert_eq!(
                        found.map(number_in),
                        Some(number),
                        "only this thread writes {key:?}, and what it wrote was undone"
                    );
                }
            });
        }
    });
}

#[test]
fn ex_1_3_a_batch_takes_one_lock_once() {
    let fruit = Memory::new();
    let batch = [Write::put("apple", "red"), Write::put("banana", "")];
    let taken = locks_taken(|| fruit.write(&batch).unwrap());
    assert_eq!(taken.len(), 1, "a batch takes locks at {taken:?}");
}

#[test]
fn ex_1_3_a_batch_that_was_taken_counts_as_one() {
    let memory = Memory::new();
    memory
        .write(&[Write::put("a", "1"), Write::put("b", "2")])
        .unwrap();
    memory.delete(b"a").unwrap();
    let long = vec![0; LIMITS.key_bytes_max + 1];
    memory.put(&long, b"").unwrap_err();
    let batches = memory.stats()[Counter::Batches];
    assert_eq!(batches, 2, "two were taken and one refused");
}

#[test]
fn ex_1_3_a_batch_counts_as_one_change_of_the_contents() {
    let memory = Memory::new();
    let changes = || memory.contents.read().changes;
    memory
        .write(&[Write::put("a", "1"), Write::put("b", "2")])
        .unwrap();
    assert_eq!(changes(), 1, "one batch, though it makes two changes");
    memory.delete(b"a").unwrap();
    assert_eq!(changes(), 2);
    let long = vec![0; LIMITS.key_bytes_max + 1];
    memory.put(&long, b"").unwrap_err();
    assert_eq!(changes(), 2, "a batch that was refused changes nothing");
}

#[test]
fn ex_1_3_the_empty_batch_is_a_batch() {
    let memory = Memory::new();
    memory.write(&[]).unwrap();
    assert_eq!(memory.stats()[Counter::Batches], 1);
    assert_eq!(memory.contents.read().changes, 1);
}

#[test]
fn ex_1_3_a_batch_is_counted_at_the_moment_it_is_made() {
    // Whoever sees the one and not yet the other could save the contents as
    // they were before a batch, and take them for what they are after it.
    const BATCHES: u64 = if cfg!(miri) { 50 } else { 50_000 };
    let memory = Memory::new();
    let write = |number: u64| memory.put(b"number", &number.to_le_bytes());
    write(1).unwrap();
    let counted = || memory.contents.read().changes;
    let made = || {
        let value = memory.get(b"number").unwrap().unwrap();
        u64::from_le_bytes(value.try_into().unwrap())
    };
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (2..=BATCHES).try_for_each(write));
        while !writer.is_finished() {
            let (counted, made) = (counted(), made());
            assert!(made >= counted, "batch {counted} was counted, not yet made");
        }
        writer.join().unwrap().unwrap();
    });
    assert_eq!((counted(), made()), (BATCHES, BATCHES));
}

#[test]
fn ex_1_3_suite_every_schedule_of_gets_and_writes_has_one_order() {
    let suite = subject!("Memory", |_disk, _durability| Ok(Memory::new()));
    suite.check_named(
        Level::Concurrent,
        &["every_schedule_of_gets_and_writes_has_one_order"],
    );
}
