use super::levels::{SHAPE, levels, resized};
use crate::shape::Targets;

#[test]
fn ex_3_12_targets_are_counted_upwards_from_what_the_bottom_has() {
    let bottom = levels("3: 1 a-z");
    for (bytes, base, targets) in [
        (0, 3, [0, 0, 0, 0]),
        (1999, 3, [0, 0, 0, 1999]),
        (2000, 2, [0, 0, 200, 2000]),
        (19_999, 2, [0, 0, 1999, 19_999]),
        (20_000, 1, [0, 200, 2000, 20_000]),
        // There is no level that could come in between.
        (5_000_000, 1, [0, 50_000, 500_000, 5_000_000]),
    ] {
        let found = Targets::of(&resized(&bottom, 1, bytes), &SHAPE);
        let bytes = targets.to_vec();
        assert_eq!(found, Targets { base, bytes });
    }
}

#[test]
fn ex_3_12_a_level_that_has_tables_stays_in_use_however_small_its_share() {
    let levels = resized(&levels("1: 2 a-b; 3: 1 a-z"), 1, 900);
    let targets = Targets::of(&levels, &SHAPE);
    assert_eq!((targets.base, targets.bytes), (1, vec![0, 9, 90, 900]));
}

#[test]
fn ex_3_12_the_base_is_the_first_level_that_has_tables_and_not_level_0() {
    for (tables, base) in [
        ("0: 2 a-b; 3: 1 a-z", 3),
        ("2: 2 a-b; 3: 1 a-z", 2),
        ("0: 3 a-b; 2: 2 a-b; 3: 1 a-z", 2),
        ("1: 3 a-b; 2: 2 a-b; 3: 1 a-z", 1),
        ("0: 2 a-b", 3),
        ("2: 2 a-b", 2),
    ] {
        assert_eq!(Targets::of(&levels(tables), &SHAPE).base, base, "{tables}");
    }
}

#[test]
fn ex_3_12_a_level_scores_by_what_it_has_and_level_0_by_the_larger_of_two() {
    let score = |tables: &[(u32, u64)], level| {
        let mut found = levels("0: 1 a-b, 2 a-b; 2: 3 a-b, 4 c-d; 3: 5 a-z");
        for (number, bytes) in tables {
            found = resized(&found, *number, *bytes);
        }
        Targets::of(&found, &SHAPE).score(&found, &SHAPE, level)
    };
    let is = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}");
    // Two tables of four, and so many bytes of 400.
    is(score(&[(1, 20), (2, 30)], 0), 0.5);
    is(score(&[(1, 200), (2, 300)], 0), 1.25);
    is(score(&[(3, 70), (4, 80), (5, 3000)], 2), 0.5);
    is(score(&[(3, 700), (4, 50), (5, 3000)], 2), 2.5);
    is(score(&[(5, 3000)], 3), 1.0);
    // The target is 0, and counts as a byte.
    is(score(&[(3, 70), (4, 80), (5, 9)], 2), 150.0);
    is(score(&[(5, 3000)], 1), 0.0);
    is(score(&[(5, 0)], 3), 0.0);
}
