//! Level concurrent.

use conformance::Level;

use crate::small::Mistake;
use crate::{rejection, small};

#[test]
fn the_small_engine_passes() {
    small(Mistake::None).check(Level::Concurrent);
}

#[test]
fn each_race_is_found_by_the_check_that_names_it() {
    for (mistake, check) in [
        (Mistake::StaleCache, "a_read_is_not_older_than_a_finished_write"),
        (Mistake::LostUpdate, "a_write_beside_another_is_not_lost"),
        (Mistake::LocksPerChange, "a_batch_becomes_visible_at_one_moment"),
    ] {
        let rejection = rejection(Level::Concurrent, mistake);
        assert_eq!(rejection.check, check, "{mistake:?}: {rejection:?}");
    }
}

/// Any of the level's checks may find a race first; here the histories are on
/// their own.
#[test]
fn histories_find_the_races_that_streams_find() {
    for mistake in [Mistake::StaleCache, Mistake::LostUpdate, Mistake::LocksPerChange] {
        let only = "every_history_has_one_order";
        let judged = crate::judge(&small(mistake), Level::Concurrent, &crate::Budget::QUICK, |check| {
            check.name == only
        });
        let rejection = judged.expect_err("a race");
        println!("{}", rejection.failure.trace.join("\n"));
    }
}
