//! The book's table of contents: which page belongs to which exercise.
//!
//! A link text in `SUMMARY.md` that begins with `1.2 ` is the one source of an
//! exercise's title and page; `1. ` begins a chapter's own. A chapter without a
//! page, as in `[2. Bitcask]()`, is still to come.

mod closing;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mdbook_summary::{Link, SummaryItem, parse_summary};

use crate::exercise::ExerciseId;
use crate::fault::{Fault, slashes};
use crate::preprocess::PAGES;
use crate::progress::{Reading, ToCome};

/// What `SUMMARY.md` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The chapters' own pages, in the book's order.
    pub chapters: Vec<ChapterEntry>,
    /// The exercises' pages, in the book's order.
    pub exercises: Vec<ExerciseEntry>,
    /// The chapters that are listed without a page: nobody has written them yet.
    pub to_come: Vec<ToCome>,
    /// Every page that is listed, from `book/src`.
    pub pages: Vec<PathBuf>,
    /// Their titles, as the list has them.
    pub titles: Vec<String>,
    /// Numbers that are listed twice.
    pub faults: Vec<Fault>,
}

/// The page that opens a chapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChapterEntry {
    /// The chapter's number.
    pub number: u32,
    /// Its title, without the number.
    pub title: String,
    /// Its page, from `book/src`.
    pub page: PathBuf,
}

/// The page of an exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExerciseEntry {
    /// The exercise.
    pub id: ExerciseId,
    /// Its title, without the number.
    pub title: String,
    /// Its page, from `book/src`.
    pub page: PathBuf,
}

/// A page as it is asked for at the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageName {
    /// The number of its exercise or its chapter, or its file's name.
    pub name: String,
    /// Its title, as the table of contents has it.
    pub title: String,
    /// The page, from `book/src`.
    pub page: PathBuf,
}

impl Outline {
    /// The name of every page, in the book's order.
    pub fn names(&self) -> Vec<PageName> {
        let named = |(page, title): (&PathBuf, &String)| PageName {
            name: self.name_of(page),
            title: title.clone(),
            page: page.clone(),
        };
        self.pages.iter().zip(&self.titles).map(named).collect()
    }

    fn name_of(&self, page: &Path) -> String {
        if let Some(exercise) = self.exercises.iter().find(|entry| entry.page == page) {
            return exercise.id.to_string();
        }
        if let Some(chapter) = self.chapters.iter().find(|entry| entry.page == page) {
            return chapter.number.to_string();
        }
        let stem = page.with_extension("");
        let folder = page.parent().filter(|_| stem.ends_with("index"));
        let name = folder.unwrap_or(&stem).file_name();
        name.unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Reads the table of contents of the book in the repository at `root`.
    ///
    /// # Errors
    ///
    /// Fails if there is none, or if mdBook would not understand it.
    pub fn read(root: &Path) -> Result<Self> {
        let path = root.join(PAGES).join("SUMMARY.md");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {PAGES}/SUMMARY.md"))?;
        Self::parse(&text).with_context(|| format!("{PAGES}/SUMMARY.md"))
    }

    /// Reads a table of contents.
    ///
    /// # Errors
    ///
    /// Fails if mdBook would not understand it.
    pub fn parse(text: &str) -> Result<Self> {
        let summary = parse_summary(text)?;
        let mut outline = Self::default();
        for items in [
            &summary.prefix_chapters,
            &summary.numbered_chapters,
            &summary.suffix_chapters,
        ] {
            outline.add(items, text);
        }
        Ok(outline)
    }

    /// The entry of an exercise.
    pub fn exercise(&self, id: ExerciseId) -> Option<&ExerciseEntry> {
        self.exercises.iter().find(|entry| entry.id == id)
    }

    /// The entry of a chapter.
    pub fn chapter(&self, number: u32) -> Option<&ChapterEntry> {
        self.chapters.iter().find(|entry| entry.number == number)
    }

    fn add(&mut self, items: &[SummaryItem], text: &str) {
        for item in items {
            if let SummaryItem::Link(link) = item {
                self.add_link(link, text);
                self.add(&link.nested_items, text);
            }
        }
    }

    fn add_link(&mut self, link: &Link, text: &str) {
        let Some(page) = &link.location else {
            self.to_come.extend(ToCome::read(&link.name));
            return;
        };
        self.pages.push(page.clone());
        self.titles.push(link.name.trim().to_owned());
        let Some((number, title)) = link.name.trim().split_once(' ') else {
            return;
        };
        let title = title.trim().to_owned();
        let page = page.clone();
        if let Ok(id) = number.parse::<ExerciseId>() {
            if self.exercise(id).is_some() {
                self.listed_twice(number, &page, text);
            }
            self.exercises.push(ExerciseEntry { id, title, page });
        } else if let Some(number) = number.strip_suffix('.').and_then(|n| n.parse().ok()) {
            if self.chapter(number).is_some() {
                self.listed_twice(&format!("{number}."), &page, text);
            }
            self.chapters.push(ChapterEntry {
                number,
                title,
                page,
            });
        }
    }

    fn listed_twice(&mut self, number: &str, page: &Path, text: &str) {
        let link = format!("({})", slashes(page));
        let line = text.lines().position(|l| l.contains(&link)).unwrap_or(0) + 1;
        self.faults.push(Fault::at(
            Path::new(PAGES).join("SUMMARY.md"),
            line,
            format!("`{number}` is listed twice; give each number one page."),
        ));
    }
}

/// A page to read again, or the part of it behind the heading with `anchor`.
pub fn reading(title: &str, page: &Path, anchor: Option<&str>) -> Reading {
    let anchor = anchor
        .map(|anchor| format!("#{anchor}"))
        .unwrap_or_default();
    Reading {
        title: title.to_owned(),
        source: format!("{}{anchor}", slashes(&Path::new(PAGES).join(page))),
        url: format!("{}{anchor}", url(page)),
    }
}

/// The part of the book whose heading ends with `{#anchor}`.
pub fn heading(root: &Path, outline: &Outline, anchor: &str) -> Option<Reading> {
    let mark = format!("{{#{anchor}}}");
    outline.pages.iter().find_map(|page| {
        let text = std::fs::read_to_string(root.join(PAGES).join(page)).ok()?;
        let headings = text.lines().filter(|line| line.starts_with('#'));
        let title = headings
            .filter_map(|line| line.trim_end().strip_suffix(&mark))
            .map(|line| line.trim_start_matches('#').trim().to_owned())
            .next()?;
        Some(reading(&title, page, Some(anchor)))
    })
}

/// Where a page stands in the rendered book.
pub fn url(page: &Path) -> String {
    let page = if page.file_name().is_some_and(|name| name == "README.md") {
        page.with_file_name("index.html")
    } else {
        page.with_extension("html")
    };
    slashes(&page)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &str = "# Summary\n\n[Introduction](introduction.md)\n\n\
        - [1. Memory](ch01-memory/index.md)\n  \
          - [1.1 A map behind a lock](ch01-memory/01-map.md)\n  \
          - [1.2 Batches](ch01-memory/02-batches.md)\n\
        - [2. Log files]()\n- [Notes]()\n\n\
        [Glossary](glossary.md)\n";

    #[test]
    fn link_texts_name_chapters_and_exercises() {
        let outline = Outline::parse(SUMMARY).expect("a summary");
        assert_eq!(outline.pages.len(), 5);
        assert_eq!(outline.chapter(1).map(|c| c.title.as_str()), Some("Memory"));
        let id = "1.2".parse().expect("an id");
        let entry = outline.exercise(id).expect("listed");
        assert_eq!(entry.title, "Batches");
        assert_eq!(url(&entry.page), "ch01-memory/02-batches.html");
        assert_eq!(outline.faults, []);
        let to_come = outline.to_come.iter().map(|c| (c.number, c.title.as_str()));
        assert_eq!(to_come.collect::<Vec<_>>(), [(2, "Log files")]);
    }

    #[test]
    fn a_number_on_two_pages_is_a_fault() {
        let twice = SUMMARY.replace("1.2 Batches", "1.1 Batches");
        let outline = Outline::parse(&twice).expect("a summary");
        assert_eq!(outline.faults.len(), 1);
        assert_eq!(outline.faults[0].line, Some(7));
    }
}
