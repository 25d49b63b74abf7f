//! Level snapshot.

use conformance::Level;

use crate::small::Mistake;
use crate::{rejection, small};

#[test]
fn an_engine_that_keeps_the_map_of_each_moment_passes() {
    small(Mistake::CopyOnWrite).check(Level::Snapshot);
}

/// What is right at level core need not be right here.
#[test]
fn a_scan_that_goes_on_in_the_map_as_it_is_does_not() {
    let rejection = rejection(Level::Snapshot, Mistake::None);
    assert_eq!(rejection.check, "a_scan_holds_the_writes_of_one_moment");
    let script = rejection.failure.script.map(|script| script.to_string());
    assert_eq!(script.as_deref(), Some("put a 1; cursor ..; put b 2; next"));
}

#[test]
fn half_a_batch_is_found_by_steering_threads() {
    let found = rejection(Level::Snapshot, Mistake::CopyPerChange);
    assert_eq!(found.check, "every_schedule_shows_scans_one_moment");
    assert_eq!(found, rejection(Level::Snapshot, Mistake::CopyPerChange));
}

/// Threads that race find it, too, when luck has it.
#[test]
fn half_a_batch_is_found_by_threads_that_race() {
    use conformance::budget::Size;
    use conformance::suite::judge;
    use conformance::{Budget, Clause};

    for check in [
        "a_scan_beside_writers_keeps_a_sum",
        "a_snapshot_beside_writers_keeps_a_sum",
    ] {
        let runs = (0..5).map(|seed| {
            let full = Budget {
                size: Size::Full,
                seed,
            };
            let subject = small(Mistake::CopyPerChange);
            judge(&subject, Level::Snapshot, &full, |c| c.name == check)
        });
        let rejected = runs.filter_map(Result::err).next();
        let rejection = rejected.unwrap_or_else(|| panic!("{check} lets it pass"));
        assert_eq!(rejection.failure.clause, Clause::OrderedScans);
    }
}
