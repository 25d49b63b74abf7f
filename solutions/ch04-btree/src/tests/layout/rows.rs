//! Pages of every kind, row by row.

use std::ops::Range;

use super::*;
use crate::layout::shown;

#[test]
fn pages_of_every_kind_are_drawn_row_by_row() {
    let disk = SimDisk::new();
    let tree = open(&disk);
    for number in 0..7 {
        let key = format!("{}{number}", "k".repeat(33));
        tree.put(key.as_bytes(), b"8 bytes.").unwrap();
    }
    tree.put(b"long", &[b'l'; 300]).unwrap();
    tree.sync().unwrap();
    tree.put(b"short", b"").unwrap();
    close(tree);
    let parts = drawn(&file_on(&disk));
    assert_eq!(faults(&parts), [""; 0]);
    assert_eq!(lines_of(&parts, 1113..1188), CELLS_OF_A_LEAF);
    assert_eq!(lines_of(&parts, 1478..1536), CELLS_ABOVE);
    assert_eq!(lines_of(&parts, 1544..1792), LIST_OF_NINE);
    assert_eq!(lines_of(&parts, 3592..3840), LAST_PIECE);
    assert_eq!(lines_of(&parts, 3864..4096), FIRST_PIECE);
}

/// The lines about these bytes, of each at most 60 characters.
fn lines_of(parts: &str, bytes: Range<usize>) -> String {
    let mut lines = String::new();
    for line in parts.lines() {
        let (at, _) = line.trim_start().split_once(' ').unwrap();
        if bytes.contains(&at.parse().unwrap()) {
            let end = if line.len() > 60 { "…" } else { "" };
            lines.extend(line.chars().take(60).chain(end.chars()).chain(['\n']));
        }
    }
    lines
}

const CELLS_OF_A_LEAF: &str = r#"  1113 page 4: "short"
  1113 key_len 5
  1115 rest_len 0
  1117 key "short"
  1122 page 4: "long", in a chain
  1122 key_len 4
  1124 rest_len 32780
  1126 key "long"
  1130 len 300
  1134 first 15
  1142 page 4: "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"…
  1142 key_len 34
  1144 rest_len 8
  1146 key "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk6"
  1180 value "8 bytes."
"#;
const CELLS_ABOVE: &str = r#"  1478 page 5: child 4 from "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…
  1478 key_len 34
  1480 rest_len 8
  1482 key "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk4"
  1516 child 4
  1524 page 5: child 7 from ""
  1524 key_len 0
  1526 rest_len 8
  1528 child 7
"#;
const LIST_OF_NINE: &str = r#"  1544 commit 10
  1552 kind 4
  1553 zeros "\x00\x00\x00"
  1556 next 0
  1560 count 9
  1564 numbers 3
  1568 numbers 16
  1572 numbers 17
  1576 numbers 13
  1580 numbers 12
  1584 numbers 11
  1588 numbers 10
  1592 numbers 9
  1596 numbers 8
  1600 unused "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\…
"#;
const LAST_PIECE: &str = r#"  3592 commit 9
  3600 kind 3
  3601 zeros "\x00\x00\x00"
  3604 len 76
  3608 next 0
  3616 piece "llllllllllllllllllllllllllllllllllllllllllllll…
  3692 unused "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\…
"#;
const FIRST_PIECE: &str = r#"  3864 next 14
  3872 piece "llllllllllllllllllllllllllllllllllllllllllllll…
"#;

#[test]
fn of_a_long_key_its_front_is_shown() {
    assert_eq!(shown(b"key\n", 4), r#""key\n""#);
    assert_eq!(shown(b"longer", 4), r#""long"…"#);
    assert_eq!(shown(b"", 4), r#""""#);
}

#[test]
fn of_a_page_that_is_full_nothing_is_drawn_as_free() {
    for (len, is_full) in [(34, false), (35, true)] {
        let disk = SimDisk::new();
        let tree = open(&disk);
        let value = [b'v'; 35];
        let mut puts = ["a", "b", "c", "d"]
            .map(|key| Write::put(key, &value))
            .to_vec();
        puts.push(Write::put(b"e", &value[..len]));
        tree.write(&puts).unwrap();
        close(tree);
        let parts = drawn(&file_on(&disk));
        assert!(parts.contains("leaf, 5 entries\n"), "{parts}");
        assert_eq!(parts.contains(" free "), !is_full, "{parts}");
    }
}
