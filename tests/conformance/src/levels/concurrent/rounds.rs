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
const THREADS_MAX: u32 = 3;
const NAMES: [&[u8]; KEYS] = [b"a", b"b", b"c"];
const ACTIONS_MAX: u64 = 5;

pub(super) fn every_history_has_one_order(s: &Subject, budget: &Budget) -> Result<(), Failure> {
    let housed = opened(s, CLAUSE)?;
    let engine: &Opened = &housed;
    let seed = budget.seed_of("every_history_has_one_order");
    let events = &Mutex::new(Vec::new());
    together(budget, budget.pick(2, 3), 6_000, |thread, gate| {
        let mut actor = Actor::new(seed, thread);
        let mut initial = [None; KEYS];
        for round in 0_usize.. {
            if !gate.wait() {
                return Ok(());
            }
            // Some rounds meet at one key, others at all.
            let mine = actor.act(engine, gate, 1 + round % KEYS);
            events
                .lock()
                .extend(mine.map_err(|error| failed(CLAUSE, &error))?);
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

/// One thread, and what it has drawn so far.
struct Actor {
    thread: usize,
    random: Random,
    /// The stamp of its next write. No two writes of a run have the same.
    stamp: u32,
}

impl Actor {
    fn new(seed: u64, thread: usize) -> Self {
        Actor {
            thread,
            random: Random::new(seed, thread),
            stamp: u32::try_from(thread).expect("threads are few"),
        }
    }

    /// Its operations of one round, which meet at so many keys.
    fn act(&mut self, engine: &Opened, gate: &Gate, keys: usize) -> EngineResult<Vec<Event>> {
        let mut events = Vec::new();
        for _ in 0..=self.random.below(ACTIONS_MAX) {
            let drawn = self.draw(keys);
            self.random.dawdle();
            let call = gate.now();
            let action = match drawn {
                Action::Get(key, _) => Action::Get(key, look(engine, key)?),
                Action::Write(changes) => {
                    write(engine, &changes)?;
                    Action::Write(changes)
                }
                Action::Scan(_) => unreachable!("none is drawn"),
            };
            events.push(Event {
                thread: self.thread,
                call,
                end: gate.now(),
                action,
            });
        }
        Ok(events)
    }

    fn draw(&mut self, keys: usize) -> Action {
        let stamp = Some(self.stamp);
        self.stamp += THREADS_MAX;
        match self.random.below(8) {
            0..3 => Action::Get(self.random.place(keys), None),
            3..6 => Action::Write(vec![(self.random.place(keys), stamp)]),
            6 => Action::Write(vec![(self.random.place(keys), None)]),
            _ => {
                let mut all: Vec<_> = (0..KEYS).map(|key| (key, stamp)).collect();
                all.rotate_left(self.random.place(KEYS));
                Action::Write(all)
            }
        }
    }
}

fn write(engine: &Opened, changes: &[(usize, Option<u32>)]) -> EngineResult<()> {
    let value = |change: &(usize, Option<u32>)| change.1.map(value_of);
    let values: Vec<Option<Vec<u8>>> = changes.iter().map(value).collect();
    let mut batch = Vec::new();
    for ((key, _), value) in changes.iter().zip(&values) {
        batch.push(match value {
            Some(value) => Write::put(NAMES[*key], value),
            None => Write::delete(NAMES[*key]),
        });
    }
    engine.write(&batch)
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
    if events
        .iter()
        .any(|one| events.iter().any(|other| meets(one, other)))
    {
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
