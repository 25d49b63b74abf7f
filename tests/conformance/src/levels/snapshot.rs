//! Level snapshot: clause 3, stricter.
//!
//! A scan holds exactly the writes that had taken effect at one moment between
//! the call that opened it and that call's return, and so does a snapshot, for
//! as long as it lives. Scripts write while scans are open and snapshots are
//! held, and compare them with what the model held when they began. Threads that
//! are steered, and threads that race, look for the moment at which a batch is
//! half there.

use crate::level::{Check, Clause, Replay};

mod ages;
mod held;
mod maintenance;
mod racing;
mod scans;
pub(crate) mod steered;

/// The level's checks.
pub const CHECKS: &[Check] = &[
    Check::new(
        Clause::OrderedScans,
        "a_write_waits_for_no_snapshot",
        held::a_write_waits_for_no_snapshot,
    ),
    Check::new(
        Clause::OrderedScans,
        "a_scan_holds_the_writes_of_one_moment",
        scans::a_scan_holds_the_writes_of_one_moment,
    ),
    Check::new(
        Clause::OrderedScans,
        "a_seek_stays_in_the_moment_of_its_scan",
        scans::a_seek_stays_in_the_moment_of_its_scan,
    ),
    Check::new(
        Clause::OrderedScans,
        "a_get_in_a_snapshot_finds_what_was_there",
        held::a_get_in_a_snapshot_finds_what_was_there,
    ),
    Check::new(
        Clause::OrderedScans,
        "a_scan_of_a_snapshot_holds_what_was_there",
        held::a_scan_of_a_snapshot_holds_what_was_there,
    ),
    Check::new(
        Clause::OrderedScans,
        "snapshots_do_not_disturb_each_other",
        held::snapshots_do_not_disturb_each_other,
    ),
    Check::new(
        Clause::OrderedScans,
        "maintenance_changes_nothing_that_is_held",
        maintenance::maintenance_changes_nothing_that_is_held,
    ),
    Check::new(
        Clause::OrderedScans,
        "every_schedule_shows_scans_one_moment",
        |subject, budget| steered::one_moment(subject, budget).1,
    ),
    Check::new(
        Clause::OrderedScans,
        "every_schedule_beside_maintenance_shows_scans_one_moment",
        |subject, budget| steered::one_moment_beside_steps(subject, budget).1,
    ),
    Check::new(
        Clause::OrderedScans,
        "every_schedule_in_a_crowd_shows_scans_one_moment",
        |subject, budget| steered::one_moment_in_a_crowd(subject, budget).1,
    ),
    Check::new(
        Clause::OrderedScans,
        "scans_and_snapshots_do_what_the_model_did",
        held::scans_and_snapshots_do_what_the_model_did,
    ),
    Check::new(
        Clause::OrderedScans,
        "a_scan_beside_writers_keeps_a_sum",
        racing::a_scan_beside_writers_keeps_a_sum,
    ),
    Check::new(
        Clause::OrderedScans,
        "a_snapshot_beside_writers_keeps_a_sum",
        racing::a_snapshot_beside_writers_keeps_a_sum,
    ),
    Check::new(
        Clause::OrderedScans,
        "a_snapshot_is_not_older_than_a_finished_write",
        ages::a_snapshot_is_not_older_than_a_finished_write,
    ),
];

/// Plays one script, for `STRATA_SCRIPT`.
pub const REPLAY: Option<Replay> =
    Some(|subject, budget, script| crate::play::replay(&subject.at_one_moment(), budget, script));
