//! What a reader sees when a check fails.

use std::panic::catch_unwind;

use conformance::Level;
use conformance::suite::report;

use crate::small::Mistake;
use crate::{rejection, small};

/// The message, without the line number of a panic.
fn message(level: Level, mistake: Mistake) -> String {
    let message = report(&small(mistake), level, &rejection(level, mistake));
    for line in message.lines() {
        assert!(line.chars().count() <= 80, "too long: {line}");
    }
    without_lines(&message)
}

/// Where a test says `small.rs:12`, the number is left out.
fn without_lines(message: &str) -> String {
    let mut parts = message.split("small.rs:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        format!("{text}small.rs:…{rest}")
    })
}

#[test]
fn ex_1_1_a_wrong_value() {
    insta::assert_snapshot!(message(Level::Core, Mistake::KeysEndAtZero), @r#"
    Small breaks clause 1 (any bytes) at level core.

        Keys and values are any bytes, empty ones included; what exceeds the limits
        gets TooLarge and changes nothing.

    `get` answered something else than what was written.

        expected  a\x00 is absent
        found     a\x00 holds 1

    This script shows it:

         1  put a 1
      >  2  get a\x00

    Check: similar_keys_are_different_keys

    Run it again:

        STRATA_SCRIPT='put a 1; get a\x00' \
        cargo test -p conformance ex_1_1_a_wrong_value
    "#);
}

#[test]
fn ex_1_1_a_dirty_buffer() {
    insta::assert_snapshot!(message(Level::Core, Mistake::BufferNotCleared), @r#"
    Small breaks clause 1 (any bytes) at level core.

        Keys and values are any bytes, empty ones included; what exceeds the limits
        gets TooLarge and changes nothing.

    `get_into` was lent a buffer that held `dirty`, and what it held shows.

        expected  false, and the buffer is empty
        found     false, and the buffer holds dirty

    This script shows it:

      >  1  get a

    Check: an_empty_engine_holds_nothing

    Run it again:

        STRATA_SCRIPT='get a' \
        cargo test -p conformance ex_1_1_a_dirty_buffer
    "#);
}

#[test]
fn ex_1_1_a_panic() {
    insta::assert_snapshot!(message(Level::Core, Mistake::PanicsOnAbsent), @r#"
    Small breaks clause 1 (any bytes) at level core.

        Keys and values are any bytes, empty ones included; what exceeds the limits
        gets TooLarge and changes nothing.

    The engine panicked at tests/conformance/tests/suite/small.rs:…:

        the key is always there

    This script shows it:

      >  1  get a

    Check: an_empty_engine_holds_nothing

    Run it again:

        STRATA_SCRIPT='get a' \
        cargo test -p conformance ex_1_1_a_panic
    "#);
}

#[test]
fn ex_1_2_a_limit_that_does_not_hold() {
    insta::assert_snapshot!(message(Level::Core, Mistake::ChecksTooLate), @r#"
    Small breaks clause 1 (any bytes) at level core.

        Keys and values are any bytes, empty ones included; what exceeds the limits
        gets TooLarge and changes nothing.

    `get` answered something else than what was written.

        expected  k00000 is absent
        found     k00000 holds x*8000

    This script shows it:

         1  write [put k00000 x*8000, put k00001 x*1989]
      >  2  get k00000

    Check: what_is_larger_than_a_limit_changes_nothing

    Run it again:

        STRATA_SCRIPT='write [put k00000 x*8000, put k00001 x*1989]; get k00000' \
        cargo test -p conformance ex_1_2_a_limit_that_does_not_hold
    "#);
}

#[test]
fn ex_1_2_a_batch_in_the_wrong_order() {
    insta::assert_snapshot!(message(Level::Core, Mistake::DeletesFirst), @r#"
    Small breaks clause 2 (whole or nothing) at level core.

        A batch is visible and durable whole or not at all, and within it the last
        write to a key wins; an error leaves no trace.

    `get` answered something else than what was written.

        expected  a is absent
        found     a holds 1

    This script shows it:

         1  write [put a 1, delete a]
      >  2  get a

    Check: the_last_write_to_a_key_in_a_batch_wins

    Run it again:

        STRATA_SCRIPT='write [put a 1, delete a]; get a' \
        cargo test -p conformance ex_1_2_a_batch_in_the_wrong_order
    "#);
}

#[test]
fn ex_1_3_a_bound_that_does_not_hold() {
    insta::assert_snapshot!(message(Level::Core, Mistake::EndIncluded), @r#"
    Small breaks clause 3 (ordered scans) at level core.

        A scan yields each key at most once, in order, both ways, for every pair of
        bounds, and never makes a writer wait.

    The scan yielded other entries than it should.

        expected  a 1
        found     a 1, b 2

    This script shows it:

         1  put a 1
         2  put b 2
      >  3  scan a..b

    Check: a_scan_keeps_within_every_pair_of_bounds

    Run it again:

        STRATA_SCRIPT='put a 1; put b 2; scan a..b' \
        cargo test -p conformance ex_1_3_a_bound_that_does_not_hold
    "#);
}

#[test]
fn ex_1_4_a_chunk_that_loses_an_entry() {
    insta::assert_snapshot!(message(Level::Core, Mistake::ChunkSkipsEntry), @r#"
    Small breaks clause 3 (ordered scans) at level core.

        A scan yields each key at most once, in order, both ways, for every pair of
        bounds, and never makes a writer wait.

    The scan yielded other entries than it should.

        expected  entry 129 is k00128 v00128
        found     it ends after 128 entries

    This script shows it:

         1  fill 129
      >  2  scan ..

    Check: a_long_scan_holds_each_key_once

    Run it again:

        STRATA_SCRIPT='fill 129; scan ..' \
        cargo test -p conformance ex_1_4_a_chunk_that_loses_an_entry
    "#);
}

#[test]
fn ex_1_4_a_seek_that_cannot_go_back() {
    insta::assert_snapshot!(message(Level::Core, Mistake::SeekOnlyForward), @r#"
    Small breaks clause 3 (ordered scans) at level core.

        A scan yields each key at most once, in order, both ways, for every pair of
        bounds, and never makes a writer wait.

    After `seek` the cursor stands where it must not.

        expected  at a 1
        found     at b 2

    This script shows it:

         1  put a 1
         2  put b 2
         3  cursor ..
         4  next
      >  5  seek a

    Check: seek_finds_the_first_entry_from_there_on

    Run it again:

        STRATA_SCRIPT='put a 1; put b 2; cursor ..; next; seek a' \
        cargo test -p conformance ex_1_4_a_seek_that_cannot_go_back
    "#);
}

#[test]
fn ex_1_4_a_writer_that_waits_for_a_scan() {
    insta::assert_snapshot!(message(Level::Core, Mistake::WriterWaits), @r#"
    Small breaks clause 3 (ordered scans) at level core.

        A scan yields each key at most once, in order, both ways, for every pair of
        bounds, and never makes a writer wait.

    An operation has not returned for 500ms, and never will.

    This script shows it:

         1  cursor ..
      >  2  put a 1

    Check: a_write_completes_while_a_scan_is_open

    Run it again:

        STRATA_SCRIPT='cursor ..; put a 1' \
        cargo test -p conformance ex_1_4_a_writer_that_waits_for_a_scan
    "#);
}

#[test]
fn ex_1_4_a_cursor_that_copies_everything() {
    let message = message(Level::Core, Mistake::CopiesAll);
    // The numbers are the allocator's.
    let mut words = message.replace(|c: char| c.is_ascii_digit(), "#");
    while words.contains("##") {
        words = words.replace("##", "#");
    }
    insta::assert_snapshot!(words, @r#"
    Small breaks clause # (ordered scans) at level core.

        A scan yields each key at most once, in order, both ways, for every pair of
        bounds, and never makes a writer wait.

    Opening a scan copies entries that nobody asked for yet.

        expected  with # entries at most # bytes allocated for the first
                  (twice the # with # entries, and #)
        found     # bytes allocated

    This script shows it:

         #  fill #
      >  #  cursor ..

    Check: the_first_entry_of_a_scan_costs_no_copy_of_the_rest

    Run it again:

        cargo test -p conformance ex_#_#_a_cursor_that_copies_everything
    "#);
}

#[test]
fn ex_1_6_an_engine_that_forgets() {
    insta::assert_snapshot!(message(Level::Reopen, Mistake::None), @r#"
    Small breaks clause 5 (sync) at level reopen.

        After sync, every write before it survives a power loss; what survives
        beyond is a prefix of the write order, never a hole.

    It was closed and opened again, and does not hold what it must.

        expected  a 1
        found     nothing

    This script shows it:

         1  put a 1
      >  2  reopen

    Check: what_was_written_is_there_after_closing

    Run it again:

        STRATA_SCRIPT='put a 1; reopen' \
        cargo test -p conformance ex_1_6_an_engine_that_forgets
    "#);
}

#[test]
fn an_exercise_that_is_still_to_be_done_says_so_in_its_own_words() {
    let payload = catch_unwind(|| small(Mistake::TodoScan).check(Level::Core)).unwrap_err();
    let words = payload.downcast_ref::<&str>().copied();
    let expected = "not yet implemented: exercise 1.4: Opens a cursor over the entries.";
    assert_eq!(words, Some(expected));
}

#[test]
fn ex_1_6_a_lost_update() {
    insta::assert_snapshot!(message(Level::Concurrent, Mistake::LostUpdate), @r#"
    Small breaks clause 4 (one order) at level concurrent.

        All writes have one order, the same for every thread; get and write each
        take effect at one moment between call and return.

    No order of these operations explains what they found and left.

        At first: nothing.
        thread 1  put a 1 begins,
                  and is held up at tests/conformance/tests/suite/small.rs:…
        thread 2  put b 2
        thread 1  goes on: put a 1 ends
        In the end: a 1.

    Check: every_schedule_has_one_order

    Run it again:

        cargo test -p conformance ex_1_6_a_lost_update
    "#);
}

#[test]
fn ex_1_6_a_lock_of_its_own() {
    insta::assert_snapshot!(message(Level::Concurrent, Mistake::OwnLock), @r#"
    Small breaks clause 4 (one order) at level concurrent.

        All writes have one order, the same for every thread; get and write each
        take effect at one moment between call and return.

    Thread 2 neither ended nor reached a lock of engine::sync for 1s, while the
    others stood still. Engines take their locks from engine::sync: a lock, a
    channel or a loop of another kind cannot be steered.

        At first: nothing.
        thread 1  write [put a 1, delete b] begins,
                  and is held up at tests/conformance/tests/suite/small.rs:…
        thread 2  put b 3

    Check: every_schedule_has_one_order

    Run it again:

        cargo test -p conformance ex_1_6_a_lock_of_its_own
    "#);
}

#[test]
fn a_scan_that_shows_a_later_write() {
    insta::assert_snapshot!(message(Level::Snapshot, Mistake::None), @r#"
    Small breaks clause 3 (ordered scans) at level snapshot.

        A scan, and a snapshot for as long as it lives, holds exactly the writes
        that had taken effect at one moment between the call that opened it and its
        return, and never makes a writer wait.

    After `advance` the cursor shows what was not there when it was opened.

        expected  at the end
        found     at b 2

    This script shows it:

         1  put a 1
         2  cursor ..
         3  put b 2
      >  4  next

    Check: a_scan_holds_the_writes_of_one_moment

    Run it again:

        STRATA_SCRIPT='put a 1; cursor ..; put b 2; next' \
        cargo test -p conformance a_scan_that_shows_a_later_write
    "#);
}

#[test]
fn a_batch_of_which_a_scan_shows_half() {
    insta::assert_snapshot!(message(Level::Snapshot, Mistake::CopyPerChange), @r#"
    Small breaks clause 3 (ordered scans) at level snapshot.

        A scan, and a snapshot for as long as it lives, holds exactly the writes
        that had taken effect at one moment between the call that opened it and its
        return, and never makes a writer wait.

    A scan or a snapshot found what was there at no moment: no order of the writes
    explains it.

        At first: nothing.
        thread 1  write [put a 1, put b 1] begins,
                  and is held up at tests/conformance/tests/suite/small.rs:…
        thread 2  scan .. → a 1
        thread 1  goes on: write [put a 1, put b 1] ends
        In the end: a 1, b 1.

    Check: every_schedule_shows_scans_one_moment

    Run it again:

        cargo test -p conformance a_batch_of_which_a_scan_shows_half
    "#);
}
