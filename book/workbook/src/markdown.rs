//! Small questions to Markdown, answered by the parser that mdBook uses.

mod html;
mod table;
pub mod terminal;

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

/// A heading of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1 for the title.
    pub level: usize,
    /// Its text, without formatting.
    pub text: String,
    /// Its line, counted from one.
    pub line: usize,
}

/// A fenced block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What stands behind the fence.
    pub info: String,
    /// The text between the fences.
    pub text: String,
    /// The line of the opening fence, counted from one.
    pub line: usize,
    /// The first line of the text.
    pub text_line: usize,
}

/// A piece of inline code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// What stands between the backticks.
    pub text: String,
    /// Its line, counted from one.
    pub line: usize,
}

/// The options under which mdBook reads pages.
pub fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
}

/// The line on which a byte stands, counted from one.
pub fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// The headings of a page, in order.
pub fn headings(text: &str) -> Vec<Heading> {
    let mut out = Vec::new();
    let mut open: Option<Heading> = None;
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                open = Some(Heading {
                    level: level as usize,
                    text: String::new(),
                    line: line_of(text, range.start),
                });
            }
            Event::End(TagEnd::Heading(_)) => out.extend(open.take()),
            Event::Text(t) | Event::Code(t) => {
                if let Some(heading) = &mut open {
                    heading.text.push_str(&t);
                }
            }
            _ => {}
        }
    }
    out
}

/// The anchor of a heading that names none: as mdBook makes it.
pub fn slug(heading: &str) -> String {
    let kept = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    };
    heading.chars().filter_map(kept).collect()
}

/// The fenced blocks of a page, in order.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut out = Vec::new();
    let mut open: Option<Block> = None;
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let line = line_of(text, range.start);
                open = Some(Block {
                    info: info.to_string(),
                    text: String::new(),
                    line,
                    text_line: line + 1,
                });
            }
            Event::End(TagEnd::CodeBlock) => out.extend(open.take()),
            Event::Text(t) => {
                if let Some(block) = &mut open {
                    block.text.push_str(&t);
                }
            }
            _ => {}
        }
    }
    out
}

/// The inline code of a page, in order.
pub fn inline_code(text: &str) -> Vec<Code> {
    Parser::new_ext(text, options())
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Code(code) => Some(Code {
                text: code.to_string(),
                line: line_of(text, range.start),
            }),
            _ => None,
        })
        .collect()
}

/// Takes away links that only rustdoc can follow, and keeps their text.
pub fn without_item_links(docs: &str) -> String {
    let item_references = |link: pulldown_cmark::BrokenLink<'_>| {
        let name = link.reference.trim_matches('`').to_owned();
        is_item_path(&name).then(|| (CowStr::from(name), CowStr::from("")))
    };
    let parser = Parser::new_with_broken_link_callback(docs, options(), Some(item_references));
    let mut cuts: Vec<Range<usize>> = Vec::new();
    for (event, range) in parser.into_offset_iter() {
        let Event::Start(Tag::Link {
            link_type,
            dest_url,
            ..
        }) = event
        else {
            continue;
        };
        if !names_an_item(link_type, &dest_url) {
            continue;
        }
        let link = &docs[range.clone()];
        let Some(text_end) = closing_bracket(link) else {
            continue;
        };
        let text = range.start + 1;
        let kind = disambiguator(&link[1..text_end]);
        cuts.push(range.start..text);
        cuts.push(text + kind.start..text + kind.end);
        cuts.push(range.start + text_end..range.end);
    }
    let mut out = String::with_capacity(docs.len());
    let mut from = 0;
    for cut in cuts {
        out.push_str(&docs[from..cut.start]);
        from = cut.end;
    }
    out.push_str(&docs[from..]);
    out
}

/// A page without what is folded: hints and answers.
pub fn without_folds(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let (mut depth, mut from) = (0_usize, 0);
    for (event, range) in Parser::new_ext(page, options()).into_offset_iter() {
        let (Event::Html(html) | Event::InlineHtml(html)) = event else {
            continue;
        };
        for (at, _) in html.match_indices('<') {
            let tag = &html[at..];
            if tag.starts_with("<details") {
                if depth == 0 {
                    out.push_str(&page[from..range.start + at]);
                }
                depth += 1;
            } else if tag.starts_with("</details>") && depth > 0 {
                depth -= 1;
                from = range.start + at + "</details>".len();
            }
        }
    }
    if depth == 0 {
        out.push_str(&page[from..]);
    }
    out
}

/// Moves every heading down by two levels: docs that begin at level 1 are shown
/// beneath a heading of level 2.
pub fn with_headings_two_levels_down(docs: &str) -> String {
    let mut out = String::with_capacity(docs.len());
    let mut from = 0;
    for (event, range) in Parser::new_ext(docs, options()).into_offset_iter() {
        if let Event::Start(Tag::Heading { .. }) = event {
            out.push_str(&docs[from..range.start]);
            out.push_str("##");
            from = range.start;
        }
    }
    out.push_str(&docs[from..]);
    out
}

fn names_an_item(link_type: LinkType, dest: &str) -> bool {
    match link_type {
        LinkType::ShortcutUnknown | LinkType::CollapsedUnknown | LinkType::ReferenceUnknown => true,
        LinkType::Inline => is_item_path(dest),
        _ => false,
    }
}

/// Whether rustdoc would look this up: `name`, `a::b`, `name()`, `name!`,
/// `mod@name`.
fn is_item_path(text: &str) -> bool {
    let path = match text.split_once('@') {
        Some((_kind, path)) => path,
        None => text,
    };
    let path = path.trim_end_matches("()").trim_end_matches('!');
    let starts_as_name = |part: &str| part.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let is_name = |part: &str| part.chars().all(|c| c.is_alphanumeric() || c == '_');
    path.split("::")
        .all(|part| starts_as_name(part) && is_name(part))
}

/// What rustdoc does not show of a link's text: the `mod@` of `mod@write`.
fn disambiguator(text: &str) -> Range<usize> {
    const KINDS: [&str; 6] = ["mod@", "struct@", "trait@", "fn@", "macro@", "type@"];
    let name = text.trim_start_matches('`');
    let start = text.len() - name.len();
    let kind = KINDS.iter().find(|kind| name.starts_with(**kind));
    start..start + kind.map_or(0, |kind| kind.len())
}

/// Where the bracket that opens a link closes.
fn closing_bracket(link: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, byte) in link.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return Some(i);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_items_become_text() {
        assert_eq!(
            without_item_links(
                "See [`Disk::sync`], [the disk](crate::Disk), [x][Y] and [w](https://w.org).\n"
            ),
            "See `Disk::sync`, the disk, x and [w](https://w.org).\n"
        );
    }

    #[test]
    fn what_rustdoc_needs_to_tell_items_apart_goes_with_the_link() {
        assert_eq!(
            without_item_links("[`mod@write`] and [`Write`], [a](mod@b)\n"),
            "`write` and `Write`, a\n"
        );
    }

    #[test]
    fn headings_move_down_and_code_stays() {
        assert_eq!(
            with_headings_two_levels_down("# A\n\n```sh\n# not one\n```\n\n## B\n"),
            "### A\n\n```sh\n# not one\n```\n\n#### B\n"
        );
    }

    #[test]
    fn folds_are_left_out_and_code_that_shows_one_stays() {
        let page = "A\n\n<details class=\"hint\">\n<summary>Q</summary>\n\nB\n\n\
                    <details><summary>R</summary>S</details>\n\nT\n\n</details>\n\n\
                    C `<details>`\n\n```html\n<details>\n```\n";
        assert_eq!(
            without_folds(page),
            "A\n\n\n\nC `<details>`\n\n```html\n<details>\n```\n"
        );
    }

    #[test]
    fn tables_of_arrays_are_left_alone() {
        let table = "```text\noffset  size\n     0  [u8; 4]\n```\n";
        assert_eq!(without_item_links(table), table);
    }

    #[test]
    fn blocks_know_their_lines() {
        let page = "# A\n\n```console,at=1.2\n$ x\ny\n```\n";
        let blocks = blocks(page);
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].info, "console,at=1.2");
        assert_eq!((blocks[0].line, blocks[0].text_line), (3, 4));
        assert_eq!(blocks[0].text, "$ x\ny\n");
    }
}
