//! What to read once a chapter is solved.

use std::path::Path;

use super::{ExerciseEntry, Outline, reading};
use crate::progress::Reading;

/// The page that compares the engines of all chapters.
const COMPARISON: &str = "comparing-engines.md";

impl Outline {
    /// The pages that close a chapter: its own behind its last exercise, and
    /// for the last chapter the comparison of the engines.
    pub fn closing(&self, chapter: u32) -> Vec<Reading> {
        let own = |entry: &&ExerciseEntry| entry.id.chapter == chapter;
        let Some(last) = self.exercises.iter().rfind(own) else {
            return Vec::new();
        };
        let is_last = self.exercises.last() == Some(last);
        let pages = || self.pages.iter().zip(&self.titles);
        let behind = pages().skip_while(|(page, _)| **page != last.page).skip(1);
        behind
            .take_while(|(page, _)| page.parent() == last.page.parent())
            .chain(pages().filter(|(page, _)| is_last && *page == Path::new(COMPARISON)))
            .map(|(page, title)| reading(title, page, None))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closing(outline: &Outline, chapter: u32) -> Vec<String> {
        let readings = outline.closing(chapter).into_iter();
        readings.map(|reading| reading.title).collect()
    }

    #[test]
    fn pages_behind_the_last_exercise_close_a_chapter() {
        let outline = Outline::parse(
            "# Summary\n\n\
             - [0. Wood](ch00/index.md)\n  - [Glue](ch00/glue.md)\n\
             - [1. Shelves](ch01/index.md)\n  - [1.1 Put it up](ch01/01-put.md)\n  \
               - [What you built](ch01/what-you-built.md)\n\
             - [2. Doors](ch02/index.md)\n  - [2.1 Hang it](ch02/01-hang.md)\n\
             - [Comparing furniture](comparing-engines.md)\n\n[Glossary](glossary.md)\n",
        )
        .expect("a summary");
        assert_eq!(closing(&outline, 0), [""; 0]);
        assert_eq!(closing(&outline, 1), ["What you built"]);
        assert_eq!(closing(&outline, 2), ["Comparing furniture"]);
    }

    #[test]
    fn this_book_closes_with_the_comparison() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let outline = Outline::read(&root).expect("a summary");
        let last = outline.exercises.last().expect("exercises").id.chapter;
        assert_eq!(
            closing(&outline, last),
            ["What you built", "Comparing engines"]
        );
    }
}
