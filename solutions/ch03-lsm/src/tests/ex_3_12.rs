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
