//! A hint's Markdown as a terminal shows it.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use textwrap::{Options, WordSplitter};

use crate::fault::width;

/// Paragraphs and list items filled to the terminal's width, code as it is;
/// `backticks` stay, emphasis goes.
pub(super) fn shown(text: &str) -> String {
    let mut page = Page::default();
    for event in Parser::new(text) {
        page.add(event);
    }
    page.out.trim_end().to_owned()
}

#[derive(Default)]
struct Page {
    out: String,
    /// The paragraph or item that is being read.
    inline: String,
    /// What stands in front of its first line: a bullet, a number.
    bullet: String,
    /// How far each open list is indented, and its next number, if it has any.
    lists: Vec<(usize, Option<u64>)>,
    in_code: bool,
}

impl Page {
    fn add(&mut self, event: Event<'_>) {
        match event {
            Event::Text(code) if self.in_code => self.code(&code),
            Event::Text(text) => self.inline.push_str(&text),
            Event::Code(code) => self.inline.push_str(&format!("`{code}`")),
            Event::SoftBreak | Event::HardBreak => self.inline.push(' '),
            Event::Start(Tag::List(first)) => {
                self.flush();
                self.lists.push((self.indent(), first));
            }
            Event::Start(Tag::Item) => self.begin_item(),
            Event::Start(Tag::CodeBlock(_)) => self.in_code = true,
            Event::End(TagEnd::CodeBlock) => {
                self.in_code = false;
                self.out.push('\n');
            }
            Event::End(TagEnd::List(_)) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.out.push('\n');
                }
            }
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_)) => {
                self.flush();
                if self.lists.is_empty() {
                    self.out.push('\n');
                }
            }
            Event::End(TagEnd::Item) => self.flush(),
            _ => {}
        }
    }

    fn begin_item(&mut self) {
        self.flush();
        let Some((indent, number)) = self.lists.last_mut() else {
            return;
        };
        let margin = " ".repeat(*indent);
        self.bullet = match number {
            Some(number) => {
                *number += 1;
                format!("{margin}{}. ", *number - 1)
            }
            None => format!("{margin}- "),
        };
    }

    /// Where text begins: behind the bullets of the lists that it is in.
    fn indent(&self) -> usize {
        let bullet = |(indent, number): &(usize, Option<u64>)| {
            indent
                + if number.is_some() {
                    "1. ".len()
                } else {
                    "- ".len()
                }
        };
        self.lists.last().map_or(0, bullet)
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.inline);
        if text.trim().is_empty() {
            return;
        }
        let margin = " ".repeat(self.indent());
        let bullet = std::mem::take(&mut self.bullet);
        let first = if bullet.is_empty() { &margin } else { &bullet };
        let options = Options::new(width())
            .initial_indent(first)
            .subsequent_indent(&margin)
            .word_splitter(WordSplitter::NoHyphenation)
            .break_words(false);
        self.out.push_str(&textwrap::fill(text.trim(), &options));
        self.out.push('\n');
    }

    fn code(&mut self, code: &str) {
        self.flush();
        let margin = " ".repeat(self.indent() + 4);
        for line in code.lines() {
            self.out.push_str(format!("{margin}{line}").trim_end());
            self.out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_filled_and_emphasis_is_gone() {
        let text = "What *stays*, and `what` is **replaced**?\nOne line\nmore.\n\n\
            1. The first, which is so long that it does not fit into eighty columns at all, \
            and goes on.\n2. The second:\n   - a part of it;\n   - another.\n\nThe end:\n\n\
            ```rust\nfn f() {\n    g();\n}\n```\n";
        insta::assert_snapshot!(shown(text), @r"
        What stays, and `what` is replaced? One line more.

        1. The first, which is so long that it does not fit into eighty columns at all,
           and goes on.
        2. The second:
           - a part of it;
           - another.

        The end:

            fn f() {
                g();
            }
        ");
    }
}
