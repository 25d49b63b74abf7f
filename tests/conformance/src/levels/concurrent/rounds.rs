//! Short rounds of everything, recorded, and searched for an order.

use engine::sync::Mutex;
use engine::{Result as EngineResult, Write};

use super::history::{Action, Event, KEYS, State, has_one_order, smallest};
use super::picture::picture;
use super::random::Random;
use super::together::{Gate, together};
use super::values::{stamp_of, value_of};
use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::playing::{failed, opened};
use crate::report::Failure;
use crate::subject::{Opened, Subject};

const CLAUSE: Clause = Clause::OneOrder;
const THREADS: usize = 3;
const NAMES: [&[u8]; KEYS] = [b"a", b"b", b"c"];
const ACTIONS_MAX: u64 = 5;

pub(super) fn every_history_has_one_order(s: &Subject, budget: &Budget) -> Result<(), Failure> {
    let housed = opened(s, CLAUSE)?;
    let engine: &Opened = &housed;
    let seed = budget.seed_of("every_history_has_one_order");
    let events = &Mutex::new(Vec::new());
    together(budget, budget.pick(2, THREADS), 6_000, |thread, gate| {
        let mut random = Random::new(seed, thread);
        let mut initial = [None; KEYS];
        for round in 0_u32.. {
            if !gate.wait() {
                return Ok(());
            }
            let mine = act(engine, gate, thread, round, &mut random);
            events.lock().extend(mine.map_err(|error| failed(CLAUSE, &error))?);
            if !gate.wait() {
                return Ok(());
            }
            if thread == 0 {
                initial = judge(engine, gate, initial, std::mem::take(&mut *events.lock()))?;
                if round % 64 == 63 && gate.is_enough() {
                    gate.end();
                }
            }
        }
        Ok(())
    })
}

/// One thread's operations of one round.
fn act(
    engine: &Opened,
    gate: &Gate,
    thread: usize,
    round: u32,
    random: &mut Random,
) -> EngineResult<Vec<Event>> {
    let mut events = Vec::new();
    // Some rounds meet at one key, others at all.
    let keys = 1 + round as u64 % KEYS as u64;
    let key = |random: &mut Random| random.below(keys) as usize;
    for number in 0..=random.below(ACTIONS_MAX) {
        // No two writes of a run have the same stamp.
        let stamp = (round * THREADS as u32 + thread as u32) * 8 + number as u32;
        let changes = match random.below(8) {
            0..3 => None,
            3..6 => Some(vec![(key(random), Some(stamp))]),
            6 => Some(vec![(key(random), None)]),
            _ => {
                let mut all: Vec<_> = (0..KEYS).map(|key| (key, Some(stamp))).collect();
                all.rotate_left(random.below(KEYS as u64) as usize);
                Some(all)
            }
        };
        let event = |call, end, action| Event {
            thread,
            call,
            end,
            action,
        };
        random.dawdle();
        events.push(match changes {
            None => {
                let key = key(random);
                let call = gate.now();
                let found = look(engine, key)?;
                event(call, gate.now(), Action::Get(key, found))
            }
            Some(changes) => {
                let value = value_of(stamp);
                let write = |(key, stamp): &(usize, Option<u32>)| match stamp {
                    Some(_) => Write::put(NAMES[*key], &value),
                    None => Write::delete(NAMES[*key]),
                };
                let batch: Vec<Write<'_>> = changes.iter().map(write).collect();
                let call = gate.now();
                engine.write(&batch)?;
                event(call, gate.now(), Action::Write(changes))
            }
        });
    }
    Ok(events)
}

/// The stamp under a key; one that nobody wrote, where the value is torn.
fn look(engine: &Opened, key: usize) -> EngineResult<Option<u32>> {
    let value = engine.get(NAMES[key])?;
    Ok(value.map(|value| stamp_of(&value).unwrap_or(u32::MAX)))
}

/// Searches for an order, and answers with the state in the end.
fn judge(
    engine: &Opened,
    gate: &Gate,
    initial: State,
    mut events: Vec<Event>,
) -> Result<State, Failure> {
    let mut last = [None; KEYS];
    for (key, found) in last.iter_mut().enumerate() {
        let call = gate.now();
        *found = look(engine, key).map_err(|error| failed(CLAUSE, &error))?;
        events.push(Event {
            thread: 0,
            call,
            end: gate.now(),
            action: Action::Get(key, *found),
        });
    }
    let meets = |one: &Event, other: &Event| {
        one.thread != other.thread && one.call < other.end && other.call < one.end
    };
    if events.iter().any(|one| events.iter().any(|other| meets(one, other))) {
        gate.met();
    }
    if has_one_order(&events, initial) {
        return Ok(last);
    }
    let events = smallest(&events, initial);
    let bars: Vec<_> = events.iter().map(Event::bar).collect();
    let held = NAMES.iter().zip(initial).map(|(name, stamp)| match stamp {
        Some(stamp) => format!("{} {stamp}", name.escape_ascii()),
        None => format!("{} absent", name.escape_ascii()),
    });
    let held: Vec<String> = held.collect();
    Err(Failure::new(
        CLAUSE,
        "No order of these operations explains what they found. (Time goes to the right.)",
    )
    .trace(format!("At first: {}.", held.join(", ")))
    .trace(picture(&bars)))
}
