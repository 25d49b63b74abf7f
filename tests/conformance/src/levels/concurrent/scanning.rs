//! Scans while another thread writes.

use engine::sync::atomic::{AtomicU32, Ordering};
use engine::{KeyRange, Order};

use super::random::Random;
use super::together::{Gate, together};
use super::values::{stamp_of, value_of};
use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::playing::{failed, opened};
use crate::report::Failure;
use crate::script::numbered;
use crate::subject::{Opened, Subject};

const CLAUSE: Clause = Clause::OrderedScans;

/// More than a chunk.
const ENTRIES: usize = 600;

/// What the writer says of a key: the last stamp it began to write and the
/// last it finished. Keys with an odd number are deleted in between.
#[derive(Default)]
struct Progress {
    begun: AtomicU32,
    ended: AtomicU32,
}

pub(super) fn a_scan_beside_a_writer_holds_what_it_must(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let housed = opened(s, CLAUSE)?;
    let engine: &Opened = &housed;
    let progress: &Vec<Progress> = &(0..ENTRIES).map(|_| Progress::default()).collect();
    for number in 0..ENTRIES {
        put(engine, number, 0)?;
    }
    let seed = budget.seed_of("a_scan_beside_a_writer_holds_what_it_must");
    together(budget, 2, 150, |thread, gate| {
        let mut random = Random::new(seed, thread);
        if !gate.wait() {
            return Ok(());
        }
        if thread == 0 {
            for scan in 0_u32.. {
                let order = random.pick(&[Order::Ascending, Order::Descending]);
                scan_once(engine, progress, order)?;
                gate.met();
                if gate.has_ended() || scan % 8 == 7 && gate.is_enough() {
                    break;
                }
            }
            gate.end();
            return Ok(());
        }
        write_on(engine, progress, gate, &mut random)
    })
}

fn write_on(
    engine: &Opened,
    progress: &[Progress],
    gate: &Gate,
    random: &mut Random,
) -> Result<(), Failure> {
    while !gate.has_ended() {
        let number = random.place(ENTRIES);
        let Progress { begun, ended } = &progress[number];
        let stamp = ended.load(Ordering::Relaxed) + 1;
        begun.store(stamp, Ordering::SeqCst);
        if number % 2 == 1 {
            let deleted = engine.delete(&numbered(number).0);
            deleted.map_err(|error| failed(CLAUSE, &error))?;
        }
        put(engine, number, stamp)?;
        ended.store(stamp, Ordering::SeqCst);
    }
    Ok(())
}

fn put(engine: &Opened, number: usize, stamp: u32) -> Result<(), Failure> {
    let written = engine.put(&numbered(number).0, &value_of(stamp));
    written.map_err(|error| failed(CLAUSE, &error))
}

fn scan_once(engine: &Opened, progress: &[Progress], order: Order) -> Result<(), Failure> {
    let now = |of: fn(&Progress) -> &AtomicU32| -> Vec<u32> {
        let stamps = progress.iter().map(|key| of(key).load(Ordering::SeqCst));
        stamps.collect()
    };
    let oldest = now(|key| &key.ended);
    let entries: engine::Result<Vec<_>> = engine
        .entries(KeyRange::all(), order)
        .and_then(|entries| entries.take(2 * ENTRIES).collect());
    let entries = entries.map_err(|error| failed(CLAUSE, &error))?;
    let newest = now(|key| &key.begun);
    let mut entries = entries.into_iter().peekable();
    let mut numbers: Vec<usize> = (0..ENTRIES).collect();
    if order == Order::Descending {
        numbers.reverse();
    }
    for number in numbers {
        let (key, _) = numbered(number);
        let held = entries.next_if(|(found, _)| *found == key);
        let was_written = newest[number] > oldest[number];
        let failure = |expected: &str, found: String| {
            let what = format!(
                "A scan beside a writer, {order:?}, went wrong at the key {}.",
                key.escape_ascii()
            );
            Err(
                Failure::new(CLAUSE, what.to_lowercase().replacen('a', "A", 1))
                    .expected(expected)
                    .found(found),
            )
        };
        match held {
            Some((_, value)) => match stamp_of(&value) {
                Some(stamp) if (oldest[number]..=newest[number]).contains(&stamp) => {}
                Some(stamp) => {
                    let (oldest, newest) = (oldest[number], newest[number]);
                    return failure(
                        &format!(
                            "its value number {oldest}, which was there when the scan began,\nor a later one, to {newest}"
                        ),
                        format!("its value number {stamp}"),
                    );
                }
                None => return failure("the value of one write", crate::script::shown(&value)),
            },
            // Deleted for a moment, while the scan was open.
            None if was_written && number % 2 == 1 => {}
            None => {
                let found = match entries.peek() {
                    Some((found, _)) => format!("{} comes instead", found.escape_ascii()),
                    None => "the scan ends before it".to_owned(),
                };
                return failure("the key, which nobody deleted", found);
            }
        }
    }
    match entries.next() {
        None => Ok(()),
        Some((key, _)) => Err(Failure::new(
            CLAUSE,
            "A scan beside a writer yields a key once more, or out of order.",
        )
        .expected("each key once, in order")
        .found(format!("{} comes after the last key", key.escape_ascii()))),
    }
}
