use super::*;

fn write(offset: u64, bytes: &[u8]) -> ByteChange {
    ByteChange::Write(offset, bytes.into())
}

/// What `outcome` leaves of `change` in a file that holds `before`.
fn after(before: &[u8], change: &ByteChange, outcome: Outcome, tear: usize) -> Vec<u8> {
    let mut content = before.to_vec();
    let landing = Landing {
        outcome,
        tear,
        garbage: 5,
    };
    land(&mut content, change, landing);
    content
}

#[test]
fn a_write_that_is_dropped_leaves_everything_as_it_was() {
    for change in [
        write(1, b"abcd"),
        ByteChange::Allocate(9),
        ByteChange::SetLen(1),
    ] {
        assert_eq!(after(b"xyz", &change, Outcome::Dropped, 0), b"xyz");
    }
}

#[test]
fn a_write_that_is_applied_or_durable_is_there_and_gaps_are_zeros() {
    for outcome in [Outcome::Applied, Outcome::Durable] {
        assert_eq!(after(b"xyz", &write(1, b"ab"), outcome, 0), b"xab");
        assert_eq!(after(b"xyzuv", &write(1, b"ab"), outcome, 0), b"xabuv");
        assert_eq!(after(b"x", &write(3, b"ab"), outcome, 0), b"x\0\0ab");
        assert_eq!(after(b"x", &write(3, b""), outcome, 0), b"x");
    }
}

#[test]
fn a_torn_write_leaves_its_head() {
    for outcome in [Outcome::TornAtByte, Outcome::TornAtSector] {
        assert_eq!(after(b"xyz", &write(1, b"abcd"), outcome, 3), b"xabc");
        assert_eq!(after(b"xyzuvw", &write(1, b"abcd"), outcome, 1), b"xazuvw");
    }
}

#[test]
fn a_headless_write_leaves_its_tail() {
    let change = write(1, b"abcd");
    assert_eq!(after(b"xyz", &change, Outcome::Headless, 1), b"xybcd");
    assert_eq!(after(b"", &change, Outcome::Headless, 3), b"\0\0\0\0d");
}

#[test]
fn garbage_fills_what_lies_behind_the_tear_and_nothing_else() {
    let torn = after(b"0123456789", &write(2, b"abcdef"), Outcome::Garbage, 2);
    assert_eq!(torn.len(), 10);
    assert_eq!(&torn[..4], b"01ab");
    assert_eq!(&torn[8..], b"89");
    assert_ne!(&torn[4..8], b"4567");
    assert_ne!(&torn[4..8], b"cdef");
    let grown = after(b"", &write(1, b"abcdef"), Outcome::Garbage, 2);
    assert_eq!(&grown[..3], b"\0ab");
    assert_eq!(grown.len(), 7);
    assert!(grown[3..] != [0; 4]);
}

#[test]
fn a_write_may_leave_its_length_alone() {
    assert_eq!(
        after(b"xy", &write(1, b"abc"), Outcome::Grown, 0),
        b"xy\0\0"
    );
    assert_eq!(
        after(b"xyzuv", &write(1, b"abc"), Outcome::Grown, 0),
        b"xyzuv"
    );
    let garbage = after(b"xy", &write(1, b"abcdefghijkl"), Outcome::GrownGarbage, 0);
    assert_eq!((&garbage[..2], garbage.len()), (&b"xy"[..], 13));
    assert!(garbage[2..8] != [0; 6] && garbage[8..] != [0; 5]);
    let inside = after(b"xyzuv", &write(1, b"abc"), Outcome::GrownGarbage, 0);
    assert_eq!(inside, b"xyzuv");
}

#[test]
fn lengths_are_applied_with_zeros_or_garbage() {
    for outcome in [Outcome::Applied, Outcome::Durable, Outcome::Grown] {
        assert_eq!(after(b"x", &ByteChange::Allocate(3), outcome, 0), b"x\0\0");
        assert_eq!(after(b"xyz", &ByteChange::Allocate(2), outcome, 0), b"xyz");
        assert_eq!(after(b"x", &ByteChange::SetLen(3), outcome, 0), b"x\0\0");
        assert_eq!(after(b"xyz", &ByteChange::SetLen(2), outcome, 0), b"xy");
    }
    for change in [ByteChange::Allocate(9), ByteChange::SetLen(9)] {
        let garbage = after(b"x", &change, Outcome::GrownGarbage, 0);
        assert_eq!((garbage[0], garbage.len()), (b'x', 9));
        assert!(garbage[1..] != [0; 8]);
    }
    let shrunk = after(b"xyz", &ByteChange::SetLen(2), Outcome::GrownGarbage, 0);
    assert_eq!(shrunk, b"xy");
}

/// The outcomes and tears that `near` chooses in many tries.
fn chosen(wanted: Outcome, change: &ByteChange) -> Vec<(Outcome, usize)> {
    let mut random = Random::new(3);
    let mut chosen: Vec<_> = (0..2000)
        .map(|_| Landing::near(wanted, change, &mut random))
        .map(|landing| (landing.outcome, landing.tear))
        .collect();
    chosen.sort_by_key(|&(outcome, tear)| (outcome as usize, tear));
    chosen.dedup();
    chosen
}

#[test]
fn a_tear_lies_strictly_within_the_write() {
    for wanted in [Outcome::TornAtByte, Outcome::Headless, Outcome::Garbage] {
        assert_eq!(
            chosen(wanted, &write(9, b"abcd")),
            [(wanted, 1), (wanted, 2), (wanted, 3)]
        );
        assert_eq!(chosen(wanted, &write(9, b"a")), [(Outcome::Dropped, 0)]);
        assert_eq!(chosen(wanted, &write(9, b"")), [(Outcome::Dropped, 0)]);
    }
}

#[test]
fn a_sector_tear_lies_on_a_boundary_of_the_file() {
    let wanted = Outcome::TornAtSector;
    let tears = |offset, len: usize| chosen(wanted, &write(offset, &vec![1; len]));
    assert_eq!(tears(0, 1536), [(wanted, 512), (wanted, 1024)]);
    assert_eq!(
        tears(500, 1537),
        [(wanted, 12), (wanted, 524), (wanted, 1036)]
    );
    assert_eq!(tears(511, 2), [(wanted, 1)]);
    assert_eq!(tears(500, 13), [(wanted, 12)]);
    // No boundary inside: any byte will do.
    assert_eq!(tears(0, 2), [(Outcome::TornAtByte, 1)]);
    assert_eq!(tears(500, 12).len(), 11);
    assert_eq!(tears(0, 512)[0].0, Outcome::TornAtByte);
}

#[test]
fn a_change_of_length_happens_or_not_and_may_bring_garbage() {
    for change in [ByteChange::Allocate(5), ByteChange::SetLen(5)] {
        for (wanted, got) in [
            (Outcome::Dropped, Outcome::Dropped),
            (Outcome::Applied, Outcome::Applied),
            (Outcome::Grown, Outcome::Applied),
            (Outcome::Garbage, Outcome::GrownGarbage),
            (Outcome::GrownGarbage, Outcome::GrownGarbage),
            (Outcome::TornAtByte, Outcome::Dropped),
        ] {
            assert_eq!(chosen(wanted, &change), [(got, 0)]);
        }
    }
}

#[test]
fn garbage_differs_from_one_landing_to_the_next() {
    let mut random = Random::new(1);
    let change = write(0, b"abcd");
    let one = Landing::near(Outcome::Garbage, &change, &mut random).garbage;
    assert_ne!(
        one,
        Landing::near(Outcome::Garbage, &change, &mut random).garbage
    );
    let of = |bytes| {
        let change = write(0, bytes);
        Landing::near(Outcome::Garbage, &change, &mut Random::new(1)).garbage
    };
    let all = [of(b"abcd"), of(b"abce"), of(b"bbcd"), of(b"badc")];
    assert!((1..4).all(|place| !all[..place].contains(&all[place])));
    let whole = Landing::whole(Outcome::Applied);
    assert_eq!(whole.outcome, Outcome::Applied);
}
