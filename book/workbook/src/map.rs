//! Lists of links on a page: the map of the book, to which the page's script adds
//! the marks, the way on, and the letters of the glossary.

use std::fmt::Write;
use std::path::Path;

use crate::markdown::headings;
use crate::outline::{Outline, url};

/// The list of chapters and exercises, with links from `page` (from `book/src`).
pub fn list(outline: &Outline, page: &Path) -> String {
    let mut out = String::from(
        "<nav class=\"book-map\" aria-label=\"The chapters and their exercises\">\n<ul>\n",
    );
    for chapter in &outline.chapters {
        let link = link(
            page,
            &chapter.page,
            &format!("{}. {}", chapter.number, chapter.title),
        );
        push(
            &mut out,
            format_args!(
                "<li data-chapter=\"{}\"><span class=\"book-map-chapter\">{link}</span>\n",
                chapter.number
            ),
        );
        let exercises = outline.exercises.iter();
        let own: Vec<_> = exercises
            .filter(|e| e.id.chapter == chapter.number)
            .collect();
        if !own.is_empty() {
            out.push_str("<ul>\n");
            for exercise in own {
                let text = format!("{} {}", exercise.id, exercise.title);
                let link = self::link(page, &exercise.page, &text);
                push(
                    &mut out,
                    format_args!("<li data-exercise=\"{}\">{link}</li>\n", exercise.id),
                );
            }
            out.push_str("</ul>\n");
        }
        out.push_str("</li>\n");
    }
    for chapter in &outline.to_come {
        let (number, title) = (chapter.number, escaped(&chapter.title));
        push(
            &mut out,
            format_args!("<li class=\"is-to-come\">{number}. {title} (still to come)</li>\n"),
        );
    }
    out.push_str("</ul>\n</nav>\n");
    out
}

/// The way to the first exercise, behind the chapter that comes before all of
/// them; it becomes the way to the next.
pub fn go_on(outline: &Outline, page: &Path) -> String {
    let Some(first) = outline.exercises.first() else {
        return String::new();
    };
    let exercise = format!("{} {}", first.id, first.title);
    let mut chapters = outline.chapters.iter();
    let way = match chapters.find(|chapter| chapter.number < first.id.chapter) {
        Some(before) => {
            let (number, title) = (before.number, &before.title);
            let text = format!("Begin with chapter {number}, {title}");
            let begin = link(page, &before.page, &text);
            let begin = begin.replacen("<a ", "<a class=\"go-on-before\" ", 1);
            let exercise = link(page, &first.page, &exercise);
            format!("{begin}, or go straight to {exercise}")
        }
        None => link(page, &first.page, &format!("Begin with {exercise}")),
    };
    format!("<p class=\"go-on\">{way}</p>\n")
}

/// A row of links to the sections of a page that are called by one letter.
pub fn letters(page: &str) -> String {
    let mut out = String::from("<nav class=\"letters\" aria-label=\"The letters\">\n");
    for heading in headings(page).iter().filter(|h| h.level == 2) {
        let mut letters = heading.text.chars().filter(|c| c.is_ascii_uppercase());
        if let (Some(letter), None, 1) = (letters.next(), letters.next(), heading.text.len()) {
            let anchor = letter.to_ascii_lowercase();
            push(
                &mut out,
                format_args!("<a href=\"#{anchor}\">{letter}</a>\n"),
            );
        }
    }
    out.push_str("</nav>\n");
    out
}

/// A link from one page to another, both from `book/src`.
fn link(from: &Path, to: &Path, text: &str) -> String {
    let up = "../".repeat(from.components().count().saturating_sub(1));
    format!("<a href=\"{up}{}\">{}</a>", url(to), escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes every text");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline() -> Outline {
        Outline::parse(
            "# Summary\n\n[Introduction](introduction.md)\n\n\
             - [0. Wood & glue](ch00/index.md)\n\
             - [1. Shelves](ch01/index.md)\n  - [1.1 Put it up](ch01/01-put.md)\n\
             - [2. Doors & hinges]()\n",
        )
        .expect("a summary")
    }

    #[test]
    fn the_map_is_a_list_of_links() {
        let map = list(&outline(), Path::new("introduction.md"));
        assert!(
            map.contains("<a href=\"ch00/index.html\">0. Wood &amp; glue</a>"),
            "{map}"
        );
        let exercise = "<li data-exercise=\"1.1\"><a href=\"ch01/01-put.html\">\
                        1.1 Put it up</a></li>";
        assert!(map.contains(exercise), "{map}");
        let to_come = "<li class=\"is-to-come\">2. Doors &amp; hinges (still to come)</li>";
        assert!(map.contains(to_come), "{map}");
        assert!(!map.contains("\n\n"), "Markdown would end it there: {map}");
    }

    #[test]
    fn letters_are_the_sections_called_by_one() {
        let page = "# Words\n\n## A\n\n### B\n\n## C\n\n## Notes\n";
        assert_eq!(
            letters(page),
            "<nav class=\"letters\" aria-label=\"The letters\">\n\
             <a href=\"#a\">A</a>\n<a href=\"#c\">C</a>\n</nav>\n"
        );
    }

    #[test]
    fn links_lead_out_of_folders() {
        let on = go_on(&outline(), Path::new("ch01/index.md"));
        assert!(on.contains("href=\"../ch01/01-put.html\""), "{on}");
    }

    #[test]
    fn who_begins_is_led_to_the_chapter_before_the_exercises() {
        let mut outline = outline();
        let page = Path::new("introduction.md");
        assert_eq!(
            go_on(&outline, page),
            "<p class=\"go-on\"><a class=\"go-on-before\" href=\"ch00/index.html\">Begin \
             with chapter 0, Wood &amp; glue</a>, or go straight to <a \
             href=\"ch01/01-put.html\">1.1 Put it up</a></p>\n"
        );
        outline.chapters.remove(0);
        let alone = "<p class=\"go-on\"><a href=\"ch01/01-put.html\">Begin with 1.1 Put it \
                     up</a></p>\n";
        assert_eq!(go_on(&outline, page), alone);
    }
}
