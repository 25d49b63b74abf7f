//! Threads that are steered, so that a race is found by looking and not by
//! luck.
//!
//! Several threads use one engine, and exactly one of them runs at a time. It
//! gives way only where it begins an operation, where it takes a lock of
//! [`engine::sync`], and where it asks the [simulated disk](crate::sim) for
//! something: what a thread does between two such *points* no other thread can
//! see. At each point a *plan* decides who goes on, and so a plan and a
//! *program* say all: running them again is the same run.
//!
//! Plans are those of Burckhardt et al., "A Randomized Scheduler with
//! Probabilistic Guarantees of Finding Bugs" (ASPLOS 2010): each thread has a
//! priority, the first one that can run does, and at a few points the running
//! thread falls behind all others. Most mistakes need one such point. Plans
//! with one are therefore tried at every point; those with two are drawn.
//!
//! Where no thread can go on, the run ends at once: that is a deadlock.
//!
//! | where | what |
//! |---|---|
//! | `program` | which thread does what |
//! | `plan` | who goes on |
//! | `turns` | who can: which locks are held, who waits for what |
//! | `stage` | the threads themselves, one at a time |
//! | `search`, `trial` | programs and plans, tried and made small |
//! | `story` | a run, as a person reads it |
//!
//! **Deliberately absent:** points at atomics, and weak memory. An engine that
//! coordinates threads through atomics is on its own.

mod plan;
pub(crate) mod program;
pub(crate) mod search;
pub(crate) mod stage;
mod story;
#[cfg(test)]
mod tests;
mod trial;
mod turns;

pub use search::Tally;

use crate::budget::Budget;
use crate::levels;
use crate::report::Failure;
use crate::subject::Subject;

/// What a check has tried, and what it has found.
pub type Tried = fn(&Subject, &Budget) -> (Tally, Result<(), Failure>);

/// The checks that steer threads, with their names. An engine that owes no work
/// has no schedules beside maintenance.
pub const CHECKS: &[(&str, Tried)] = &[
    (
        "every_schedule_has_one_order",
        levels::concurrent::steered::one_order,
    ),
    (
        "every_schedule_of_gets_and_writes_has_one_order",
        levels::concurrent::steered::one_order_of_gets,
    ),
    (
        "every_schedule_beside_maintenance_has_one_order",
        levels::concurrent::steered::one_order_of_steps,
    ),
    (
        "opening_again_keeps_the_order_of_every_schedule",
        levels::concurrent::steered::order_kept,
    ),
    (
        "what_a_sync_answered_for_survives_in_every_schedule",
        levels::crash::steered::tried,
    ),
];
