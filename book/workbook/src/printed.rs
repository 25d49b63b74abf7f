//! Printed output as readers see it.
//!
//! On a page, `[..]` and a line `...` stand for what differs from run to run:
//! that is for the gate which compares. Readers see `…` in their place. And what
//! a command prints as Markdown is shown as that, in a block marked
//! `console,markdown`. What is to be typed is plain text: to a highlighter for
//! shells, the `test` of `cargo test` is a word of the shell.

use std::ops::Range;

use crate::markdown::{Block, blocks};

/// The option of a block whose output is Markdown.
pub const MARKDOWN: &str = "markdown";

/// The languages of what is to be typed.
const TYPED: [&str; 2] = ["sh", "powershell"];

/// A page with its `console` and `sh` blocks as readers see them.
pub fn shown(page: &str) -> String {
    let blocks = blocks(page);
    let consoles: Vec<Console> = blocks.iter().filter_map(Console::of).collect();
    let typed = |line| {
        let at = blocks.iter().find(|block| block.line == line)?;
        TYPED.into_iter().find(|language| at.info == *language)
    };
    let mut out = String::with_capacity(page.len());
    for (i, line) in page.lines().enumerate() {
        let console = consoles.iter().find(|c| c.lines.contains(&(i + 1)));
        match (console, typed(i + 1)) {
            (Some(console), _) => console.push(i + 1, line, &mut out),
            (None, Some(language)) => {
                out.push_str(&line.replacen(language, "text", 1));
                out.push('\n');
            }
            (None, None) => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

/// A block and where it stands.
struct Console {
    /// Its lines, both fences included, counted from one.
    lines: Range<usize>,
    /// The first line of the output, if that is Markdown.
    markdown: Option<usize>,
}

impl Console {
    fn of(block: &Block) -> Option<Self> {
        let mut options = block.info.split(',').map(str::trim);
        if options.next() != Some("console") {
            return None;
        }
        let is_markdown = options.any(|option| option == MARKDOWN);
        let commands = block.text.lines().take_while(|l| l.starts_with("$ "));
        let output = block.text_line + commands.count();
        let end = block.text_line + block.text.lines().count();
        Some(Self {
            lines: block.line..end + 1,
            markdown: is_markdown.then_some(output),
        })
    }

    /// Adds a line of the block.
    fn push(&self, number: usize, line: &str, out: &mut String) {
        let (margin, words) = line.split_at(line.len() - line.trim_start().len());
        let is_end = number + 1 == self.lines.end;
        if self.markdown.is_some_and(|output| number >= output) && is_end {
            // The fence was closed before the output.
            return;
        }
        if self.markdown == Some(number) {
            out.push_str(margin);
            out.push_str("```\n\n");
        }
        out.push_str(margin);
        match words {
            "..." => out.push('…'),
            words => out.push_str(&words.replace("[..]", "…")),
        }
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_an_ellipsis_in_printed_output_alone() {
        let page = "`[..]` and\n\n```console,at=1.2\n$ x [..]\n[..] s, [..]\n...\n```\n\n\
                    ```text\n[..]\n...\n```\n";
        let readers = "`[..]` and\n\n```console,at=1.2\n$ x …\n… s, …\n…\n```\n\n\
                       ```text\n[..]\n...\n```\n";
        assert_eq!(shown(page), readers);
    }

    #[test]
    fn a_printed_table_is_a_table_behind_its_command() {
        let page =
            "- A\n\n  ```console,markdown\n  $ x\n  | a |\n  |---|\n  | `[..]` |\n  ```\n\nB\n";
        let readers =
            "- A\n\n  ```console,markdown\n  $ x\n  ```\n\n  | a |\n  |---|\n  | `…` |\n\nB\n";
        assert_eq!(shown(page), readers);
    }

    #[test]
    fn what_is_to_be_typed_is_plain_text() {
        let page = "- A\n\n  ```sh\n  cargo test\n  ```\n\n```powershell\nx\n```\n";
        let readers = "- A\n\n  ```text\n  cargo test\n  ```\n\n```text\nx\n```\n";
        assert_eq!(shown(page), readers);
    }

    #[test]
    fn a_page_that_shows_how_to_write_such_a_block_is_left_alone() {
        let page = "````markdown\n```console\n$ x\n[..]\n```\n````\n";
        assert_eq!(shown(page), page);
    }
}
