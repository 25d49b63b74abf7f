//! How much there was, and of which kind, at one moment after the other.

use crate::svg::{Anchor, Drawing, WIDTH, tint};

/// How high the highest column is.
const HEIGHT: usize = 150;
/// How wide a column is.
const COLUMN: usize = 3;
/// Where the first column stands.
const LEFT: usize = 2;
/// The room above the columns.
const TOP: usize = 8;

/// The most columns that there is room for.
pub const COLUMNS_MAX: usize = (WIDTH - LEFT) / COLUMN;

/// A word beneath a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Which column it is about.
    pub column: usize,
    /// What is said of it.
    pub lines: Vec<String>,
}

/// Columns side by side, each of them parts on top of each other, the first one
/// at the bottom. `names` are the parts', those that are empty everywhere left
/// out.
pub fn stacked(columns: &[Vec<u64>], names: &[&str], marks: &[Mark]) -> Drawing {
    let mut drawing = Drawing::default();
    let sums = columns.iter().map(|column| column.iter().sum::<u64>());
    let most = sums.max().unwrap_or(0).max(1);
    let bottom = TOP + HEIGHT;
    for (index, column) in columns.iter().enumerate() {
        let (x, mut below) = (LEFT + index * COLUMN, 0);
        for (part, bytes) in column.iter().enumerate() {
            let (from, to) = (scaled(below, most), scaled(below + bytes, most));
            below += bytes;
            if to > from {
                drawing.rect(&tint(part), x, bottom - to, COLUMN, to - from);
            }
        }
    }
    let mut x = LEFT;
    let y = bottom + 14;
    let is_used = |part: &usize| columns.iter().any(|column| column[*part] > 0);
    for part in (0..names.len()).filter(is_used) {
        drawing.rect(&tint(part), x, y - 8, 9, 9);
        drawing.text("small", Anchor::Start, x + 13, y, names[part]);
        x += 24 + names[part].len() * 6;
    }
    for mark in marks {
        let x = LEFT + mark.column * COLUMN + 1;
        drawing.path("stroke", &format!("M{x} {} V{}", y + 6, y + 16));
        let (anchor, at) = match x > WIDTH / 3 {
            true => (Anchor::End, x + 2),
            false => (Anchor::Start, x - 2),
        };
        for (line, text) in mark.lines.iter().enumerate() {
            drawing.text("small", anchor, at, y + 30 + 14 * line, text);
        }
    }
    drawing
}

/// How high so many bytes are.
fn scaled(bytes: u64, most: u64) -> usize {
    let height = u128::from(bytes) * HEIGHT as u128 / u128::from(most);
    usize::try_from(height).expect("no column is higher than the picture")
}
