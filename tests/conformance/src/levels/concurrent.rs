//! Level concurrent: clause 4, one order for all threads.
//!
//! *Steered* threads give way to each other at every lock, as
//! [`schedules`](crate::schedules) says: what goes wrong there is found again
//! in every run. The other checks let threads race, and so find what shows at
//! no lock.
//!
//! *Streams* run freely, one thread's writes against another's reads, and
//! compare each read with what had been written before it began and by the
//! time it ended: cheap enough for many thousand chances at a narrow race.
//! *Histories* are short rounds of all operations, recorded and searched for
//! an order that explains them: they find what no stream was made for.

use crate::level::{Check, Clause};

mod counting;
pub(crate) mod history;
mod picture;
pub(in crate::levels) mod random;
mod reopening;
mod rounds;
mod scanning;
pub(crate) mod steered;
mod streams;
pub(in crate::levels) mod together;
pub(crate) mod values;

/// The level's checks.
pub const CHECKS: &[Check] = &[
    Check::new(
        Clause::OneOrder,
        "every_schedule_has_one_order",
        |subject, budget| steered::one_order(subject, budget).1,
    ),
    Check::new(
        Clause::OneOrder,
        "every_schedule_of_gets_and_writes_has_one_order",
        |subject, budget| steered::one_order_of_gets(subject, budget).1,
    ),
    Check::new(
        Clause::OneOrder,
        "every_schedule_beside_maintenance_has_one_order",
        |subject, budget| steered::one_order_of_steps(subject, budget).1,
    ),
    Check::new(
        Clause::OneOrder,
        "opening_again_keeps_the_order_of_every_schedule",
        |subject, budget| steered::order_kept(subject, budget).1,
    ),
    Check::new(
        Clause::OneOrder,
        "a_read_is_not_older_than_a_finished_write",
        streams::a_read_is_not_older_than_a_finished_write,
    ),
    Check::new(
        Clause::OneOrder,
        "a_write_beside_another_is_not_lost",
        streams::a_write_beside_another_is_not_lost,
    ),
    Check::new(
        Clause::OneOrder,
        "a_batch_becomes_visible_at_one_moment",
        streams::a_batch_becomes_visible_at_one_moment,
    ),
    Check::new(
        Clause::OneOrder,
        "every_history_has_one_order",
        rounds::every_history_has_one_order,
    ),
    Check::new(
        Clause::OneOrder,
        "opening_again_keeps_the_order_that_threads_saw",
        reopening::opening_again_keeps_the_order_that_threads_saw,
    ),
    Check::new(
        Clause::OrderedScans,
        "a_scan_beside_a_writer_holds_what_it_must",
        scanning::a_scan_beside_a_writer_holds_what_it_must,
    ),
    Check::new(
        Clause::CountedCosts,
        "counts_of_several_threads_add_up",
        counting::counts_of_several_threads_add_up,
    ),
];
