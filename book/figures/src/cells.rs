//! The entries of a map, one cell each, in the order of their keys.

use crate::svg::{Anchor, Drawing, WIDTH, tint};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The number of the group it belongs to; `None` for one that belongs to
    /// none.
    pub group: Option<usize>,
    /// Words that point at it; the cell then stands out.
    pub note: Option<String>,
}

/// Cells in a row.
const ROW: usize = 32;
const SIDE: usize = (WIDTH - 4) / ROW;
const HEIGHT: usize = SIDE + 3;
/// The room that a group's title takes.
const TITLE: usize = 18;

/// Entries in rows. A new group begins a new row, beneath `titles[group]`. A
/// cell without a group hangs below the row, in the gap where its key belongs.
pub fn rows(cells: &[Cell], titles: &[String]) -> Drawing {
    let mut drawing = Drawing::default();
    let (mut column, mut y, mut current) = (0, 0, None);
    let mut notes: Vec<Note<'_>> = Vec::new();
    for cell in cells {
        let begins = cell.group.filter(|group| current != Some(*group));
        if let Some(group) = begins {
            if current.is_some() {
                y = below(&mut drawing, y, &mut notes);
            }
            drawing.text("small", Anchor::Start, 2, y + 12, &titles[group]);
            (column, current) = (0, Some(group));
            y += TITLE;
        } else if column == ROW && cell.group.is_some() {
            y = below(&mut drawing, y, &mut notes);
            column = 0;
        }
        let x = 2 + column * SIDE;
        let text = cell.note.as_deref();
        if let Some(group) = cell.group {
            let strong = if text.is_some() { " strong" } else { "" };
            let class = format!("{}{strong}", tint(group));
            drawing.rect(&class, x, y, SIDE - 2, HEIGHT);
            column += 1;
            notes.extend(text.map(|text| Note {
                x: x + SIDE / 2 - 1,
                text,
                hangs: false,
            }));
        } else {
            notes.push(Note {
                x: x - 1,
                text: text.unwrap_or_default(),
                hangs: true,
            });
        }
    }
    below(&mut drawing, y, &mut notes);
    drawing
}

/// What stands beneath a row.
struct Note<'a> {
    /// Where it points at.
    x: usize,
    text: &'a str,
    /// Whether a cell of its own hangs there.
    hangs: bool,
}

/// Ends a row: writes its notes beneath their cells, each on a line of its own,
/// and answers where the next row begins.
fn below(drawing: &mut Drawing, y: usize, notes: &mut Vec<Note<'_>>) -> usize {
    let bottom = y + HEIGHT;
    let mut line = bottom;
    for note in notes.drain(..) {
        line += 17;
        let (x, top) = (note.x, line - HEIGHT + 2);
        drawing.path("stroke", &format!("M{x} {bottom} V{top}"));
        if note.hangs {
            drawing.rect("missed", x - SIDE / 2 + 1, top, SIDE - 2, HEIGHT);
        }
        let (anchor, at) = if x > WIDTH / 2 {
            (Anchor::End, x - 8)
        } else {
            (Anchor::Start, x + 8)
        };
        drawing.text("small", anchor, at, line, note.text);
    }
    line + 3
}
