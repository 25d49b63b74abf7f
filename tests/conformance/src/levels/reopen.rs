//! Level reopen: what an engine holds when it is opened again, in every
//! durability that it supports.

use crate::level::{Check, Clause};

mod owner;
mod survival;

/// The level's checks.
pub const CHECKS: &[Check] = &[
    Check::new(
        Clause::Sync,
        "an_empty_engine_opens_again",
        survival::an_empty_engine_opens_again,
    ),
    Check::new(
        Clause::Sync,
        "what_was_written_is_there_after_closing",
        survival::what_was_written_is_there_after_closing,
    ),
    Check::new(
        Clause::AnyBytes,
        "any_bytes_are_there_after_closing",
        survival::any_bytes_are_there_after_closing,
    ),
    Check::new(
        Clause::WholeOrNothing,
        "a_refused_batch_leaves_no_trace_after_closing",
        survival::a_refused_batch_leaves_no_trace_after_closing,
    ),
    Check::new(
        Clause::Sync,
        "what_was_synced_is_there_after_dropping",
        survival::what_was_synced_is_there_after_dropping,
    ),
    Check::new(
        Clause::Sync,
        "what_was_synced_survives_a_killed_process",
        survival::what_was_synced_survives_a_killed_process,
    ),
    Check::new(
        Clause::Sync,
        "dropping_syncs_nothing",
        owner::dropping_syncs_nothing,
    ),
    Check::new(
        Clause::OneOwner,
        "a_directory_has_one_owner",
        owner::a_directory_has_one_owner,
    ),
    Check::new(
        Clause::CountedCosts,
        "counts_begin_at_zero_when_opened",
        owner::counts_begin_at_zero_when_opened,
    ),
    Check::new(
        Clause::Sync,
        "opening_again_does_what_the_model_does",
        survival::opening_again_does_what_the_model_does,
    ),
    Check::new(
        Clause::Sync,
        "opening_again_after_maintenance_does_what_the_model_does",
        survival::opening_again_after_maintenance_does_what_the_model_does,
    ),
];
