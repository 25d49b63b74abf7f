//! The three hints on an exercise's page.

use std::path::Path;

use anyhow::{Context, Result};

use crate::fault::{Fault, Faults};
use crate::outline::ExerciseEntry;
use crate::preprocess::{PAGES, Resolver};

/// How many hints an exercise has: a question, the invariant, a sketch.
pub const RUNGS: usize = 3;

const OPENING: &str = "<details class=\"hint\">";

/// One hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Its summary, as in `Hint 1: What must stay true?`
    pub title: String,
    /// Its text, in Markdown.
    pub text: String,
    /// The line it begins on.
    pub line: usize,
}

/// Reads the hints of an exercise's page, excerpts resolved.
///
/// # Errors
///
/// Fails with the place if the page cannot be read, or if its hints are not
/// three in the form that the book prescribes.
pub fn read(root: &Path, entry: &ExerciseEntry) -> Result<Vec<Hint>> {
    let page = Path::new(PAGES).join(&entry.page);
    let text = std::fs::read_to_string(root.join(&page))
        .with_context(|| format!("cannot read {}", crate::fault::slashes(&page)))?;
    let mut faults = Faults::default();
    let hints = parse(&page, &text, &mut faults);
    let mut resolver = Resolver::new(root);
    let resolved = hints
        .into_iter()
        .map(|hint| {
            let text = resolver.page(&page, &hint.text, &mut faults);
            Hint { text, ..hint }
        })
        .collect();
    faults.into_result()?;
    Ok(resolved)
}

/// A hint's Markdown for the terminal, in at most 80 columns where its words
/// and its code allow that.
pub fn for_terminal(text: &str) -> String {
    crate::markdown::terminal::plain(text)
}

/// Finds the hints in a page's text.
///
/// `page` is the page's path from the root of the repository; what deviates
/// from the prescribed form is added to `faults`.
pub fn parse(page: &Path, text: &str, faults: &mut Faults) -> Vec<Hint> {
    let mut hints = Vec::new();
    let mut lines = text.lines().enumerate().map(|(i, line)| (i + 1, line));
    while let Some((line, text)) = lines.next() {
        if text.trim() == OPENING {
            hints.extend(one(page, line, hints.len() + 1, &mut lines, faults));
        } else if text.contains("class=\"hint\"") {
            faults.0.push(Fault::at(
                page,
                line,
                format!("A hint opens with a line `{OPENING}` of its own."),
            ));
        }
    }
    if hints.len() != RUNGS {
        let line = hints.last().map_or(1, |hint: &Hint| hint.line);
        faults.0.push(Fault::at(
            page,
            line,
            format!(
                "An exercise has {RUNGS} hints (a question, the invariant, a sketch), \
                 each in `{OPENING}`; this page has {}.",
                hints.len()
            ),
        ));
    }
    hints
}

/// Reads the rest of a hint that opened on `opened`.
fn one<'t>(
    page: &Path,
    opened: usize,
    rung: usize,
    lines: &mut impl Iterator<Item = (usize, &'t str)>,
    faults: &mut Faults,
) -> Option<Hint> {
    let title = lines.next().and_then(|(_, line)| {
        let line = line.trim().strip_prefix("<summary>")?;
        line.strip_suffix("</summary>").map(str::trim)
    });
    let title = match title {
        Some(title) if title.starts_with(&format!("Hint {rung}: ")) => title.to_owned(),
        _ => {
            faults.0.push(Fault::at(
                page,
                opened + 1,
                format!("The line below must be `<summary>Hint {rung}: …</summary>`."),
            ));
            return None;
        }
    };
    let mut text = String::new();
    for (_, line) in lines {
        if line.trim() == "</details>" {
            return Some(Hint {
                title,
                text: text.trim_matches('\n').to_owned() + "\n",
                line: opened,
            });
        }
        text.push_str(line);
        text.push('\n');
    }
    faults.0.push(Fault::at(
        page,
        opened,
        "This hint never closes: put `</details>` on a line of its own after it.",
    ));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Page\n\n\
        <details class=\"hint\">\n<summary>Hint 1: What if?</summary>\n\nAsk.\n\n</details>\n\
        <details class=\"hint\">\n<summary>Hint 2: So</summary>\n\nIt holds.\n</details>\n\
        <details class=\"hint\">\n<summary>Hint 3: Do</summary>\n\n```rust\nx\n```\n\n</details>\n";

    fn faults_of(page: &str) -> Vec<(Option<usize>, String)> {
        let mut faults = Faults::default();
        parse(Path::new("p.md"), page, &mut faults);
        faults.0.into_iter().map(|f| (f.line, f.what)).collect()
    }

    #[test]
    fn three_hints_are_read_with_their_text() {
        let mut faults = Faults::default();
        let hints = parse(Path::new("p.md"), PAGE, &mut faults);
        assert_eq!(faults, Faults::default());
        let titles: Vec<_> = hints.iter().map(|h| h.title.as_str()).collect();
        assert_eq!(titles, ["Hint 1: What if?", "Hint 2: So", "Hint 3: Do"]);
        assert_eq!(hints[0].text, "Ask.\n");
        assert_eq!(hints[2].text, "```rust\nx\n```\n");
    }

    #[test]
    fn a_missing_hint_is_named() {
        let two = PAGE.rsplit_once("<details").expect("hints").0;
        let faults = faults_of(two);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].1.contains("this page has 2"), "{}", faults[0].1);
    }

    #[test]
    fn a_wrong_summary_is_shown_with_its_line() {
        let faults = faults_of(&PAGE.replace("Hint 2: So", "So"));
        assert_eq!(faults[0].0, Some(10));
        assert!(faults[0].1.contains("Hint 2: …"), "{}", faults[0].1);
    }

    #[test]
    fn a_hint_that_never_closes_is_a_fault() {
        let open = PAGE.rsplit_once("</details>").expect("hints").0;
        let faults = faults_of(open);
        assert!(faults[0].1.contains("never closes"), "{}", faults[0].1);
    }
}
