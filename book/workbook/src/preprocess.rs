//! The directives of the book's pages, resolved before mdBook sees them.
//!
//! | directive | becomes |
//! |---|---|
//! | `{{#excerpt PATH ITEM}}` | the item's source: docs and code |
//! | `{{#signature PATH ITEM}}` | the function's docs and signature |
//! | `{{#doc PATH ITEM}}` | the item's docs as Markdown, `mod` for the file's own |
//! | `{{#figure NAME}}` | that picture of [`figures`], drawn from running an engine |
//! | `{{#map}}` | every chapter and exercise, with the reader's marks |
//! | `{{#include FILE}}` | a file beside the page, whole |
//! | `{{#go-on}}` | a link to the exercise that is next |
//! | `{{#letters}}` | a row of links to the page's sections `## A`, `## B` … |
//!
//! A directive stands alone on its line; what it becomes takes over the line's
//! indentation, so it may stand in a list. `\{{#…}}` shows a directive as text.
//! Of mdBook's own, `{{#title …}}` stays; everything else is a fault, because
//! mdBook renders what it cannot resolve as nothing or as is, and calls that
//! success.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::excerpt::Source;
use crate::fault::{Fault, Faults, slashes};
use crate::map;
use crate::markdown::without_folds;
use crate::outline::Outline;
use crate::printed;

/// Where the pages are, from the root of the repository.
pub const PAGES: &str = "book/src";

const KNOWN: &str = "`{{#excerpt PATH ITEM}}`, `{{#signature PATH ITEM}}`, \
                     `{{#doc PATH ITEM}}`, `{{#figure NAME}}`, `{{#map}}`, \
                     `{{#go-on}}` and `{{#letters}}` are what there is";

/// The preprocessor `strata`, as mdBook drives it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Directives {
    /// Whether hints and answers are left out: for the search, which would
    /// show them unasked.
    pub without_folds: bool,
}

impl Preprocessor for Directives {
    fn name(&self) -> &str {
        "strata"
    }

    fn run(&self, ctx: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let book_root = ctx.root.canonicalize().context("find the book's folder")?;
        let root = book_root
            .parent()
            .context("the book stands in a folder of the repository")?;
        let mut resolver = Resolver::new(root);
        let mut faults = Faults::default();
        book.for_each_mut(|item| {
            if let BookItem::Chapter(chapter) = item
                && let Some(path) = &chapter.source_path
            {
                let page = Path::new(PAGES).join(path);
                let resolved = resolver.page(&page, &chapter.content, &mut faults);
                chapter.content = printed::shown(&resolved);
                if self.without_folds {
                    chapter.content = without_folds(&chapter.content);
                }
            }
        });
        faults.into_result()?;
        Ok(book)
    }
}

/// Speaks mdBook's protocol: context and book come in as JSON, the book goes
/// out.
///
/// # Errors
///
/// Fails if the input is not mdBook's, or with the faults of the pages.
pub fn speak(input: impl Read, output: impl Write) -> Result<()> {
    let (ctx, book) = mdbook_preprocessor::parse_input(input)?;
    let book = Directives::default().run(&ctx, book)?;
    serde_json::to_writer(output, &book)?;
    Ok(())
}

/// Resolves directives, and parses each source file once.
#[derive(Debug)]
pub struct Resolver {
    root: PathBuf,
    sources: HashMap<PathBuf, Source>,
    /// The table of contents, once a page has asked for it.
    outline: Option<Outline>,
}

impl Resolver {
    /// A resolver for the repository at `root`.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            sources: HashMap::new(),
            outline: None,
        }
    }

    /// The page's text with every directive resolved.
    ///
    /// `page` is its path from the root of the repository. What cannot be
    /// resolved is added to `faults`, and stays as it was.
    pub fn page(&mut self, page: &Path, text: &str, faults: &mut Faults) -> String {
        if !text.contains("{{#") {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        for (i, line) in text.lines().enumerate() {
            match self.line(page, text, line) {
                Ok(Some(resolved)) => push_indented(&mut out, line, &resolved),
                Ok(None) => {
                    out.push_str(line);
                    out.push('\n');
                }
                Err(error) => {
                    faults.0.push(Fault::at(page, i + 1, format!("{error:#}.")));
                    out.push_str(line);
                    out.push('\n');
                }
            }
        }
        out
    }

    /// What a line becomes, if it holds a directive of ours.
    fn line(&mut self, page: &Path, text: &str, line: &str) -> Result<Option<String>> {
        let Some((before, directive, after)) = split_directive(line)? else {
            return Ok(None);
        };
        let (name, arguments) = directive
            .split_once(char::is_whitespace)
            .unwrap_or((directive, ""));
        let arguments = arguments.trim();
        match name {
            "title" => return Ok(None),
            "include" | "excerpt" | "signature" | "doc" | "figure" | "map" | "go-on"
            | "letters" => {}
            "playground" | "rustdoc_include" => {
                bail!("{{{{#{name}}}}} cannot follow an edit of the source; {KNOWN}")
            }
            _ => bail!("{{{{#{name}}}}} is no directive; {KNOWN}"),
        }
        if !before.trim().is_empty() || !after.trim().is_empty() {
            bail!("{{{{#{name}}}}} must stand alone on its line");
        }
        if name == "include" {
            return self.included(page, arguments).map(Some);
        }
        if let Some(shown) = self.drawn(page, text, name, arguments)? {
            return Ok(Some(shown));
        }
        let (path, item) = arguments
            .split_once(char::is_whitespace)
            .with_context(|| format!("{{{{#{name}}}}} needs a path and an item: {KNOWN}"))?;
        let item = item.trim();
        let source = self.source(path)?;
        let shown = match name {
            "excerpt" => fenced(&source.excerpt(item).with_context(|| path.to_owned())?),
            "signature" => fenced(&source.signature(item).with_context(|| path.to_owned())?),
            _ => source.doc(item).with_context(|| path.to_owned())?,
        };
        Ok(Some(shown))
    }

    /// What a directive becomes that cuts nothing out of a source.
    fn drawn(
        &mut self,
        page: &Path,
        text: &str,
        name: &str,
        arguments: &str,
    ) -> Result<Option<String>> {
        if name == "figure" {
            return figures::draw(arguments).map(Some);
        }
        if !matches!(name, "map" | "go-on" | "letters") {
            return Ok(None);
        }
        if !arguments.is_empty() {
            bail!("{{{{#{name}}}}} takes no arguments");
        }
        if name == "letters" {
            return Ok(Some(map::letters(text)));
        }
        if self.outline.is_none() {
            self.outline = Some(Outline::read(&self.root)?);
        }
        let page = page.strip_prefix(PAGES).unwrap_or(page);
        let part = if name == "map" { map::list } else { map::go_on };
        Ok(self.outline.as_ref().map(|outline| part(outline, page)))
    }

    fn source(&mut self, path: &str) -> Result<&Source> {
        let path = Path::new(path);
        if !path.components().all(|c| matches!(c, Component::Normal(_))) {
            bail!(
                "`{}` must be a path from the repository's root",
                path.display()
            );
        }
        match self.sources.entry(path.to_path_buf()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let (file, shown) = (self.root.join(path), slashes(path));
                if !file.is_file() {
                    bail!("there is no file `{shown}`; write its path from the repository's root");
                }
                let text = std::fs::read_to_string(file)
                    .with_context(|| format!("`{shown}` cannot be read"))?;
                let source =
                    Source::parse(&text).with_context(|| format!("`{shown}` does not parse"))?;
                Ok(place.insert(source))
            }
        }
    }

    /// A file beside the page, whole; code of the repository cannot be included.
    fn included(&self, page: &Path, target: &str) -> Result<String> {
        let folder = page.parent().unwrap_or(Path::new(""));
        if target.contains(':') {
            bail!("{{{{#include}}}} of a part of a file goes stale; {KNOWN}");
        }
        let file = self.root.join(folder).join(target);
        let file = file
            .canonicalize()
            .with_context(|| format!("there is no `{target}` beside this page"))?;
        let pages = self.root.join(PAGES).canonicalize()?;
        if !file.starts_with(pages) {
            bail!("{{{{#include}}}} of code outside {PAGES} is not for this book; {KNOWN}");
        }
        fs::read_to_string(file).with_context(|| format!("`{target}` cannot be read"))
    }
}

/// Text before a directive, what stands between its braces, and text behind.
fn split_directive(line: &str) -> Result<Option<(&str, &str, &str)>> {
    let Some(start) = line.find("{{#") else {
        return Ok(None);
    };
    let (before, rest) = (&line[..start], &line[start + 3..]);
    if before.ends_with('\\') {
        return Ok(None);
    }
    let (directive, after) = rest
        .split_once("}}")
        .context("a directive must close with `}}` on its line")?;
    Ok(Some((before, directive.trim(), after)))
}

/// A Rust block whose fence is longer than any inside.
fn fenced(code: &str) -> String {
    let longest = code
        .lines()
        .map(|line| line.chars().filter(|c| *c == '`').count())
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}rust\n{code}{fence}\n")
}

fn push_indented(out: &mut String, line: &str, text: &str) {
    let indent = &line[..line.len() - line.trim_start().len()];
    for line in text.lines() {
        if !line.is_empty() {
            out.push_str(indent);
            out.push_str(line);
        }
        out.push('\n');
    }
}
