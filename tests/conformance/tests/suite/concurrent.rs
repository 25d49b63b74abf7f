//! Level concurrent.

use conformance::budget::Size;
use conformance::suite::{Rejection, judge};
use conformance::{Budget, Clause, Level};

use crate::rejection;
use crate::small;
use crate::small::Mistake;

#[test]
fn the_small_engine_passes() {
    small(Mistake::None).check(Level::Concurrent);
}

/// Holds for a race: the check has to find it. It gets all the time of a full
/// budget, several times, so that this holds on a busy machine, too, and stops
/// when it does.
fn finds(check: &str, mistake: Mistake) -> Rejection {
    let runs = (0..20).map(|seed| {
        let full = Budget {
            size: Size::Full,
            seed,
        };
        judge(&small(mistake), Level::Concurrent, &full, |c| {
            c.name == check
        })
    });
    let rejected = runs.filter_map(Result::err).next();
    rejected.unwrap_or_else(|| panic!("{check} lets {mistake:?} pass"))
}

#[test]
fn each_race_is_found_by_the_stream_that_is_made_for_it() {
    for (mistake, check) in [
        (
            Mistake::StaleCache,
            "a_read_is_not_older_than_a_finished_write",
        ),
        (Mistake::LostUpdate, "a_write_beside_another_is_not_lost"),
        (
            Mistake::LocksPerChange,
            "a_batch_becomes_visible_at_one_moment",
        ),
    ] {
        assert_eq!(finds(check, mistake).failure.clause, Clause::OneOrder);
    }
}

/// Threads that are steered need no luck, and find it the same way each time.
#[test]
fn each_race_is_found_by_steering_threads_in_a_quick_run() {
    for mistake in [
        Mistake::StaleCache,
        Mistake::LostUpdate,
        Mistake::LocksPerChange,
    ] {
        let rejected = rejection(Level::Concurrent, mistake);
        assert_eq!(
            rejected.check, "every_schedule_has_one_order",
            "{mistake:?}"
        );
        assert_eq!(rejected, rejection(Level::Concurrent, mistake));
    }
}

#[test]
fn each_race_leaves_a_history_without_an_order() {
    for mistake in [
        Mistake::StaleCache,
        Mistake::LostUpdate,
        Mistake::LocksPerChange,
    ] {
        let Rejection { failure, .. } = finds("every_history_has_one_order", mistake);
        let picture = &failure.trace[1];
        assert!(
            picture.starts_with("thread ") && picture.contains("├─"),
            "{picture}"
        );
    }
}
