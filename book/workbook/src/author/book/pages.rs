//! The pages as they were written: their exercises, their frame, the paths
//! that they name.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Book, Page};
use crate::exercise::ExerciseId;
use crate::fault::{Fault, Faults, slashes};
use crate::hints;
use crate::markdown::{headings, inline_code};
use crate::preprocess::PAGES;

/// The headings of an exercise's page, in order, and whether each has to be.
const FRAME: [(&str, bool); 11] = [
    ("What you will have", true),
    ("Why", true),
    ("The idea", true),
    ("The format", false),
    ("Predict", true),
    ("Your task", true),
    ("Hints", true),
    ("Run it", true),
    ("Look inside", false),
    ("Questions", true),
    ("Going further", true),
];

/// The folders whose paths the text may name.
const TREE: [&str; 4] = ["solutions/", "chapters/", "tests/", "book/"];

/// Checks every page.
pub(super) fn check(book: &Book<'_>, faults: &mut Faults) {
    every_page_is_listed(book, faults);
    every_exercise_has_its_page(book, faults);
    predictions_are_shown_again(book, faults);
    for page in &book.pages {
        paths_exist(book, page, faults);
        numbers_exist(book, page, faults);
    }
}

fn every_page_is_listed(book: &Book<'_>, faults: &mut Faults) {
    for page in &book.pages {
        // Shown in place of whatever is not there.
        let is_missing_page = page.listed() == Path::new("404.md");
        if !is_missing_page && !book.outline.pages.iter().any(|p| p == page.listed()) {
            let what = "No reader finds this page: list it in SUMMARY.md, or remove it.";
            faults.0.push(Fault::of(&page.path, what));
        }
    }
}

fn every_exercise_has_its_page(book: &Book<'_>, faults: &mut Faults) {
    let summary = Path::new(PAGES).join("SUMMARY.md");
    for id in &book.exercises {
        let Some(entry) = book.outline.exercise(*id) else {
            let what = format!(
                "Exercise {id} has no page: list one here as `[{id} Title](…)`, \
                 or take the heading `# Exercise {id}` out of the solution."
            );
            faults.0.push(Fault::of(&summary, what));
            continue;
        };
        let Some(page) = book.pages.iter().find(|p| p.listed() == entry.page) else {
            let what = format!(
                "The page of exercise {id} is missing: {}.",
                slashes(&entry.page)
            );
            faults.0.push(Fault::of(&summary, what));
            continue;
        };
        title(page, *id, &entry.title, faults);
        frame(page, faults);
        mark(page, *id, faults);
        hints::parse(&page.path, &page.text, faults);
    }
    for entry in &book.outline.exercises {
        if !book.exercises.contains(&entry.id) {
            let what = format!(
                "Exercise {} is listed, but no solution has a function whose docs \
                 say `# Exercise {}`.",
                entry.id, entry.id
            );
            faults.0.push(Fault::of(&summary, what));
        }
    }
}

/// The page's title is the one that the table of contents gives it.
fn title(page: &Page, id: ExerciseId, title: &str, faults: &mut Faults) {
    let found = headings(&page.text).into_iter().find(|h| h.level == 1);
    let numbered = format!("{id} {title}");
    match found {
        Some(h) if h.text == title || h.text == numbered => {}
        Some(h) => {
            let what = format!(
                "The title is `{}`, but SUMMARY.md says `{numbered}`.",
                h.text
            );
            faults.0.push(Fault::at(&page.path, h.line, what));
        }
        None => {
            let what = format!("The page has no title: begin it with `# {numbered}`.");
            faults.0.push(Fault::at(&page.path, 1, what));
        }
    }
}

/// The page's headings are the frame's, in order.
fn frame(page: &Page, faults: &mut Faults) {
    let mut expected = FRAME.iter().peekable();
    for heading in headings(&page.text).iter().filter(|h| h.level == 2) {
        if !FRAME.iter().any(|(name, _)| *name == heading.text) {
            let what = format!(
                "`## {}` is not in the frame of an exercise's page; use `###` for \
                 a heading of your own.",
                heading.text
            );
            faults.0.push(Fault::at(&page.path, heading.line, what));
            continue;
        }
        let before = expected.clone();
        let mut skipped = Vec::new();
        loop {
            match expected.next() {
                Some((name, _)) if *name == heading.text => break,
                Some((name, true)) => skipped.push(*name),
                Some(_) => {}
                None => {
                    let what = format!("`## {}` stands too late, or twice.", heading.text);
                    faults.0.push(Fault::at(&page.path, heading.line, what));
                    expected = before;
                    skipped.clear();
                    break;
                }
            }
        }
        for name in skipped {
            let what = format!("`## {name}` is missing before `## {}`.", heading.text);
            faults.0.push(Fault::at(&page.path, heading.line, what));
        }
    }
    let last = page.text.lines().count();
    for (name, _) in expected.filter(|(_, needed)| *needed) {
        let what = format!("`## {name}` is missing at the end.");
        faults.0.push(Fault::at(&page.path, last, what));
    }
}

/// The page has one place for its progress mark.
fn mark(page: &Page, id: ExerciseId, faults: &mut Faults) {
    let place = format!("<div class=\"exercise\" data-exercise=\"{id}\"></div>");
    let found = page.text.lines().filter(|l| l.trim() == place).count();
    if found != 1 {
        let what = format!("Under its title the page needs this line, once:\n    {place}");
        faults.0.push(Fault::at(&page.path, 1, what));
    }
}

/// What a page shows of a prediction was asked for somewhere, once.
fn predictions_are_shown_again(book: &Book<'_>, faults: &mut Faults) {
    let mut asked = BTreeSet::new();
    for (page, line, name) in named(book, "data-name=\"") {
        if !asked.insert(name) {
            let what = format!(
                "A prediction called `{name}` stands elsewhere: give this one a name \
                 of its own."
            );
            faults.0.push(Fault::at(&page.path, line, what));
        }
    }
    for (page, line, name) in named(book, "data-of=\"") {
        if !asked.contains(name) {
            let what = format!(
                "No page asks for the prediction `{name}`. Put its question into\n    \
                 <div class=\"prediction\" data-name=\"{name}\">"
            );
            faults.0.push(Fault::at(&page.path, line, what));
        }
    }
}

/// The values of an attribute on every page, each with its place.
fn named<'a>(book: &'a Book<'_>, before: &'a str) -> Vec<(&'a Page, usize, &'a str)> {
    let mut found = Vec::new();
    for page in &book.pages {
        for (i, line) in page.text.lines().enumerate() {
            let values = line.split(before).skip(1);
            found.extend(values.map(|rest| (page, i + 1, rest.split('"').next().unwrap_or(rest))));
        }
    }
    found
}

/// Paths of the tree in backticks lead somewhere.
fn paths_exist(book: &Book<'_>, page: &Page, faults: &mut Faults) {
    for code in inline_code(&page.text) {
        let path = code.text.trim_end_matches('/');
        let is_path = TREE.iter().any(|folder| code.text.starts_with(folder))
            && !path.contains(|c: char| c.is_whitespace() || "*<>{}…|\"'".contains(c));
        if is_path && !book.workspace.root().join(path).exists() {
            let what = format!("There is no `{}` in this repository.", code.text);
            faults.0.push(Fault::at(&page.path, code.line, what));
        }
    }
}

/// Exercises that the text names exist.
fn numbers_exist(book: &Book<'_>, page: &Page, faults: &mut Faults) {
    let chapters: BTreeSet<u32> = book.exercises.iter().map(|id| id.chapter).collect();
    for (i, line) in page.text.lines().enumerate() {
        for id in numbers(line) {
            if book.exercises.contains(&id) {
                continue;
            }
            let there: Vec<String> = book
                .exercises
                .iter()
                .filter(|other| other.chapter == id.chapter)
                .map(ToString::to_string)
                .collect();
            let there = match (there.first(), there.last()) {
                (Some(first), Some(last)) => {
                    format!("chapter {} has {first} to {last}", id.chapter)
                }
                _ => {
                    let chapters: Vec<_> = chapters.iter().map(ToString::to_string).collect();
                    format!("chapters with exercises: {}", chapters.join(", "))
                }
            };
            let what = format!("There is no exercise {id}; {there}.");
            faults.0.push(Fault::at(&page.path, i + 1, what));
        }
    }
}

/// The numbers that a line means as exercises.
fn numbers(line: &str) -> Vec<ExerciseId> {
    const BEFORE: [&str; 7] = [
        "exercise ",
        "exercises ",
        "data-exercise=\"",
        "at=",
        "check ",
        "hint ",
        "ladder ",
    ];
    let lower = line.to_lowercase();
    let mut found = Vec::new();
    for before in BEFORE {
        for (at, _) in lower.match_indices(before) {
            let rest = &lower[at + before.len()..];
            let end = rest
                .find(|c: char| !(c.is_ascii_digit() || c == '.'))
                .unwrap_or(rest.len());
            found.extend(rest[..end].trim_end_matches('.').parse::<ExerciseId>());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_where_they_mean_exercises() {
        let shown = |line| -> Vec<String> { numbers(line).iter().map(|n| n.to_string()).collect() };
        assert_eq!(shown("Exercise 1.2 and exercise 2.10."), ["1.2", "2.10"]);
        assert_eq!(shown("```console,at=1.3"), ["1.3"]);
        assert_eq!(shown("$ cargo run -- check 4.1"), ["4.1"]);
        assert_eq!(shown("version 1.95, check 2, exercise two"), [""; 0]);
    }

    #[test]
    fn a_frame_out_of_order_is_found() {
        let faults_of = |names: &[&str]| {
            let text = names.iter().map(|n| format!("## {n}\n\n")).collect();
            let page = Page {
                path: "p.md".into(),
                text,
            };
            let mut faults = Faults::default();
            frame(&page, &mut faults);
            faults.0.into_iter().map(|f| f.what).collect::<Vec<_>>()
        };
        let all: Vec<&str> = FRAME.iter().map(|(name, _)| *name).collect();
        assert_eq!(faults_of(&all), [""; 0]);
        let needed: Vec<&str> = FRAME.iter().filter(|f| f.1).map(|f| f.0).collect();
        assert_eq!(faults_of(&needed), [""; 0]);
        assert_eq!(
            faults_of(&needed[..needed.len() - 1]),
            ["`## Going further` is missing at the end."]
        );
        let without_why: Vec<&str> = needed.iter().copied().filter(|n| *n != "Why").collect();
        assert_eq!(
            faults_of(&without_why),
            ["`## Why` is missing before `## The idea`."]
        );
        let mut twice = needed.clone();
        twice.push("Why");
        assert_eq!(faults_of(&twice), ["`## Why` stands too late, or twice."]);
    }
}
