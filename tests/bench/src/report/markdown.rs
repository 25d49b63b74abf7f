//! A page as Markdown, which reads well as text, too.

use std::fmt::Write;

use super::page::{Block, Entry, Page, Table};

/// Writes the page down.
pub fn markdown(page: &Page) -> String {
    let mut text = format!(
        "# {}\n\n{}\n",
        escaped(&page.title),
        escaped(&page.subtitle)
    );
    for block in &page.blocks {
        write_block(&mut text, block);
    }
    text
}

fn write_block(text: &mut String, block: &Block) {
    let written = match block {
        Block::Heading(level, heading) => {
            writeln!(
                text,
                "\n{} {}",
                "#".repeat((*level).into()),
                escaped(heading)
            )
        }
        Block::Text(paragraph) => writeln!(text, "\n{}", escaped(paragraph)),
        Block::Alert(about, what) => {
            text.push_str(&format!("\n**{}**\n\n", escaped(about)));
            what.iter()
                .try_for_each(|one| writeln!(text, "- {}", escaped(one)))
        }
        Block::Terms(terms) => {
            text.push('\n');
            let mut terms = terms.iter();
            terms.try_for_each(|(term, what)| {
                writeln!(text, "- {}: {}", escaped(term), escaped(what))
            })
        }
        Block::Table(table) => {
            write_table(text, table);
            Ok(())
        }
        // The tables say all that the plots say.
        Block::Plots(_) => Ok(()),
        Block::Folded(_, blocks) => {
            blocks.iter().for_each(|block| write_block(text, block));
            Ok(())
        }
    };
    written.expect("a string takes everything");
}

fn write_table(text: &mut String, table: &Table) {
    text.push_str(&format!("\n{}\n\n", escaped(&table.caption)));
    let heads: Vec<String> = table.heads.iter().map(|head| escaped(&head.text)).collect();
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| row.iter().map(entry).collect())
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let cells = cells.chain(heads.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
            .max(3)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut line = |cells: &[String]| {
        text.push('|');
        for ((cell, head), width) in cells.iter().zip(&table.heads).zip(&widths) {
            let padding = " ".repeat(width - cell.chars().count().min(*width));
            text.push_str(&match head.is_figures {
                true => format!(" {padding}{cell} |"),
                false => format!(" {cell}{padding} |"),
            });
        }
        text.push('\n');
    };
    line(&heads);
    let rule = |(head, width): (&super::page::Head, &usize)| match head.is_figures {
        true => format!("{}:", "-".repeat(width - 1)),
        false => "-".repeat(*width),
    };
    let rules: Vec<String> = table.heads.iter().zip(&widths).map(rule).collect();
    line(&rules);
    rows.iter().for_each(|row| line(row));
}

fn entry(entry: &Entry) -> String {
    let entry = &Entry {
        text: entry.text.replace('\n', "; "),
        ..entry.clone()
    };
    let text = match entry.is_strong {
        true => format!("**{}**", escaped(&entry.text)),
        false => escaped(&entry.text),
    };
    match entry.note.is_empty() {
        true => text,
        false => format!("{text} ({})", escaped(&entry.note)),
    }
}

/// Without what Markdown or HTML would read as theirs.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let is_inner = at > 0 && text[..at].ends_with(char::is_alphanumeric);
        match character {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '|' | '*' | '`' | '\\' | '[' | ']' => escaped.extend(['\\', character]),
            '_' if !is_inner => escaped.extend(['\\', '_']),
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_report_reads_as_markdown() {
        insta::assert_snapshot!(markdown(&Page::of(&fixture::report())));
    }

    #[test]
    fn what_others_wrote_stays_text() {
        let text = escaped("a|b <i>*c*</i> `d` [e](f) _g_ h_i\nj");
        assert_eq!(
            text,
            "a\\|b &lt;i>\\*c\\*&lt;/i> \\`d\\` \\[e\\](f) \\_g_ h_i j"
        );
    }
}
