//! A new edition of the workbook meets what the reader wrote.

use crate::shelf::{FIND, FOUND, Fixture, LIB, derived, run, shown, shown_any_day, solve_first};

const SOLUTION: &str = "solutions/ch01-shelf/src/lib.rs";
const TEST: &str = "src/tests/ex_1_3.rs";

/// A reader who has solved 1.1 and 1.2, and whom the program has met.
fn reader() -> Fixture {
    let fixture = derived();
    assert!(run(&fixture, &["status"]).success);
    solve_first(&fixture);
    fixture.edit(LIB, FIND, FOUND);
    fixture.edit(
        LIB,
        "\n/// A row of books",
        "\nfn own() {}\n\n/// A row of books",
    );
    fixture
}

/// What upstream changes: docs, a test, a new file.
fn new_edition(fixture: &Fixture) {
    let text = fixture.read(SOLUTION);
    let text = text
        .replace(
            "Says at which place a book stands",
            "Says where a book stands",
        )
        .replace("Takes one copy", "Takes exactly one copy");
    fixture.write(SOLUTION, &text);
    fixture.edit(
        format!("solutions/ch01-shelf/{TEST}"),
        "1);",
        "1, \"one is left\");",
    );
    fixture.write("solutions/ch01-shelf/NOTES.md", "New.\n");
}

#[test]
fn both_are_kept() {
    let fixture = reader();
    new_edition(&fixture);
    let status = shown(&fixture, &["status"]);
    let news = "\nThe workbook ships a new edition of chapter 1. To have it, and to keep what you\n\
        wrote:\n  cargo run -- update\n";
    assert!(status.contains(news), "{status}");
    insta::assert_snapshot!("update", shown_any_day(&fixture, &["update"]));
    let text = fixture.read(LIB);
    assert!(
        text.contains("/// Says where a book stands, counted"),
        "{text}"
    );
    assert!(
        text.contains(FOUND) && text.contains("fn own() {}"),
        "{text}"
    );
    assert!(
        text.contains("todo!(\"exercise 1.3: Takes exactly one copy"),
        "{text}"
    );
    let test = fixture.read(format!("chapters/ch01-shelf/{TEST}"));
    assert!(test.contains("one is left"), "{test}");
    let check = shown(&fixture, &["check", "1.2"]);
    assert!(check.ends_with("[success]\n"), "{check}");
    let again = shown(&fixture, &["update"]);
    assert!(again.starts_with("Nothing to do"), "{again}");
    assert!(!shown(&fixture, &["status"]).contains("new edition"));
}

#[test]
fn what_cannot_be_merged_stays_the_readers() {
    let fixture = reader();
    let before = fixture.read(LIB);
    fixture.edit(SOLUTION, "pub fn find", "pub fn search");
    fixture.edit(SOLUTION, "self.find(title)", "self.search(title)");
    insta::assert_snapshot!("update_conflict", shown(&fixture, &["update"]));
    assert_eq!(fixture.read(LIB), before);
    let new = fixture.read(format!(".strata/new/{LIB}"));
    assert!(new.contains("pub fn search"), "{new}");
}

#[test]
fn work_is_brought_over_from_an_older_download() {
    let old = reader();
    let own = "chapters/ch01-shelf/src/own.rs";
    old.write(own, "//! Mine.\n");
    let new = Fixture::new();
    new_edition(&new);
    new.author_ok(&["derive"]);
    let from = old.root().to_str().unwrap();
    let answer = run(&new, &["update", "--from", from]);
    assert!(answer.success, "{}", answer.stderr);
    insta::assert_snapshot!(
        "update_from",
        answer
            .stdout
            .replace(&jiff::Zoned::now().date().to_string(), "2026-03-01")
    );
    let text = new.read(LIB);
    assert!(
        text.contains("/// Says where a book stands") && text.contains(FOUND),
        "{text}"
    );
    assert_eq!(new.read(own), "//! Mine.\n");
    let again = run(&new, &["update", "--from", from]);
    assert!(
        again.stderr.contains("holds work already"),
        "{}",
        again.stderr
    );
    let nowhere = run(&new, &["update", "--from", "nowhere"]);
    assert_eq!(nowhere.stderr, "error: there is no folder nowhere\n");
    let itself = run(&new, &["update", "--from", "."]).stderr;
    assert!(itself.contains("is this workbook itself"), "{itself}");
}
