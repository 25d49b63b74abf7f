//! Clause 9: costs that an engine promises to keep within. What it did not
//! promise is not checked.

use engine::{Counter, Progress};

use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::playing::measured;
use crate::report::Failure;
use crate::script::numbered;
use crate::sim::random::Random;
use crate::subject::{Costs, Opened, Subject};
use crate::watch;

const CLAUSE: Clause = Clause::CountedCosts;

/// How many entries are put: so many that short tables fill several levels.
const ENTRIES: usize = 600;
/// What is put under each key.
const VALUE: [u8; 24] = [b'x'; 24];
/// How many steps for each entry the rest of the work may take: that it comes
/// to an end is for another check.
const STEPS_OF_ENTRY: usize = 10;

pub(super) fn a_random_load_writes_as_few_bytes_as_promised(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let Some(Costs {
        bytes_written_per_byte: per_byte_max,
        ..
    }) = s.promised_costs()
    else {
        return Ok(());
    };
    let numbers = shuffled(budget, "a_random_load_writes_as_few_bytes_as_promised");
    let written = measured(s, CLAUSE, 0, |engine| {
        let before = engine.stats();
        load(engine, &numbers)?;
        Ok(engine.stats().since(&before)[Counter::BytesWritten])
    })?;
    let (entries, put) = (numbers.len(), bytes_put(&numbers));
    if written <= per_byte_max * put {
        return Ok(());
    }
    let what = format!(
        "{entries} small entries were put in random order, and what was due was stepped. \
         That wrote more bytes than the engine promises."
    );
    Err(Failure::new(CLAUSE, what)
        .measured()
        .expected(format!(
            "at most {per_byte_max} BytesWritten for each byte of a key or value"
        ))
        .found(format!(
            "{} ({written} for {put} bytes)",
            written.div_ceil(put)
        )))
}

pub(super) fn missing_keys_touch_as_few_pages_as_promised(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let Some(Costs {
        pages_per_100_misses: pages_max,
        ..
    }) = s.promised_costs()
    else {
        return Ok(());
    };
    let numbers = shuffled(budget, "missing_keys_touch_as_few_pages_as_promised");
    let touched = measured(s, CLAUSE, 0, |engine| {
        load(engine, &numbers)?;
        let before = engine.stats();
        for &number in &numbers {
            let (mut key, _) = numbered(number);
            key.push(b'x'); // Between two that are there.
            engine.get_into(&key, &mut Vec::new())?;
        }
        Ok(engine.stats().since(&before)[Counter::PagesTouched])
    })?;
    let misses = numbers.len() as u64;
    if touched * 100 <= pages_max * misses {
        return Ok(());
    }
    let what = format!(
        "{misses} entries were put in random order, and what was due was stepped. Then \
         {misses} keys between these were looked up that are not there, and that touched more \
         pages than the engine promises."
    );
    Err(Failure::new(CLAUSE, what)
        .measured()
        .expected(format!("at most {pages_max} PagesTouched by 100 such gets"))
        .found(format!(
            "{} ({touched} by {misses} gets)",
            (touched * 100).div_ceil(misses)
        )))
}

/// The numbers of the entries, in the order in which they are put.
fn shuffled(budget: &Budget, name: &str) -> Vec<usize> {
    let mut random = Random::new(budget.seed_of(name));
    let mut numbers: Vec<usize> = (0..budget.many(ENTRIES)).collect();
    numbers.sort_by_cached_key(|_| random.bits());
    numbers
}

/// Puts an entry of each number, and does what is due: a piece after each, and
/// the rest in the end.
fn load(engine: &Opened, numbers: &[usize]) -> engine::Result<()> {
    for &number in numbers {
        engine.put(&numbered(number).0, &VALUE)?;
        engine.step()?;
        watch::beat();
    }
    for _ in 0..STEPS_OF_ENTRY * numbers.len() {
        if engine.step()? == Progress::Idle {
            break;
        }
        watch::beat();
    }
    Ok(())
}

/// How many bytes of keys and values a load puts.
fn bytes_put(numbers: &[usize]) -> u64 {
    let bytes = numbers
        .iter()
        .map(|&number| numbered(number).0.len() + VALUE.len());
    bytes.sum::<usize>() as u64
}
