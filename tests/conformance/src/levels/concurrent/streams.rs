//! One thread's writes against another's reads, many thousand times.

use engine::Write;
use engine::sync::atomic::{AtomicU32, Ordering};

use super::picture::{Bar, picture};
use super::random::Random;
use super::together::{Gate, together};
use super::values::{stamp_of, value_of};
use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::playing::{failed, opened};
use crate::report::Failure;
use crate::subject::{Opened, Subject};

const CLAUSE: Clause = Clause::OneOrder;

/// What a thread says of its writes: the last stamp it began to write, and the
/// last it finished.
#[derive(Default)]
struct Progress {
    begun: AtomicU32,
    ended: AtomicU32,
}

impl Progress {
    fn write(
        &self,
        stamp: u32,
        write: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.begun.store(stamp, Ordering::SeqCst);
        write()?;
        self.ended.store(stamp, Ordering::SeqCst);
        Ok(())
    }

    fn begun(&self) -> u32 {
        self.begun.load(Ordering::SeqCst)
    }

    fn ended(&self) -> u32 {
        self.ended.load(Ordering::SeqCst)
    }
}

pub(super) fn a_read_is_not_older_than_a_finished_write(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let housed = opened(s, CLAUSE)?;
    let engine: &Opened = &housed;
    put(engine, b"a", 0)?;
    let progress = &Progress::default();
    let seed = budget.seed_of("a_read_is_not_older_than_a_finished_write");
    together(budget, 3, 200_000, |thread, gate| {
        let mut random = Random::new(seed, thread);
        if !gate.wait() {
            return Ok(());
        }
        if thread == 0 {
            return stream(gate, |stamp| {
                progress.write(stamp, || put(engine, b"a", stamp))?;
                random.dawdle();
                Ok(())
            });
        }
        while !gate.has_ended() {
            let oldest = progress.ended();
            let found = get(engine, b"a")?;
            let newest = progress.begun();
            if newest > oldest {
                gate.met();
            }
            if found.is_none_or(|found| !(oldest..=newest).contains(&found)) {
                let bars = [
                    Bar::new(0, format!("put a {oldest}"), 0, 1),
                    Bar::new(1, format!("get a → {}", shown(found)), 2, 3),
                ];
                return Err(Failure::new(
                    CLAUSE,
                    "A put had returned before a get began, and the get does not show it.",
                )
                .trace(picture(&bars))
                .expected(range_shown(oldest, newest))
                .found(shown(found)));
            }
        }
        Ok(())
    })
}

pub(super) fn a_write_beside_another_is_not_lost(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let housed = opened(s, CLAUSE)?;
    let engine: &Opened = &housed;
    let progress = &[Progress::default(), Progress::default()];
    let seed = budget.seed_of("a_write_beside_another_is_not_lost");
    together(budget, 2, 40_000, |thread, gate| {
        let mut random = Random::new(seed, thread);
        let key: &[u8] = [b"a", b"b"][thread];
        let (mine, others) = (&progress[thread], &progress[1 - thread]);
        if !gate.wait() {
            return Ok(());
        }
        stream(gate, |stamp| {
            let before = others.ended();
            mine.write(stamp, || put(engine, key, stamp))?;
            if others.begun() > before {
                gate.met();
            }
            // Half the time at once, half the time when the other may have
            // written.
            if stamp % 2 == 0 {
                random.dawdle();
            }
            let found = get(engine, key)?;
            if found == Some(stamp) {
                return Ok(());
            }
            let name = key.escape_ascii();
            let bars = [
                Bar::new(thread, format!("put {name} {stamp}"), 0, 1),
                Bar::new(thread, format!("get {name} → {}", shown(found)), 2, 3),
                Bar::new(1 - thread, "puts of another key", 0, 3),
            ];
            Err(Failure::new(
                CLAUSE,
                format!(
                    "One thread alone writes the key {name}, and does not find what it wrote: \
                     a write of the other thread, to another key, undid it."
                ),
            )
            .trace(picture(&bars))
            .expected(format!("{name} holds {stamp}"))
            .found(format!("{name} holds {}", shown(found))))
        })
    })
}

pub(super) fn a_batch_becomes_visible_at_one_moment(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let housed = opened(s, CLAUSE)?;
    let engine: &Opened = &housed;
    for key in BATCH {
        put(engine, key, 0)?;
    }
    let progress = &Progress::default();
    let seed = budget.seed_of("a_batch_becomes_visible_at_one_moment");
    together(budget, 2, 10_000, |thread, gate| {
        let mut random = Random::new(seed, thread);
        if !gate.wait() {
            return Ok(());
        }
        if thread == 0 {
            return stream(gate, |stamp| {
                let value = value_of(stamp);
                let mut batch = BATCH.map(|key| Write::put(key, &value));
                if random.below(2) == 0 {
                    batch.reverse();
                }
                progress.write(stamp, || {
                    engine.write(&batch).map_err(|error| failed(CLAUSE, &error))
                })?;
                random.dawdle();
                Ok(())
            });
        }
        while !gate.has_ended() {
            let mut ends = [BATCH[0], BATCH[BATCH.len() - 1]];
            if random.below(2) == 0 {
                ends.reverse();
            }
            let before = progress.ended();
            let first = get(engine, ends[0])?;
            let second = get(engine, ends[1])?;
            if progress.begun() > before {
                gate.met();
            }
            if second < first || first.is_none() {
                return Err(half_seen(ends, first, second));
            }
        }
        Ok(())
    })
}

/// The keys that are only ever written together: several, so that a batch
/// which is not written at one moment takes a while.
const BATCH: [&[u8]; 8] = [b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h"];

fn half_seen(keys: [&[u8]; 2], first: Option<u32>, second: Option<u32>) -> Failure {
    let get = |at: usize, found| format!("get {} → {}", keys[at].escape_ascii(), shown(found));
    let bars = [
        Bar::new(
            0,
            format!("write [put a {0}, … put h {0}]", shown(first)),
            0,
            5,
        ),
        Bar::new(1, get(0, first), 1, 2),
        Bar::new(1, get(1, second), 3, 4),
    ];
    Failure::new(
        CLAUSE,
        "The keys a to h are only ever written together, and a reader saw one of them changed \
         and then another one unchanged.",
    )
    .trace(picture(&bars))
    .expected(format!("{} or later, in both", shown(first)))
    .found(format!("{} in the second", shown(second)))
}

/// Calls `write` with one stamp after the other, from 1 on, and ends the
/// stream.
fn stream(gate: &Gate, mut write: impl FnMut(u32) -> Result<(), Failure>) -> Result<(), Failure> {
    for stamp in 1.. {
        write(stamp)?;
        if stamp % 64 == 0 && (gate.has_ended() || gate.is_enough()) {
            break;
        }
    }
    gate.end();
    Ok(())
}

fn put(engine: &Opened, key: &[u8], stamp: u32) -> Result<(), Failure> {
    let written = engine.put(key, &value_of(stamp));
    written.map_err(|error| failed(CLAUSE, &error))
}

/// The stamp under `key`; one that nobody wrote, where the value is torn.
fn get(engine: &Opened, key: &[u8]) -> Result<Option<u32>, Failure> {
    let value = engine.get(key).map_err(|error| failed(CLAUSE, &error))?;
    let Some(value) = value else {
        return Ok(None);
    };
    match stamp_of(&value) {
        Some(stamp) => Ok(Some(stamp)),
        None => Err(Failure::new(
            CLAUSE,
            "A get beside a put answered a value that is neither the old one nor the new.",
        )
        .expected("the value of one write")
        .found(crate::script::shown(&value))),
    }
}

fn shown(stamp: Option<u32>) -> String {
    stamp.map_or("absent".to_owned(), |stamp| stamp.to_string())
}

fn range_shown(oldest: u32, newest: u32) -> String {
    match oldest == newest {
        true => oldest.to_string(),
        false => format!("{oldest} to {newest}"),
    }
}
