//! Formats described by rows, and files taken apart by them.

use engine::layout::{Draw, Notes, Row, Table, Value, Walk, little_endian};

/// A record as a log would have it: a checksum over the rest, then a key.
///
/// ```text
/// offset  size  field
///      0     4  crc32    over everything after it
///      4     1  kind     1 put, 2 delete
///      5     2  key_len  bytes
///      7     …  key      any bytes
///      …     1  end      always 0
/// ```
const RECORD: [Row; 5] = [
    Row::new(4, "crc32", "over everything after it"),
    Row::new(1, "kind", "1 put, 2 delete"),
    Row::new(2, "key_len", "bytes"),
    Row::open("key", "any bytes"),
    Row::new(1, "end", "always 0"),
];

/// A sum that a person can check.
fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().map(|byte| u32::from(*byte)).sum()
}

fn record(draw: &mut dyn Draw, file: &[u8]) {
    let [crc32, kind, key_len, key, end] = &RECORD;
    let mut walk = Walk::new(file, draw);
    walk.checksum(crc32, sum);
    walk.number(kind, |found, _| {
        (!(1..=2).contains(&found)).then(|| "no kind of record".to_owned())
    });
    if let Some(len) = walk.number(key_len, |_, _| None) {
        walk.bytes(key, len);
        walk.number(end, |found, _| (found != 0).then(|| "not 0".to_owned()));
    }
    walk.end();
}

fn drawn(file: &[u8]) -> String {
    let mut text = String::new();
    record(&mut text, file);
    text
}

/// A sound record with the key `key`.
const SOUND: [u8; 11] = [0x4d, 1, 0, 0, 1, 3, 0, b'k', b'e', b'y', 0];

#[test]
fn a_table_is_shown_as_docs_show_it() {
    let source = include_str!("layout.rs");
    assert!(Table(&RECORD).is_shown_in(source), "\n{}", Table(&RECORD));
    assert!(Table(&RECORD).is_shown_in(&source.replace('\n', "\r\n")));
}

#[test]
fn docs_that_show_another_table_are_told_apart() {
    let source = include_str!("layout.rs");
    for (from, to) in [
        ("     4     1  kind ", "     4     2  kind "),
        ("1 put, 2 delete", "1 put, 2 delete, 3 merge"),
        ("///      …     1  end      always 0\n", ""),
        (
            "/// ```\n",
            "///     12     1  more     left over\n/// ```\n",
        ),
    ] {
        assert!(source.contains(from));
        assert!(!Table(&RECORD).is_shown_in(&source.replacen(from, to, 1)));
    }
}

#[test]
fn a_sound_file_is_taken_apart_without_a_fault() {
    assert_eq!(
        drawn(&SOUND),
        "     0 crc32 0x0000014d\n     4 kind 1\n     5 key_len 3\n     \
         7 key \"key\"\n    10 end 0\n"
    );
}

#[test]
fn what_is_wrong_is_said_at_its_place_and_the_rest_is_shown() {
    let mut wrong = SOUND;
    wrong[4] = 9;
    assert_eq!(
        drawn(&wrong),
        "     0 crc32 0x0000014d  <- does not hold: the bytes make 0x00000155\n     \
         4 kind 9  <- no kind of record\n     5 key_len 3\n     \
         7 key \"key\"\n    10 end 0\n"
    );
}

#[test]
fn a_file_that_is_cut_off_is_shown_up_to_there() {
    assert_eq!(
        drawn(b""),
        "     0 crc32 \"\"  <- cut off: 0 of 4 bytes are here\n"
    );
    let cut = drawn(&SOUND[..9]);
    let end = "     7 key \"ke\"  <- cut off: 2 of 3 bytes are here\n";
    assert!(cut.ends_with(end), "{cut}");
    assert_eq!(cut.lines().count(), 4, "{cut}");
}

#[test]
fn a_length_is_not_believed() {
    let mut file = SOUND;
    file[5..7].fill(0xff);
    let text = drawn(&file);
    assert!(
        text.contains("cut off: 4 of 65535 bytes are here"),
        "{text}"
    );
    let mut text = String::new();
    let mut walk = Walk::new(&SOUND, &mut text);
    assert_eq!(walk.bytes(&RECORD[3], u64::MAX), None);
}

#[test]
fn what_is_left_is_marked_as_unread() {
    let longer = [&SOUND[..], b"x"].concat();
    let text = drawn(&longer);
    let end = "    11 unread \"x\"  <- nothing says what these bytes are\n";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn every_byte_of_any_file_is_drawn_once() {
    struct Covered(usize);
    impl Draw for Covered {
        fn group(&mut self, offset: usize, _name: std::fmt::Arguments<'_>) {
            assert_eq!(offset, self.0);
        }
        fn part(&mut self, part: engine::layout::Part<'_>) {
            assert_eq!(part.offset, self.0);
            self.0 += part.bytes.len();
        }
    }
    for len in 0..SOUND.len() + 3 {
        for (at, byte) in (0..len).flat_map(|at| [(at, 0), (at, 1), (at, 0xff)]) {
            let mut file = SOUND.to_vec();
            file.resize(len, 0);
            file[at] = byte;
            let mut covered = Covered(0);
            record(&mut covered, &file);
            assert_eq!(covered.0, len, "{file:?}");
        }
    }
}

#[test]
fn a_walk_within_a_page_cannot_leave_it() {
    let file = [1, 2, 3, 4, 5, 6, 7];
    let page = Row::open("page", "its bytes");
    let mut text = String::new();
    let mut walk = Walk::new(&file, &mut text);
    for number in 0..2 {
        walk.group(format_args!("page {number}"));
        let mut within = walk.within(4);
        assert!(within.rest().len() <= 4);
        within.bytes(&page, 4);
        within.end();
    }
    assert_eq!((walk.offset(), walk.rest()), (7, &[][..]));
    walk.end();
    assert_eq!(
        text,
        "     0 page 0\n     0 page \"\\x01\\x02\\x03\\x04\"\n     4 page 1\n     \
         4 page \"\\x05\\x06\\x07\"  <- cut off: 3 of 4 bytes are here\n"
    );
}

#[test]
fn numbers_are_little_endian() {
    assert_eq!(little_endian(&[]), 0);
    assert_eq!(little_endian(&[1, 2]), 0x0201);
    assert_eq!(little_endian(&[0xff; 8]), u64::MAX);
    assert_eq!(Value::Number(3).number(), Some(3));
    assert_eq!(Value::Checksum(3).number(), None);
}

#[test]
fn a_note_is_a_word_about_a_group_of_one_file() {
    let mut notes = Notes::default();
    notes.say("a", "free", vec![96, 32]);
    notes.say("a", "reachable", vec![64]);
    notes.say("b", "lost", Vec::new());
    let words = [32, 64, 96, 128].map(|offset| notes.word("a", offset));
    let free = Some("free");
    assert_eq!(words, [free, Some("reachable"), free, None]);
    assert_eq!(notes.word("b", 32), None);
    let counts: Vec<_> = notes.counts("a").collect();
    assert_eq!(counts, [("free", 2), ("reachable", 1)]);
    assert_eq!(notes.counts("b").count(), 0);
}

#[test]
fn lists_are_kept_in_the_order_in_which_they_come() {
    let mut notes = Notes::default();
    let (empty, lines) = (Vec::new(), vec!["page 3".to_owned(), "page 1".to_owned()]);
    notes.list("level 1".to_owned(), empty);
    notes.list("level 0".to_owned(), lines.clone());
    let [one, other] = notes.lists() else {
        panic!("{notes:?}")
    };
    assert_eq!((one.heading.as_str(), one.lines.len()), ("level 1", 0));
    assert_eq!((other.heading.as_str(), &other.lines), ("level 0", &lines));
}
