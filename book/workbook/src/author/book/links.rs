//! The rendered book: every link, anchor and picture leads somewhere.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use super::{Book, Page};
use crate::fault::{Fault, Faults, slashes};
use crate::files;
use crate::outline;
use crate::preprocess::PAGES;

/// Pages that mdBook makes itself; everything on them is on others.
const MADE: [&str; 4] = ["print.html", "toc.html", "404.html", "index.html"];

/// A rendered page.
struct Rendered {
    ids: BTreeSet<String>,
    /// Attribute values that lead somewhere.
    targets: Vec<String>,
    /// Whether a directive is left in its text.
    leftover: bool,
}

/// Follows the links of the book rendered in `out`; answers how many.
pub(super) fn check(book: &Book<'_>, out: &Path, faults: &mut Faults) -> Result<usize> {
    let present: BTreeSet<String> = files::below(out)?.iter().map(|f| slashes(f)).collect();
    let mut rendered = BTreeMap::new();
    for file in present.iter().filter(|file| file.ends_with(".html")) {
        let made = MADE.contains(&file.as_str()) && page_of(book, file).is_none();
        if !made {
            let html = std::fs::read_to_string(out.join(file))
                .with_context(|| format!("cannot read the rendered {file}"))?;
            rendered.insert(file.clone(), read(&html));
        }
    }
    let mut followed = 0;
    for (file, html) in &rendered {
        let page = book
            .pages
            .iter()
            .find(|p| outline::url(p.listed()) == *file);
        let escapes = page.is_some_and(|page| page.text.contains("\\{{#"));
        if html.leftover && !escapes {
            let what = "A directive was left over when the page was rendered.";
            faults.0.push(fault(page, file, "{{#", what));
        }
        for target in &html.targets {
            followed += 1;
            if let Err(what) = lead(file, target, &rendered, &present) {
                faults.0.push(fault(page, file, target, &what));
            }
        }
    }
    Ok(followed)
}

/// The page that a file of the rendered book comes from.
fn page_of<'b>(book: &'b Book<'_>, file: &str) -> Option<&'b Page> {
    book.pages.iter().find(|p| outline::url(p.listed()) == file)
}

fn read(html: &str) -> Rendered {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(Reading::default(), TokenizerOpts::default());
    // It stops early only for a sink that asks it to.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let Reading {
        ids, targets, text, ..
    } = tokenizer.sink;
    Rendered {
        ids: ids.into_inner(),
        targets: targets.into_inner(),
        leftover: text.into_inner().contains("{{#"),
    }
}

/// What is kept of a page while its tags and texts go by.
#[derive(Default)]
struct Reading {
    /// The page proper: the bars around it are mdBook's.
    is_in_main: Cell<bool>,
    ids: RefCell<BTreeSet<String>>,
    targets: RefCell<Vec<String>>,
    text: RefCell<String>,
}

impl TokenSink for Reading {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => self.tag(&tag),
            Token::CharacterTokens(text) => {
                self.text.borrow_mut().push_str(&text);
                TokenSinkResult::Continue
            }
            _ => TokenSinkResult::Continue,
        }
    }
}

impl Reading {
    /// Keeps where a tag leads and by what name it is led to; answers how the
    /// text behind it is to be read.
    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let starts = tag.kind == TagKind::StartTag;
        if &*tag.name == "main" {
            self.is_in_main.set(starts);
        }
        if !starts {
            return TokenSinkResult::Continue;
        }
        for attribute in &tag.attrs {
            let value = || attribute.value.to_string();
            match (&*tag.name, &*attribute.name.local) {
                (_, "id") | ("a", "name") => {
                    self.ids.borrow_mut().insert(value());
                }
                ("a", "href") | ("img", "src") | ("object", "data") if self.is_in_main.get() => {
                    self.targets.borrow_mut().push(value());
                }
                _ => {}
            }
        }
        match &*tag.name {
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" => TokenSinkResult::RawData(RawKind::Rawtext),
            "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }
}

/// Whether a link on the page `from` leads somewhere.
fn lead(
    from: &str,
    target: &str,
    rendered: &BTreeMap<String, Rendered>,
    present: &BTreeSet<String>,
) -> Result<(), String> {
    if let Some((scheme, _)) = target.split_once(':')
        && scheme.chars().all(|c| c.is_ascii_alphanumeric())
    {
        let local =
            target.starts_with("http://127.0.0.1") || target.starts_with("http://localhost");
        return match scheme {
            "https" | "mailto" | "data" => Ok(()),
            "http" if local => Ok(()),
            _ => Err(format!("Write the link `{target}` with https.")),
        };
    }
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (target, None),
    };
    let file = if path.is_empty() {
        from.to_owned()
    } else {
        resolve(from, path).ok_or_else(|| format!("`{target}` leads out of the book."))?
    };
    if !present.contains(&file) {
        return Err(format!(
            "The link `{}` leads nowhere: the book has no {}.",
            written(target),
            written(&file)
        ));
    }
    let Some(anchor) = anchor.filter(|a| !a.is_empty()) else {
        return Ok(());
    };
    match rendered.get(&file) {
        Some(page) if !page.ids.contains(anchor) => Err(format!(
            "The link `{}` leads to no heading: {} has no anchor `#{anchor}`{}",
            written(target),
            written(&file),
            near(anchor, &page.ids)
        )),
        _ => Ok(()),
    }
}

/// A path relative to the page `from`, from the root of the book.
fn resolve(from: &str, path: &str) -> Option<String> {
    let mut at: Vec<&str> = from.split('/').collect();
    at.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                at.pop()?;
            }
            part => at.push(part),
        }
    }
    if path.ends_with('/') {
        at.push("index.html");
    }
    Some(at.join("/"))
}

/// The anchors that begin alike.
fn near(anchor: &str, ids: &BTreeSet<String>) -> String {
    let start: String = anchor.chars().take(3).collect();
    let alike: Vec<String> = ids
        .iter()
        .filter(|id| id.starts_with(&start))
        .map(|id| format!("`#{id}`"))
        .take(4)
        .collect();
    if alike.is_empty() {
        ".".to_owned()
    } else {
        format!("; it has {}.", alike.join(", "))
    }
}

/// A link as authors write it.
fn written(target: &str) -> String {
    target.replace(".html", ".md")
}

/// A fault at the line that holds the link, if the page has one.
fn fault(page: Option<&Page>, file: &str, target: &str, what: &str) -> Fault {
    let Some(page) = page else {
        return Fault::of(PathBuf::from(PAGES).join(file), what);
    };
    let spellings = [target.to_owned(), written(target)];
    let holds = |line: &str| spellings.iter().any(|s| line.contains(s.as_str()));
    match page.text.lines().position(holds) {
        Some(line) => Fault::at(&page.path, line + 1, what),
        None => Fault::of(&page.path, what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_as_a_browser_does() {
        assert_eq!(resolve("a/b.html", "c.html").as_deref(), Some("a/c.html"));
        assert_eq!(resolve("a/b.html", "../c.html").as_deref(), Some("c.html"));
        assert_eq!(resolve("b.html", "./a/").as_deref(), Some("a/index.html"));
        assert_eq!(resolve("b.html", "../c.html"), None);
    }

    #[test]
    fn links_are_followed() {
        let html = r##"<main><a href="#here">x</a><h2 id="here">y</h2>
            <a href="other.html#there">z</a><img src="no.svg">
            <a href="http://example.org">w</a></main>"##;
        let page = read(html);
        let rendered = BTreeMap::from([
            ("a.html".to_owned(), page),
            (
                "other.html".to_owned(),
                read("<main><h2 id='their'></h2></main>"),
            ),
        ]);
        let present = rendered.keys().cloned().collect();
        let led: Vec<_> = rendered["a.html"]
            .targets
            .iter()
            .map(|target| lead("a.html", target, &rendered, &present))
            .collect();
        assert_eq!(led[0], Ok(()));
        let words = |i: usize| led[i].clone().expect_err("a fault");
        assert!(words(1).contains("no anchor `#there`; it has `#their`"));
        assert!(words(2).contains("the book has no no.svg"));
        assert!(words(3).contains("with https"));
    }
}
