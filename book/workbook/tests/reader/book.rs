//! `author book`: it passes a book that is true, and each guard, broken, fails
//! it with a message that says what to do.

use crate::shelf::{Fixture, derived, page};

/// The complaint of the gate about an edited book.
fn complaint(edit: impl FnOnce(&Fixture)) -> String {
    let fixture = Fixture::new();
    edit(&fixture);
    let answer = fixture.author(&["book"]);
    assert!(!answer.success, "it passed: {}", answer.stdout);
    assert_eq!(answer.stderr, "");
    let (faults, summary) = answer.stdout.trim_end().rsplit_once("\n\n").unwrap();
    assert!(summary.ends_with(" to mend."), "{summary}");
    faults.to_owned()
}

fn edited(page: &str, from: &str, to: &str) -> String {
    complaint(|fixture| fixture.edit(page, from, to))
}

#[test]
fn a_true_book_passes_and_what_was_printed_is_remembered() {
    let fixture = derived();
    let first = fixture.author_ok(&["book"]);
    assert!(
        first.starts_with("book: 6 pages, ") && first.contains(", 2 commands run in "),
        "{first}"
    );
    assert!(first.ends_with(": what they say is so.\n"), "{first}");
    let printed = fixture.target_dir().join("author/outputs.json");
    let memory = std::fs::read_to_string(&printed).unwrap();
    assert!(memory.contains("ex_1_2_find_says"), "{memory}");
    // What a command prints is asked again as soon as the tree changes.
    fixture.edit_solution("lib.rs", "place(&self.titles, title).ok()", "None");
    let answer = fixture.author(&["book"]);
    assert!(!answer.success);
    assert!(
        answer
            .stdout
            .contains("+ test tests::ex_1_2::ex_1_2_find_says_the_place_in_order ... FAILED"),
        "{}",
        answer.stdout
    );
}

#[test]
fn an_excerpt_of_what_is_not_there() {
    insta::assert_snapshot!(edited(
        &page("01-put"),
        "lib.rs Shelf::put",
        "lib.rs Shelf::putt",
    ));
}

#[test]
fn an_output_that_is_not_what_the_command_prints() {
    insta::assert_snapshot!(edited(&page("01-put"), "✓ 1.1 Books", "✓ 1.1 Boxes"));
}

#[test]
fn links_and_anchors_that_lead_nowhere() {
    insta::assert_snapshot!(complaint(|fixture| {
        let text = "A [dead](nowhere.md), a [dead anchor](glossary.md#shelves), \
                    an [old one](http://example.org), ![a picture](none.svg).";
        fixture.edit(
            "book/src/introduction.md",
            "A book about",
            &format!("{text}\n\nA book about"),
        );
    }));
}

#[test]
fn numbers_paths_and_commands_of_what_is_not_there() {
    insta::assert_snapshot!(complaint(|fixture| {
        fixture.edit(
            "book/src/introduction.md",
            "exercise 1.1",
            "exercise 1.7 and exercise 3.1",
        );
        fixture.edit(
            "book/src/introduction.md",
            "-p shelf",
            "-p shelve\ncargo run -- chekc 1.1",
        );
        fixture.edit("book/src/glossary.md", "src/lib.rs", "src/shelf.rs");
    }));
}

#[test]
fn predictions_without_a_question_and_two_of_one_name() {
    insta::assert_snapshot!(complaint(|fixture| {
        let question = "<div class=\"prediction\" data-name=\"width\">\nHow wide?\n</div>\n";
        let again = "<div class=\"prediction\" data-of=\"height\"></div>\n";
        let text = fixture.read("book/src/glossary.md");
        let text = format!("{text}\n{question}\n{question}\n{again}");
        fixture.write("book/src/glossary.md", &text);
    }));
}

#[test]
fn exercises_without_page_and_pages_without_exercise() {
    insta::assert_snapshot!(complaint(|fixture| {
        fixture.edit("book/src/SUMMARY.md", "[1.3 Taking", "[1.4 Taking");
        fixture.write("book/src/forgotten.md", "# Forgotten\n");
    }));
}

#[test]
fn a_page_out_of_its_frame() {
    insta::assert_snapshot!(complaint(|fixture| {
        let page = page("03-take");
        fixture.edit(&page, "## Why\n", "## Because\n");
        fixture.edit(&page, "# 1.3 Taking one away", "# 1.3 Taking two");
        fixture.edit(&page, "data-exercise=\"1.3\"", "data-exercise=\"1.2\"");
        fixture.edit(&page, "<summary>Hint 3", "<summary>Hint 4");
        fixture.edit(&page, "<!-- It never ends. -->\n", "");
    }));
}

#[test]
fn what_mdbook_would_pass_over() {
    insta::assert_snapshot!(complaint(|fixture| {
        let text = "{{#include ../../solutions/ch01-shelf/src/lib.rs:3:5}}\n\n{{#exerpt x y}}\n";
        fixture.write(
            "book/src/glossary.md",
            &format!("# Glossary\n\n## Shelf\n\n{text}"),
        );
    }));
    let unclosed = edited(
        "book/src/glossary.md",
        "Books in a row",
        "<div>\n\nBooks in a row",
    );
    assert!(unclosed.contains("mdBook warns"), "{unclosed}");
}

#[test]
fn commands_that_cannot_be_shown() {
    insta::assert_snapshot!(complaint(|fixture| {
        let blocks = "```console\n$ cargo run\n```\n\n```console\n$ ls | wc\n```\n\n\
                      ```console,as=1.1\nno command\n```\n";
        fixture.edit(
            "book/src/glossary.md",
            "Books in a row",
            &format!("{blocks}\nBooks in a row"),
        );
    }));
}
