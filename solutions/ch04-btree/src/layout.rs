//! The file row by row, for whoever draws it.

use engine::layout::{Draw, Format, Row, Walk};

use crate::meta::{FILE, MAGIC};

/// The file with the pages, or one that is not finished.
pub const PAGES_FILE: Format = Format {
    name: "pages file",
    is_named: |name| [FILE, "pages.new"].contains(&name),
    magic: &MAGIC,
    dissect: |file, draw| dissect(file, draw),
};

fn dissect(file: &[u8], draw: &mut dyn Draw) {
    let mut walk = Walk::new(file, draw);
    walk.group(format_args!("pages"));
    walk.bytes(&Row::open("pages", "of all kinds"), file.len() as u64);
}
