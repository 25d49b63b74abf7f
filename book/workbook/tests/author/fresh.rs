//! `author derive --check`: the *fresh* gate.

use std::fs;

use crate::support::{CHAPTER, Fixture, SOLUTION};

#[test]
fn a_stale_an_edited_a_missing_and_a_left_over_file_are_named() {
    let fixture = Fixture::compiling();
    fixture.author_ok(&["derive", "--force"]);
    assert_eq!(
        fixture.author_ok(&["derive", "--check"]),
        "fresh: every chapter is what its solution derives to.\n"
    );

    fixture.edit_solution("lib.rs", "counted from 0", "counted from the left");
    fixture.edit(format!("{CHAPTER}/Cargo.toml"), "books in a row", "books");
    let missing = fixture.root().join(CHAPTER).join("README.md");
    fs::remove_file(missing).expect("removed");
    fixture.write(format!("{CHAPTER}/src/left_over.rs"), "");
    insta::assert_snapshot!(fixture.author_fails(&["derive", "--check"]));
}

/// Without what the compiler says, which changes from one to the next.
fn unquoted(complaint: &str) -> String {
    let ours = |line: &&str| !line.starts_with("      ");
    let lines: Vec<&str> = complaint.lines().filter(ours).collect();
    lines.join("\n")
}

#[test]
fn the_derived_text_compiles_without_a_warning() {
    let fixture = Fixture::compiling();
    let from = "/// Searches";
    let to = "pub fn caller() -> u8 {\n    old()\n}\n\n\
              #[deprecated]\nfn old() -> u8 {\n    1\n}\n\n/// Searches";
    fixture.edit_solution("lib.rs", from, to);
    fixture.author_ok(&["derive", "--force"]);
    let complaint = fixture.author_fails(&["derive", "--check"]);
    insta::assert_snapshot!(unquoted(&complaint));
}

#[test]
fn the_derived_text_compiles() {
    let fixture = Fixture::compiling();
    let tests = format!("{SOLUTION}/src/tests.rs");
    fixture.edit(&tests, "use crate::Shelf", "use crate::Shell");
    fixture.author_ok(&["derive", "--force"]);
    let complaint = fixture.author_fails(&["derive", "--check"]);
    insta::assert_snapshot!(unquoted(&complaint));
}
