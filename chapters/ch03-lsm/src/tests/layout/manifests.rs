use super::{drawn, faults, with};
use crate::layout::MANIFEST_FILE;
use crate::manifest::{Edit, Tables, header};
use crate::table::TableInfo;

fn info(number: u32) -> TableInfo {
    TableInfo {
        number,
        bytes: 4096,
        entries: 30,
        tombstones: 2,
        smallest: b"a".to_vec(),
        largest: b"m".to_vec(),
    }
}

/// A manifest that begins with tables 1 and 2, of which 1 moves.
pub(super) fn manifest() -> Vec<u8> {
    let mut tables = Tables::default();
    let added = vec![(0, info(1)), (0, info(2))];
    let first = Edit {
        added,
        ..Edit::default()
    };
    tables.apply(first).unwrap();
    let offset = u64::from(header::HEADER_BYTES);
    let first = tables.to_edit().encode(offset).unwrap();
    let proven = offset + first.len() as u64;
    let moves = Edit {
        added: vec![(6, info(1))],
        removed: vec![1],
        log: 9,
    };
    let header = header::Header { proven }.to_bytes().to_vec();
    [header, first, moves.encode(proven).unwrap()].concat()
}

const MANIFEST: &str = r#"     0 magic "STRATA3M"
     8 version 1
    12 crc32 0x08876ce5
    16 proven 146
    24 edit: 2 tables added, 0 tables removed
    24 crc32 0x657e3af7
    28 len 114
    32 added_len 2
    40 table 1 comes to level 0, and goes later
    40 level 0
    41 number 1
    45 bytes 4096
    53 entries 30
    61 tombstones 2
    69 smallest_len 1
    77 smallest "a"
    78 largest_len 1
    86 largest "m"
    87 table 2 comes to level 0, and is there
    87 level 0
    88 number 2
    92 bytes 4096
   100 entries 30
   108 tombstones 2
   116 smallest_len 1
   124 smallest "a"
   125 largest_len 1
   133 largest "m"
   134 the rest of the edit
   134 removed_len 0
   142 log 0
   146 edit: 1 table added, 1 table removed
   146 crc32 0x1f8eac13
   150 len 71
   154 added_len 1
   162 table 1 comes to level 6, and is there
   162 level 6
   163 number 1
   167 bytes 4096
   175 entries 30
   183 tombstones 2
   191 smallest_len 1
   199 smallest "a"
   200 largest_len 1
   208 largest "m"
   209 the rest of the edit
   209 removed_len 1
   217 removed 1
   221 log 9
"#;

#[test]
fn a_manifest_is_drawn_table_by_table() {
    assert_eq!(drawn(MANIFEST_FILE, &manifest()), MANIFEST);
}

/// A manifest as a closing leaves it, with these tables in level 0.
fn closed(infos: impl IntoIterator<Item = TableInfo>) -> Vec<u8> {
    let mut tables = Tables::default();
    for info in infos {
        tables.tables.insert(info.number, (0, info));
    }
    let offset = u64::from(header::HEADER_BYTES);
    let edit = tables.to_edit().encode(offset).unwrap();
    let proven = offset + edit.len() as u64;
    [&header::Header { proven }.to_bytes()[..], &edit].concat()
}

#[test]
fn of_a_manifest_that_ends_where_it_is_proven_nothing_is_said_to_be_wrong() {
    let parts = drawn(MANIFEST_FILE, &closed([info(1)]));
    assert_eq!(faults(&parts), [""; 0]);
}

#[test]
fn what_an_edit_does_not_have_is_not_drawn() {
    let parts = drawn(MANIFEST_FILE, &closed([]));
    assert!(!parts.contains("the rest of the edit"), "{parts}");
    let empty = TableInfo {
        smallest: Vec::new(),
        ..info(1)
    };
    let parts = drawn(MANIFEST_FILE, &closed([empty]));
    assert!(!parts.contains(" smallest "), "{parts}");
    assert!(parts.contains(" largest \"m\"\n"), "{parts}");
}

#[test]
fn of_a_damaged_manifest_nobody_says_what_is_there() {
    let parts = drawn(MANIFEST_FILE, &with(&manifest(), 60, 9));
    let crc32 = "24 crc32 0x657e3af7  <- the checksum of an edit does not match";
    assert_eq!(faults(&parts), [crc32]);
    assert!(parts.contains(" table 2 comes to level 0\n"), "{parts}");
    let cut = drawn(MANIFEST_FILE, &manifest()[..36]);
    let wrong = faults(&cut);
    assert_eq!(wrong[0], "16 proven 146  <- the file has 36 bytes");
    assert_eq!(wrong[1], "24 crc32 0x657e3af7  <- an edit is cut off");
    assert!(
        wrong[2].ends_with("<- cut off: 4 of 114 bytes are here"),
        "{wrong:?}"
    );
}
