//! Markdown as a terminal shows it: a hint, or a page.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use textwrap::core::display_width;
use textwrap::{Options, WordSplitter};

use super::html::{self, Piece};
use super::{options, slug, table};
use crate::fault::width;
use crate::paint;

/// How a text is shown.
pub struct Show<'s> {
    /// What a link leads to, in a word behind its text; `None` for nothing.
    pub link: &'s dyn Fn(&str) -> Option<String>,
    /// Which of the folded blocks are shown, counted from 1.
    pub unfold: &'s dyn Fn(usize) -> bool,
    /// Shows the part behind the heading with this anchor alone.
    pub part: Option<&'s str>,
}

impl std::fmt::Debug for Show<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Show")
            .field("part", &self.part)
            .finish_non_exhaustive()
    }
}

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The text, as wide as the terminal.
    pub text: String,
    /// Whether a folded block was left folded.
    pub is_folded: bool,
    /// How many folded blocks the whole text has.
    pub folds: usize,
}

/// A text in which nothing is folded and links are their text.
pub fn plain(text: &str) -> String {
    let show = Show {
        link: &|_| None,
        unfold: &|_| true,
        part: None,
    };
    shown(text, &show).text
}

/// Paragraphs, list items and tables filled to the terminal's width, code as
/// it is; `backticks` stay, emphasis goes.
pub fn shown(text: &str, show: &Show<'_>) -> Shown {
    let mut page = Page::new(show);
    for event in Parser::new_ext(text, options()) {
        page.add(event);
    }
    Shown {
        text: page.out.trim_end().to_owned(),
        is_folded: page.is_folded,
        folds: page.folds,
    }
}

struct Page<'s> {
    show: &'s Show<'s>,
    out: String,
    /// The paragraph, heading, item or cell that is being read.
    inline: String,
    /// What stands in front of its first line: a bullet, a number.
    bullet: String,
    /// How far each open list is indented, and its next number, if it has any.
    lists: Vec<(usize, Option<u64>)>,
    /// How many quotations are open, each of which indents by two.
    quotes: usize,
    /// The block of code, or of HTML, that is being read.
    block: Option<String>,
    /// The anchor that the open heading names.
    anchor: Option<String>,
    /// Where the open links lead.
    links: Vec<String>,
    /// The table that is being read: its rows, and their cells.
    rows: Vec<Vec<String>>,
    /// How many folded blocks there were, and which are open.
    folds: usize,
    open: Vec<usize>,
    is_folded: bool,
    part: Part,
}

/// Whether the part that is shown has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Before,
    /// Behind a heading of this level.
    Within(usize),
    Whole,
    Behind,
}

impl<'s> Page<'s> {
    fn new(show: &'s Show<'s>) -> Self {
        Self {
            show,
            out: String::new(),
            inline: String::new(),
            bullet: String::new(),
            lists: Vec::new(),
            quotes: 0,
            block: None,
            anchor: None,
            links: Vec::new(),
            rows: Vec::new(),
            folds: 0,
            open: Vec::new(),
            is_folded: false,
            part: match show.part {
                Some(_) => Part::Before,
                None => Part::Whole,
            },
        }
    }

    fn add(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Html(text) => match &mut self.block {
                Some(block) => block.push_str(&text),
                None => self.inline.push_str(&text),
            },
            Event::Code(code) => self.inline.push_str(&format!("`{code}`")),
            Event::FootnoteReference(name) => self.inline.push_str(&format!("[{name}]")),
            Event::SoftBreak | Event::HardBreak => self.inline.push(' '),
            Event::Rule => self.print(&"-".repeat(width() - self.indent())),
            Event::Start(tag) => self.begin(tag),
            Event::End(tag) => self.end(tag),
            _ => {}
        }
    }

    fn begin(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::List(first) => {
                self.flush();
                self.lists.push((self.indent(), first));
            }
            Tag::Item => self.begin_item(),
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) | Tag::HtmlBlock => {
                self.flush();
                self.block = Some(String::new());
            }
            Tag::Heading { id, .. } => self.anchor = id.map(|id| id.to_string()),
            Tag::BlockQuote(_) | Tag::DefinitionListDefinition => self.quotes += 1,
            Tag::Link { dest_url, .. } => self.links.push(dest_url.into_string()),
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::CodeBlock => self.code(),
            TagEnd::HtmlBlock => self.html(),
            TagEnd::List(_) => {
                self.lists.pop();
                self.blank();
            }
            TagEnd::Heading(level) => self.heading(level as usize),
            TagEnd::Paragraph => {
                self.flush();
                self.blank();
            }
            TagEnd::Item | TagEnd::DefinitionListTitle => self.flush(),
            TagEnd::BlockQuote(_) | TagEnd::DefinitionListDefinition => {
                self.flush();
                self.quotes = self.quotes.saturating_sub(1);
                self.blank();
            }
            TagEnd::Link => {
                let link = self.links.pop().unwrap_or_default();
                if let Some(name) = (self.show.link)(&link)
                    && !self.inline.ends_with(&name)
                {
                    self.inline.push_str(&format!(" [{name}]"));
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.inline);
                self.rows
                    .last_mut()
                    .into_iter()
                    .for_each(|row| row.push(cell.clone()));
            }
            TagEnd::Table => {
                let margin = self.indent();
                let rows = std::mem::take(&mut self.rows);
                let drawn = table::drawn(&rows, width() - margin);
                self.print(&drawn);
                self.blank();
            }
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
        let outside = 2 * self.quotes;
        self.lists.last().map_or(outside, bullet)
    }

    /// Whether text is shown here: in the part that was asked for, and in no
    /// block that is folded.
    fn is_shown(&self) -> bool {
        let in_part = matches!(self.part, Part::Within(_) | Part::Whole);
        in_part && self.open.iter().all(|number| (self.show.unfold)(*number))
    }

    fn print(&mut self, text: &str) {
        if self.is_shown() {
            let margin = " ".repeat(self.indent());
            for line in text.lines() {
                self.out.push_str(format!("{margin}{line}").trim_end());
                self.out.push('\n');
            }
        }
    }

    /// An empty line, except within a list.
    fn blank(&mut self) {
        let has_one = self.out.is_empty() || self.out.ends_with("\n\n");
        if self.lists.is_empty() && self.is_shown() && !has_one {
            self.out.push('\n');
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.inline);
        if text.trim().is_empty() {
            return;
        }
        let margin = " ".repeat(self.indent());
        let bullet = std::mem::take(&mut self.bullet);
        if !self.is_shown() {
            return;
        }
        let first = if bullet.is_empty() { &margin } else { &bullet };
        let options = Options::new(width())
            .initial_indent(first)
            .subsequent_indent(&margin)
            .word_splitter(WordSplitter::NoHyphenation)
            .break_words(false);
        self.out.push_str(&textwrap::fill(text.trim(), &options));
        self.out.push('\n');
    }

    fn heading(&mut self, level: usize) {
        let text = std::mem::take(&mut self.inline);
        self.enter(&text, level);
        let rule = match level {
            1 => "=",
            2 => "-",
            _ => "",
        };
        let wide = display_width(&text).min(width());
        self.blank();
        self.print(&format!("{}\n{}", paint::heading(&text), rule.repeat(wide)));
        self.blank();
    }

    /// The part that was asked for goes on to the next heading of its level.
    fn enter(&mut self, heading: &str, level: usize) {
        let anchor = self.anchor.take().unwrap_or_else(|| slug(heading));
        self.part = match self.part {
            Part::Before if self.show.part == Some(anchor.as_str()) => Part::Within(level),
            Part::Within(outer) if level <= outer => Part::Behind,
            part => part,
        };
    }

    /// Code is indented by four columns, or by less, where it fits then.
    fn code(&mut self) {
        let code = self.block.take().unwrap_or_default();
        let room = width().saturating_sub(self.indent());
        let widest = code.lines().map(display_width).max().unwrap_or(0);
        let fits = |margin: &&str| widest + margin.len() <= room;
        let margin = ["    ", "  "].into_iter().find(fits).unwrap_or_default();
        for line in code.lines() {
            self.print(&format!("{margin}{line}"));
        }
        if self.is_shown() {
            self.out.push('\n');
        }
    }

    /// Folded blocks, figures, and whatever words stand between other tags.
    fn html(&mut self) {
        let block = self.block.take().unwrap_or_default();
        for piece in html::pieces(&block) {
            match piece {
                Piece::Fold(summary) => self.fold(&summary),
                Piece::Unfold => drop(self.open.pop()),
                Piece::Words(words) => {
                    self.inline = words;
                    self.flush();
                }
            }
        }
        self.blank();
    }

    fn fold(&mut self, summary: &str) {
        self.folds += 1;
        let is_open = (self.show.unfold)(self.folds);
        let sign = if is_open { '-' } else { '+' };
        self.is_folded |= !is_open && self.is_shown();
        self.inline = format!("[{sign}{}] {summary}", self.folds);
        self.flush();
        self.blank();
        self.open.push(self.folds);
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
        insta::assert_snapshot!(plain(text), @r"
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

    #[test]
    fn code_is_indented_by_less_where_it_fits_then() {
        for (wide, margin) in [(76, 4), (77, 2), (78, 2), (79, 0), (80, 0), (81, 0)] {
            let code = "x".repeat(wide);
            let shown = plain(&format!("Text.\n\n```text\n{code}\n```\n\nMore.\n"));
            let expected = format!("Text.\n\n{}{code}\n\nMore.", " ".repeat(margin));
            assert_eq!(shown, expected);
        }
    }

    const PAGE: &str = "# A page\n\nSee [batch](../glossary.md#batch) and \
        [the web](https://example.org).\n\n| a | what it is |\n|---|---|\n| `x` | one |\n\n\
        <details class=\"answer\">\n<summary>Why is <code>x</code> &lt; 2?</summary>\n\n\
        Because.\n\n</details>\n\n<svg role=\"img\">\n<title>Boxes</title>\n\
        <desc>One in the other.</desc>\n<text>x</text>\n</svg>\n\n## More {#more}\n\n> Said.\n\n\
        <div class=\"exercise\" data-exercise=\"1.1\"></div>\n\n## The end\n\nGone.\n";

    fn page(unfold: bool, part: Option<&str>) -> String {
        let show = Show {
            link: &|link| link.strip_prefix("../").map(|page| page[..8].to_owned()),
            unfold: &|_| unfold,
            part,
        };
        let shown = shown(PAGE, &show);
        assert_eq!(shown.is_folded, !unfold && part.is_none());
        paint::plain(&shown.text)
    }

    #[test]
    fn a_page_has_headings_tables_folds_and_figures_in_words() {
        insta::assert_snapshot!(page(false, None));
        assert!(page(true, None).contains("[-1] Why is x < 2?\n\nBecause.\n"));
    }

    #[test]
    fn a_part_ends_before_the_next_of_its_level() {
        assert_eq!(page(false, Some("more")), "More\n----\n\n  Said.");
    }
}
