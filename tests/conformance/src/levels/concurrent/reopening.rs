//! The order that threads saw, and the order that is opened again.

use std::time::{Duration, Instant};

use engine::{KeyRange, Order};

use super::random::Random;
use super::together::together;
use super::values::{stamp_of, value_of};
use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::playing::{failed, outcome};
use crate::model::Contents;
use crate::panics;
use crate::report::Failure;
use crate::script::numbered;
use crate::subject::{Opened, Subject};

const CLAUSE: Clause = Clause::OneOrder;

/// How many keys threads race for before the engine is opened again.
const RACES: usize = 2_000;

/// After how many keys the threads wait for each other.
const BLOCK: usize = 8;

/// An engine that logs its writes in one order and makes them in another is
/// right until it is opened again.
pub(super) fn opening_again_keeps_the_order_that_threads_saw(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let seed = budget.seed_of("opening_again_keeps_the_order_that_threads_saw");
    let deadline =
        Instant::now() + budget.pick(Duration::from_millis(600), Duration::from_secs(30));
    for run in 0..budget.pick(4, 400) {
        if Instant::now() >= deadline {
            break;
        }
        let place = s.place();
        let open = || {
            let open = || s.open(place.disk(), s.supported()[0]);
            outcome(CLAUSE, panics::caught(open))
        };
        let engine = open()?;
        race(&engine, budget, seed + run)?;
        let before = contents(&engine)?;
        outcome(CLAUSE, panics::caught(|| engine.close()))?;
        let after = contents(&open()?)?;
        // An engine in memory forgets; that is for level reopen to say.
        if after.is_empty() {
            return Ok(());
        }
        compare(&before, &after)?;
    }
    Ok(())
}

/// Lets three threads put each key at the same time.
fn race(engine: &Opened, budget: &Budget, seed: u64) -> Result<(), Failure> {
    together(budget, 3, 1, |thread, gate| {
        let mut random = Random::new(seed, thread);
        let stamp = 1 + u32::try_from(thread).expect("threads are few");
        let value = value_of(stamp);
        for number in 0..RACES {
            let meets = number % BLOCK == 0;
            if meets && (gate.is_late() || !gate.wait()) {
                break;
            }
            for _ in 0..random.below(30) {
                std::hint::spin_loop();
            }
            let put = engine.put(&numbered(number).0, &value);
            put.map_err(|error| failed(CLAUSE, &error))?;
        }
        gate.end();
        Ok(())
    })
}

fn contents(engine: &Opened) -> Result<Contents, Failure> {
    let read = || engine.entries(KeyRange::all(), Order::Ascending)?.collect();
    outcome(CLAUSE, panics::caught(read))
}

fn compare(before: &Contents, after: &Contents) -> Result<(), Failure> {
    let thread = |value: Option<&Vec<u8>>| match value.and_then(|value| stamp_of(value)) {
        Some(stamp) => format!("the value of thread {stamp}"),
        None => "no value".to_owned(),
    };
    let keys = before.keys().chain(after.keys());
    for key in keys {
        let (then, now) = (before.get(key), after.get(key));
        if then != now {
            return Err(Failure::new(
                CLAUSE,
                format!(
                    "Three threads put the key {} at the same time. It had one value until the \
                     engine was closed, and has another since it was opened again.",
                    key.escape_ascii()
                ),
            )
            .expected(thread(then))
            .found(thread(now)));
        }
    }
    Ok(())
}
