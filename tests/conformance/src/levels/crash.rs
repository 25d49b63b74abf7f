//! Level crash: the power is cut at every operation of the simulated disk.

pub(crate) mod steered;

use engine::Durability;

use crate::budget::Budget;
use crate::explore::{Effort, explore_with, replay};
use crate::level::{Check, Clause, Replay};
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
        name: "what_a_sync_answered_for_survives_in_every_schedule",
        run: |subject, budget| steered::tried(subject, budget).1,
    },
];

/// Replays one script of the level.
pub const REPLAY: Option<Replay> = Some(replay::replay);

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
