//! Level crash: the power is cut at every operation of the simulated disk.

pub(crate) mod steered;

use engine::Durability;

use crate::budget::Budget;
use crate::explore::{Effort, explore_scripts, explore_with, replay, scripts};
use crate::level::{Check, Clause, Replay};
use crate::levels::playing::owes_work;
use crate::report::Failure;
use crate::subject::Subject;

/// The level's checks.
pub const CHECKS: &[Check] = &[
    Check {
        clause: Clause::Sync,
        name: "a_power_cut_leaves_a_prefix_that_holds_what_was_synced",
        run: |subject, budget| explored(subject, budget, Durability::Buffered),
    },
    Check {
        clause: Clause::Sync,
        name: "a_killed_process_leaves_what_was_written_with_durability_os",
        run: |subject, budget| explored(subject, budget, Durability::Os),
    },
    Check {
        clause: Clause::Sync,
        name: "a_power_cut_leaves_what_was_written_with_durability_always",
        run: |subject, budget| explored(subject, budget, Durability::Always),
    },
    Check {
        clause: Clause::Sync,
        name: "a_power_cut_between_steps_of_maintenance_leaves_what_was_synced",
        run: maintained,
    },
    Check {
        clause: Clause::Sync,
        name: "a_power_cut_among_many_entries_leaves_what_was_synced",
        run: crowded,
    },
    Check {
        clause: Clause::Sync,
        name: "what_a_sync_answered_for_survives_in_every_schedule",
        run: |subject, budget| steered::tried(subject, budget).1,
    },
];

/// Replays one script of the level.
pub const REPLAY: Option<Replay> = Some(replay::replay);

/// Explores the engine with its maintenance, if it has one, in every
/// durability.
fn maintained(subject: &Subject, budget: &Budget) -> Result<(), Failure> {
    if !owes_work(subject, Clause::Sync)? {
        return Ok(());
    }
    let durabilities = subject.supported();
    let kinds = durabilities.len();
    let mut effort = Effort::of(budget);
    effort.scripts /= 3;
    let found = explore_scripts(subject, effort, |number| {
        scripts::maintained(budget.seed, number / kinds, durabilities[number % kinds])
    });
    found.failure.map_or(Ok(()), Err)
}

/// Explores the engine with more entries than a short page holds, in every
/// durability.
fn crowded(subject: &Subject, budget: &Budget) -> Result<(), Failure> {
    let durabilities = subject.supported();
    let kinds = durabilities.len();
    let mut effort = Effort::of(budget);
    effort.scripts /= 25;
    let found = explore_scripts(subject, effort, |number| {
        scripts::crowded(budget.seed, number / kinds, durabilities[number % kinds])
    });
    found.failure.map_or(Ok(()), Err)
}

/// Explores the engine in one durability, if it has that.
fn explored(subject: &Subject, budget: &Budget, durability: Durability) -> Result<(), Failure> {
    if !subject.supported().contains(&durability) {
        return Ok(());
    }
    let mut effort = Effort::of(budget);
    effort.scripts /= 2 * subject.supported().len() - 1;
    let found = explore_with(subject, budget.seed, effort, &[durability]);
    found.failure.map_or(Ok(()), Err)
}
