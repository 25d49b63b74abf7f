//! Files: byte for byte in the colours of their fields, or as what they are
//! made of.

use std::fmt;
use std::ops::Range;

use engine::layout::{Draw, Format, Part, Value};

use crate::svg::{Anchor, Drawing, WIDTH, fitting, tint};

/// Bytes of a file that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Where they stand.
    pub range: Range<usize>,
    /// What the field is called.
    pub label: String,
    /// What these bytes say.
    pub meaning: String,
    /// The number of its colour; fields that belong together share one.
    pub tint: usize,
}

impl Field {
    /// A field of `len` bytes from `start` on.
    pub fn new(
        start: usize,
        len: usize,
        label: &str,
        meaning: impl Into<String>,
        tint: usize,
    ) -> Self {
        Field {
            range: start..start + len,
            label: label.to_owned(),
            meaning: meaning.into(),
            tint,
        }
    }
}

/// A file taken apart as its format says. A length and what it is the length of
/// (`key_len`, `key`) share a colour.
pub fn dissected(format: &Format, file: &[u8]) -> Vec<Field> {
    let mut fields = Fields::default();
    (format.dissect)(file, &mut fields);
    fields.fields
}

/// Collects the parts of a file.
#[derive(Debug, Default)]
struct Fields {
    fields: Vec<Field>,
    /// What has a colour so far, in its order.
    stems: Vec<&'static str>,
}

impl Draw for Fields {
    fn group(&mut self, _offset: usize, _name: fmt::Arguments<'_>) {}

    fn part(&mut self, part: Part<'_>) {
        let stem = part.name.strip_suffix("_len").unwrap_or(part.name);
        let tint = self.stems.iter().position(|known| *known == stem);
        let tint = tint.unwrap_or_else(|| {
            self.stems.push(stem);
            self.stems.len() - 1
        });
        let meaning = match (part.fault, part.value) {
            (Some(fault), _) => fault,
            (None, Value::Number(number)) => number.to_string(),
            (None, Value::Checksum(sum)) => format!("{sum:#010x}"),
            (None, Value::Bytes) => part.bytes.escape_ascii().to_string(),
        };
        // An empty value has no bytes to draw; its length says so.
        if !part.bytes.is_empty() {
            let len = part.bytes.len();
            let field = Field::new(part.offset, len, part.name, meaning, tint);
            self.fields.push(field);
        }
    }
}

/// Bytes in a row of a file.
const ROW: usize = 8;
const MARGIN: usize = 28;
const CELL: usize = (WIDTH - MARGIN) / ROW;
const CELL_HEIGHT: usize = 20;
const ROW_HEIGHT: usize = CELL_HEIGHT + 32;

/// A whole file: offsets, bytes in hex, above them the name of each field and
/// below what it says.
///
/// # Panics
///
/// Panics where the fields do not cover the file, each byte once and in order:
/// such a picture would be wrong.
pub fn file(bytes: &[u8], fields: &[Field]) -> Drawing {
    let mut at = 0;
    for field in fields {
        assert_eq!(
            field.range.start, at,
            "`{}` begins where the last field ends",
            field.label
        );
        at = field.range.end;
    }
    assert_eq!(at, bytes.len(), "the last field ends with the file");
    let mut drawing = Drawing::default();
    for field in fields {
        let mut start = field.range.start;
        while start < field.range.end {
            let end = field.range.end.min((start / ROW + 1) * ROW);
            let is_first = start == field.range.start;
            run(&mut drawing, field, start..end, is_first, bytes);
            start = end;
        }
    }
    for row in 0..bytes.len().div_ceil(ROW) {
        let y = row * ROW_HEIGHT + 13 + CELL_HEIGHT - 6;
        let offset = (row * ROW).to_string();
        drawing.text("quiet small", Anchor::End, MARGIN - 6, y, &offset);
    }
    drawing
}

/// The part of a field that stands in one row.
fn run(drawing: &mut Drawing, field: &Field, part: Range<usize>, is_first: bool, bytes: &[u8]) {
    let x = MARGIN + part.start % ROW * CELL;
    let y = part.start / ROW * ROW_HEIGHT + 13;
    let width = part.len() * CELL - 2;
    drawing.rect(&tint(field.tint), x, y, width, CELL_HEIGHT);
    for (i, byte) in bytes[part].iter().enumerate() {
        let hex = format!("{byte:02x}");
        let middle = x + i * CELL + CELL / 2 - 1;
        drawing.text("mono", Anchor::Middle, middle, y + CELL_HEIGHT - 6, &hex);
    }
    let middle = x + width / 2;
    let (label, meaning) = if is_first {
        (field.label.as_str(), field.meaning.as_str())
    } else {
        ("…", "")
    };
    let fit = |text| fitting(text, width + 10, 9);
    // A name longer than its field must not run into the next one's.
    let is_wide = label.chars().count() * 5 > width;
    let class = if is_wide { "tight" } else { "small" };
    drawing.text(class, Anchor::Middle, middle, y - 3, &fit(label));
    if !meaning.is_empty() {
        let y = y + CELL_HEIGHT + 10;
        drawing.text("quiet small", Anchor::Middle, middle, y, &fit(meaning));
    }
}

/// What a stretch of a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// How many bytes.
    pub len: usize,
    /// The class it is drawn in, such as `tint0` or `garbage`.
    pub class: String,
    /// What stands in it, where there is room.
    pub label: String,
}

/// A file in a row of its own, drawn to scale, and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extent {
    /// The stretches, from its beginning.
    pub stretches: Vec<Stretch>,
    /// A few words behind it.
    pub words: String,
}

const EXTENT_WIDTH: usize = 128;
const EXTENT_HEIGHT: usize = 22;

/// Files beneath each other, all to the same scale: the longest that there is
/// room for has `len_max` bytes. Their whole length is outlined.
pub fn extents(files: &[Extent], len_max: usize) -> Drawing {
    let scaled = |at: usize| at * EXTENT_WIDTH / len_max.max(1);
    let mut drawing = Drawing::default();
    for (row, file) in files.iter().enumerate() {
        let y = row * EXTENT_HEIGHT + 1;
        drawing.rect("outline", 1, y, EXTENT_WIDTH, EXTENT_HEIGHT - 6);
        let mut at = 0;
        for stretch in &file.stretches {
            let (left, right) = (scaled(at), scaled(at + stretch.len));
            at += stretch.len;
            let width = right - left;
            drawing.rect(&stretch.class, 1 + left, y, width, EXTENT_HEIGHT - 6);
            let label = &stretch.label;
            if width >= 14 {
                drawing.text("small", Anchor::Middle, 1 + left + width / 2, y + 12, label);
            }
        }
        drawing.text(
            "small",
            Anchor::Start,
            EXTENT_WIDTH + 10,
            y + 12,
            &file.words,
        );
    }
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "`b` begins where the last field ends")]
    fn a_byte_that_no_field_owns_is_no_picture() {
        let fields = [Field::new(0, 1, "a", "", 0), Field::new(2, 1, "b", "", 1)];
        file(&[0; 3], &fields);
    }
}
