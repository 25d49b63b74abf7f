//! What the files of a directory make up together, in lines.

use std::io::{self, Write};

use engine::layout::List;

use super::Show;
use super::survey::is_among_few;
use crate::fault::indented_within;

/// Draws lists: of each its heading, and the first few lines and the last, unless
/// all are asked for. No line is wider than the terminal.
pub(super) fn draw(lists: &[List], show: Show<'_>, out: &mut dyn Write) -> io::Result<()> {
    for List { heading, lines } in lists {
        writeln!(out, "{}", indented_within(show.width, heading, 0))?;
        let mut left_out = 0;
        for (number, line) in lines.iter().enumerate() {
            if !show.all && !is_among_few(number, lines.len()) {
                left_out += 1;
                continue;
            }
            if left_out > 0 {
                writeln!(out, "  … {left_out} more")?;
                left_out = 0;
            }
            writeln!(out, "  {}", cut_short(line, show.width.saturating_sub(2)))?;
        }
    }
    if !lists.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

/// A line in at most so many columns.
fn cut_short(line: &str, columns: usize) -> String {
    if line.chars().count() <= columns {
        return line.to_owned();
    }
    let head: String = line.chars().take(columns.saturating_sub(1)).collect();
    format!("{head}…")
}
