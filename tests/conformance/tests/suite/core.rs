//! Level core.

use conformance::Level;

use crate::small::Mistake;
use crate::{rejection, small};

#[test]
fn the_small_engine_passes() {
    small(Mistake::None).check(Level::Core);
}

/// Holds for a mistake: the check that has to find it, and how many operations
/// its script may have.
fn rejected(mistake: Mistake, check: &str, ops_max: usize) {
    let rejection = rejection(Level::Core, mistake);
    assert_eq!(rejection.check, check, "{mistake:?}: {rejection:?}");
    let ops = rejection
        .failure
        .script
        .map_or(0, |script| script.ops.len());
    assert!(ops <= ops_max, "{mistake:?} takes {ops} operations");
}

#[test]
fn each_mistake_is_found_by_the_check_that_names_it() {
    rejected(Mistake::PanicsOnAbsent, "an_empty_engine_holds_nothing", 1);
    rejected(
        Mistake::BufferNotCleared,
        "an_empty_engine_holds_nothing",
        1,
    );
    rejected(Mistake::KeysEndAtZero, "similar_keys_are_different_keys", 6);
    rejected(
        Mistake::LimitExcluded,
        "what_is_as_large_as_a_limit_is_taken",
        2,
    );
    rejected(
        Mistake::ChecksTooLate,
        "what_is_larger_than_a_limit_changes_nothing",
        2,
    );
    rejected(
        Mistake::DeletesFirst,
        "the_last_write_to_a_key_in_a_batch_wins",
        2,
    );
    rejected(
        Mistake::SignedOrder,
        "a_scan_is_in_the_order_of_unsigned_bytes",
        3,
    );
    rejected(
        Mistake::InvertedRangePanics,
        "an_inverted_range_is_empty",
        3,
    );
    rejected(
        Mistake::EndIncluded,
        "a_scan_keeps_within_every_pair_of_bounds",
        3,
    );
    rejected(
        Mistake::SeekOnlyForward,
        "seek_finds_the_first_entry_from_there_on",
        5,
    );
    rejected(
        Mistake::SeekLeavesRange,
        "seek_finds_the_first_entry_from_there_on",
        4,
    );
    rejected(
        Mistake::ChunkRepeatsEntry,
        "a_long_scan_holds_each_key_once",
        2,
    );
    rejected(
        Mistake::ChunkSkipsEntry,
        "a_long_scan_holds_each_key_once",
        2,
    );
    rejected(
        Mistake::WriterWaits,
        "a_write_completes_while_a_scan_is_open",
        2,
    );
    rejected(
        Mistake::CopiesAll,
        "the_first_entry_of_a_scan_costs_no_copy_of_the_rest",
        2,
    );
    rejected(
        Mistake::CopyOnWrite,
        "a_write_while_a_scan_is_open_copies_no_map",
        3,
    );
    rejected(
        Mistake::WalksFromStart,
        "a_scan_visits_each_entry_about_once",
        2,
    );
    rejected(
        Mistake::CountsTwice,
        "gets_and_batches_are_counted_once_each",
        2,
    );
}
