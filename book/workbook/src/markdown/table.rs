//! A table in columns, its cells wrapped where it would be too wide.

use textwrap::core::display_width;

use crate::paint;

/// Between two columns.
const GAP: usize = 2;
/// No column is made narrower than this.
const NARROWEST: usize = 6;

/// The rows, the first of which is the head, in so many columns of text.
pub(super) fn drawn(rows: &[Vec<String>], width: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
    let widest = |column| {
        rows.iter()
            .map(|row| display_width(&cell(row, column)))
            .max()
    };
    let mut widths: Vec<usize> = (0..columns).map(|c| widest(c).unwrap_or(0)).collect();
    let gaps = GAP * columns.saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        let Some(most) = widths.iter_mut().max().filter(|most| **most > NARROWEST) else {
            break;
        };
        *most -= 1;
    }
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        let wrapped: Vec<Vec<String>> = (0..columns)
            .map(|column| {
                let cell = cell(row, column);
                let lines = textwrap::wrap(&cell, widths[column].max(1));
                lines.into_iter().map(Into::into).collect()
            })
            .collect();
        let high = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..high {
            let mut text = String::new();
            for (cell, width) in wrapped.iter().zip(&widths) {
                let part = cell.get(line).map_or("", String::as_str);
                text.push_str(part);
                text.push_str(&" ".repeat(width.saturating_sub(display_width(part)) + GAP));
            }
            let text = text.trim_end();
            out.push_str(&match number {
                0 => paint::heading(text),
                _ => text.to_owned(),
            });
            out.push('\n');
        }
        if number == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            out.push_str(&rules.join(&" ".repeat(GAP)));
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_wide_is_wrapped_in_its_column() {
        let rows = [["a", "what it is"], ["x", "one word after the other"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        insta::assert_snapshot!(paint::plain(&drawn(&rows, 16)), @r"
        a  what it is
        -  -------------
        x  one word
           after the
           other
        ");
    }
}
