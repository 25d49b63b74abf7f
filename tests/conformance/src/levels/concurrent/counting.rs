//! Clause 9, for several threads.

use engine::Counter;

use super::together::together;
use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::playing::{failed, opened};
use crate::report::Failure;
use crate::subject::{Opened, Subject};

const CLAUSE: Clause = Clause::CountedCosts;
const THREADS: u64 = 2;
const EACH: u64 = 2_000;

pub(super) fn counts_of_several_threads_add_up(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let housed = opened(s, CLAUSE)?;
    let engine: &Opened = &housed;
    let before = engine.stats();
    let threads = usize::try_from(THREADS).expect("threads are few");
    together(budget, threads, 1, |_, gate| {
        if !gate.wait() {
            return Ok(());
        }
        for number in 0..EACH {
            let done = engine.contains(b"a").and_then(|_| match number % 10 {
                0 => engine.put(b"a", b"1"),
                _ => Ok(()),
            });
            done.map_err(|error| failed(CLAUSE, &error))?;
        }
        Ok(())
    })?;
    let counted = engine.stats().since(&before);
    for (counter, expected) in [
        (Counter::Gets, THREADS * EACH),
        (Counter::Batches, THREADS * EACH / 10),
    ] {
        if counted[counter] != expected {
            return Err(Failure::new(
                CLAUSE,
                format!("{THREADS} threads worked at the same time, and their counts got lost."),
            )
            .expected(format!("{expected} {counter:?}"))
            .found(format!("{} {counter:?}", counted[counter])));
        }
    }
    Ok(())
}
