use std::ops::Range;

use conformance::Budget;
use proptest::prelude::*;

use crate::garbage::{Weight, due};

/// A file of so many bytes that live, are tombstones, and are neither.
fn file(live: u32, graves: u32, dead: u32) -> Weight {
    Weight {
        all: live + graves + dead,
        live,
        graves,
    }
}

/// Which files are due at half garbage, where `bytes_max` fit in one.
fn at_half(files: &[Weight], bytes_max: u32) -> Range<usize> {
    due(files, 50, bytes_max)
}

const NONE: Range<usize> = 0..0;

#[test]
fn ex_2_12_where_there_is_no_garbage_nothing_is_due() {
    for percent in [0, 50, 100] {
        assert_eq!(due(&[], percent, 1000), NONE, "no files");
        assert_eq!(due(&[file(100, 0, 0)], percent, 1000), NONE);
        let full = [file(900, 0, 0), file(900, 0, 0)];
        assert_eq!(due(&full, percent, 1000), NONE, "full files");
    }
}

#[test]
fn ex_2_12_a_merge_begins_where_enough_is_garbage() {
    let full = file(100, 0, 0);
    for (file, expected) in [
        (file(51, 0, 49), NONE),
        (file(50, 0, 50), 1..2),
        (file(49, 0, 51), 1..2),
        (file(0, 0, 100), 1..2),
    ] {
        let found = at_half(&[full, file, full], 99);
        assert_eq!(found, expected, "{file:?}, half of which may be garbage");
    }
}

#[test]
fn ex_2_12_the_share_is_what_was_asked_for() {
    for (percent, garbage, expected) in [
        (0, 1, 0..1),
        (1, 1, 0..1),
        (2, 1, NONE),
        (30, 29, NONE),
        (30, 30, 0..1),
        (100, 99, NONE),
        (100, 100, 0..1),
    ] {
        let found = due(&[file(100 - garbage, 0, garbage)], percent, 1000);
        assert_eq!(found, expected, "{garbage} of 100, from {percent} on");
    }
}

#[test]
fn ex_2_12_shares_of_large_files_are_exact() {
    let all = u32::MAX;
    let live = all / 2;
    let large = |live| Weight {
        all,
        live,
        graves: 0,
    };
    assert_eq!(at_half(&[large(live)], all), 0..1, "a bit more than half");
    assert_eq!(at_half(&[large(live + 2)], all), NONE, "a bit less");
    let large = [file(1, all / 2, all / 2), file(1, all / 2, all / 2)];
    assert_eq!(due(&large, 50, all), 0..2, "no sum is too large for it");
}

#[test]
fn ex_2_12_sums_of_large_files_are_exact() {
    let files = [
        file(2_000_000_000, 0, 2_200_000_000),
        file(2_500_000_000, 0, 0),
    ];
    assert_eq!(
        at_half(&files, u32::MAX),
        0..1,
        "4.5 billion bytes do not fit in 4294967295"
    );
}

#[test]
fn ex_2_12_garbage_in_one_file_comes_before_graves_in_all() {
    // Half of all is graves, which would begin at the first file.
    let files = [file(60, 0, 40), file(0, 400, 0), file(10, 0, 90)];
    assert_eq!(at_half(&files, 1000), 2..3, "the first rule finds the last");
}

#[test]
fn ex_2_12_how_large_a_file_is_is_all_of_it_and_what_fits_is_what_is_kept() {
    let large = file(60, 0, 40);
    assert_eq!(at_half(&[large, file(30, 0, 19)], 1000), NONE, "49 of 100");
    assert_eq!(at_half(&[large, file(28, 0, 22)], 1000), 0..2, "50 of 100");
    assert_eq!(at_half(&[large, large], 119), NONE, "120 are kept");
    assert_eq!(at_half(&[large, large], 120), 0..2, "120 are kept");
}

#[test]
fn ex_2_12_the_first_file_with_garbage_comes_first() {
    let files = [file(100, 0, 0), file(40, 0, 60), file(0, 0, 100)];
    assert_eq!(at_half(&files, 40), 1..3);
    assert_eq!(at_half(&files, 39), 1..2);
    // Two that are small, and could be merged, have to wait.
    let files = [file(10, 0, 0), file(10, 0, 0), file(10, 0, 90)];
    assert_eq!(at_half(&files, 20), 2..3);
}

#[test]
fn ex_2_12_it_takes_as_many_as_fit_and_one_in_any_case() {
    let files = [
        file(40, 0, 60),
        file(100, 0, 0),
        file(60, 0, 40),
        file(100, 0, 0),
    ];
    for (bytes_max, expected) in [
        (0, 0..1),
        (139, 0..1),
        (140, 0..2),
        (199, 0..2),
        (200, 0..3),
        (299, 0..3),
        (300, 0..4),
        (u32::MAX, 0..4),
    ] {
        let found = at_half(&files, bytes_max);
        assert_eq!(found, expected, "{bytes_max} bytes fit in one file");
    }
}

#[test]
fn ex_2_12_graves_are_garbage_where_all_that_is_older_is_pure() {
    let grave = file(40, 60, 0);
    assert_eq!(at_half(&[grave], 100), 0..1, "nothing is older");
    let pure = file(100, 0, 0);
    assert_eq!(at_half(&[pure, pure, grave], 100), 2..3);
    // Something older is not: they may hide what is in it.
    let impure = file(90, 0, 10);
    assert_eq!(at_half(&[impure, grave], 100), NONE);
    assert_eq!(at_half(&[pure, impure, grave], 100), NONE);
    // A file is not in front of itself.
    assert_eq!(at_half(&[pure, file(50, 30, 20), pure], 50), 1..2);
}

#[test]
fn ex_2_12_graves_that_stay_need_room_in_the_copy() {
    // After what is not pure the graves are copied, too.
    let files = [file(900, 0, 100), file(10, 30, 60), file(60, 0, 0)];
    assert_eq!(at_half(&files, 100), 1..3);
    assert_eq!(at_half(&files, 99), 1..2);
    let files = [file(1000, 0, 0), file(10, 30, 60), file(60, 0, 0)];
    assert_eq!(at_half(&files, 70), 1..3, "here they are not");
    assert_eq!(at_half(&files, 69), 1..2);
}

#[test]
fn ex_2_12_graves_that_pile_up_begin_where_something_is_not_pure() {
    let pure = file(100, 0, 0);
    let impure = file(90, 0, 10);
    let graves = file(0, 100, 0);
    // No file has garbage enough: the graves hide what may be in the second.
    assert_eq!(at_half(&[pure, impure, graves], 89), NONE, "100 of 300");
    let files = [pure, impure, graves, graves];
    assert_eq!(
        at_half(&files, 90),
        1..4,
        "of 400 bytes in these files 200 are graves: {files:?}"
    );
    assert_eq!(at_half(&files, 89), 1..2, "that one alone: it is the cause");
    let files = [impure, graves, file(0, 99, 2)];
    assert_eq!(at_half(&files, 1000), 0..3, "199 of 301");
}

#[test]
fn ex_2_12_small_files_are_merged_with_their_like() {
    for (sizes, bytes_max, expected) in [
        (&[100, 50][..], 150, 0..2),
        (&[100, 50], 149, NONE),
        (&[100, 49], 1000, NONE),
        (&[101, 50], 1000, 0..2),
        (&[100, 40, 20], 60, 1..3),
        (&[100, 40, 20], 59, NONE),
        (&[50, 100], 150, 0..2),
        (&[1000, 100, 100, 100, 30], 300, 1..4),
        (&[1000, 400, 100, 50], 2000, 2..4),
        (&[900, 900, 100, 100], 1000, 2..4),
        (&[10], 1000, NONE),
        (&[0, 0], 1000, 0..2),
    ] {
        let files: Vec<Weight> = sizes.iter().map(|&size| file(size, 0, 0)).collect();
        let found = at_half(&files, bytes_max);
        assert_eq!(found, expected, "of {sizes:?}, {bytes_max} bytes in one");
    }
}

#[test]
fn ex_2_12_graves_of_the_second_of_two_small_files_go_with_the_run() {
    let files = [file(80, 0, 20), file(80, 20, 0)];
    assert_eq!(
        at_half(&files, 160),
        0..2,
        "all in front of the run is pure"
    );
    assert_eq!(at_half(&files, 159), NONE);
    let behind_a_grave = [file(99, 1, 0), file(80, 0, 20), file(80, 20, 0)];
    assert_eq!(at_half(&behind_a_grave, 170), NONE, "its graves stay");
}

/// What a merge of these files leaves.
fn merged(files: &[Weight], run: Range<usize>) -> Vec<Weight> {
    let behind_pure = files[..run.start].iter().all(|file| file.is_pure());
    let mut copy = Weight::default();
    for file in &files[run.clone()] {
        copy.all += file.kept(behind_pure);
        copy.live += file.live;
        copy.graves += if behind_pure { 0 } else { file.graves };
    }
    let (before, behind) = (&files[..run.start], &files[run.end..]);
    [before, &[copy], behind].concat()
}

#[test]
fn ex_2_12_many_small_files_become_few() {
    let mut files: Vec<Weight> = Vec::new();
    let (mut most, mut copied) = (0, 0);
    for _ in 0..1024 {
        files.push(file(10, 0, 0));
        for merges in 0.. {
            assert!(merges < 20, "there is always something left to do");
            let run = at_half(&files, 1 << 20);
            if run.is_empty() {
                break;
            }
            copied += files[run.clone()].iter().map(|file| file.live).sum::<u32>();
            files = merged(&files, run);
        }
        most = most.max(files.len());
    }
    assert!(most <= 11, "{most} files where there were 1024");
    let times = copied / (1024 * 10);
    assert!(times <= 11, "each byte was copied {times} times");
}

#[test]
fn ex_2_12_whatever_there_is_merging_comes_to_an_end() {
    assert_eq!(at_half(&[file(1, 2, 3)], 10), 0..1);
    let weight =
        (0_u32..50, 0_u32..50, 0_u32..50).prop_map(|(live, graves, dead)| file(live, graves, dead));
    let files = prop::collection::vec(weight, 0..20);
    let runner = &mut Budget::QUICK.runner("ex_2_12 comes to an end");
    let run = runner.run(
        &(files, 0_u32..=100, 0_u32..500),
        |(mut files, percent, max)| {
            for _ in 0..100 {
                let run = due(&files, percent, max);
                if run.is_empty() {
                    prop_assert_eq!(run, NONE);
                    return Ok(());
                }
                prop_assert!(run.end <= files.len(), "{:?} of {}", run, files.len());
                let behind_pure = files[..run.start].iter().all(|file| file.is_pure());
                let kept: u32 = files[run.clone()].iter().map(|f| f.kept(behind_pure)).sum();
                prop_assert!(run.len() == 1 || kept <= max, "{:?} do not fit", run);
                files = merged(&files, run);
            }
            prop_assert!(
                false,
                "after 100 merges something is due still: {:?}",
                files
            );
            Ok(())
        },
    );
    run.unwrap();
}

#[test]
fn ex_2_12_with_no_garbage_allowed_none_is_left() {
    let files = [
        file(5, 0, 5),
        file(3, 7, 0),
        file(0, 3, 0),
        file(9, 1, 1),
        file(10, 0, 0),
    ];
    for bytes_max in [5, 12, 1000] {
        let mut files = files.to_vec();
        for _ in 0..20 {
            let run = due(&files, 0, bytes_max);
            if run.is_empty() {
                break;
            }
            files = merged(&files, run);
        }
        let is_pure = |file: &Weight| file.is_pure();
        assert!(files.iter().all(is_pure), "left of it: {files:?}");
        let live: u32 = files.iter().map(|file| file.live).sum();
        assert_eq!(live, 27, "and nothing that lives is gone");
    }
}

#[test]
fn ex_2_12_what_is_counted_while_a_key_is_forgotten_is_within_the_files() {
    // Its bytes had not been taken from those that live when they were read,
    // and had been added to the graves.
    let torn = Weight {
        all: 10,
        live: 10,
        graves: 10,
    };
    for files in [vec![torn], vec![torn, torn]] {
        let run = due(&files, 0, 100);
        assert!(run.end <= files.len(), "{run:?} of {} files", files.len());
    }
}
