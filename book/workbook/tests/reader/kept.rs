//! What `reset` and `restore` change, and what they keep.

use crate::shelf::{FIND, FOUND, LIB, derived, run, shown, shown_any_day, solve_first};

#[test]
fn a_chapter_is_reset_and_taken_back() {
    let fixture = derived();
    let as_it_came = fixture.read(LIB);
    solve_first(&fixture);
    let written = fixture.read(LIB);
    let own = "chapters/ch01-shelf/src/own.rs";
    fixture.write(own, "//! Mine.\n");
    insta::assert_snapshot!("reset_nobody_to_ask", shown(&fixture, &["reset", "1"]));
    assert_eq!(fixture.read(LIB), written);
    insta::assert_snapshot!("reset", shown_any_day(&fixture, &["reset", "1", "--yes"]));
    assert_eq!(fixture.read(LIB), as_it_came);
    assert!(!fixture.root().join(own).exists());
    insta::assert_snapshot!(
        "reset_of_nothing",
        shown(&fixture, &["reset", "1", "--yes"])
    );

    let name = format!("{}-reset-1", jiff::Zoned::now().date());
    insta::assert_snapshot!("copies", shown_any_day(&fixture, &["restore"]));
    let said = shown_any_day(&fixture, &["restore", &name]);
    insta::assert_snapshot!("restore", said);
    assert_eq!(fixture.read(LIB), written);
    assert_eq!(fixture.read(own), "//! Mine.\n");
}

#[test]
fn an_exercise_is_reset_alone() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, FOUND);
    let with_both = fixture.read(LIB);
    let said = shown_any_day(&fixture, &["reset", "1.2", "--yes"]);
    insta::assert_snapshot!("reset_one", said);
    assert_eq!(fixture.read(LIB), with_both.replace(FOUND, FIND));
    // Both functions of 1.1, and nothing of the others.
    fixture.write(LIB, &with_both);
    run(&fixture, &["reset", "1.1", "--yes"]);
    let text = fixture.read(LIB);
    assert_eq!(text.matches("todo!(\"exercise 1.1:").count(), 2, "{text}");
    assert!(text.contains(FOUND), "{text}");
    assert!(run(&fixture, &["check", "1.1"]).stdout.contains("· 1.1"));
}

#[test]
fn what_cannot_be_reset_is_left_alone() {
    let fixture = derived();
    fixture.edit(LIB, "pub fn find", "pub fn search");
    let before = fixture.read(LIB);
    insta::assert_snapshot!("reset_renamed", shown(&fixture, &["reset", "1.2", "--yes"]));
    assert_eq!(fixture.read(LIB), before);
    insta::assert_snapshot!("reset_unknown", shown(&fixture, &["reset", "4.1", "--yes"]));
    insta::assert_snapshot!("restore_unknown", shown(&fixture, &["restore", "x"]));
}

#[test]
fn what_something_else_takes_away_is_kept() {
    let fixture = derived();
    let as_it_came = fixture.read(LIB);
    solve_first(&fixture);
    run(&fixture, &["status"]);
    let written = fixture.read(LIB);
    // A download unpacked over the old one.
    fixture.write(LIB, &as_it_came);
    insta::assert_snapshot!("lost", shown_any_day(&fixture, &["hint", "1.1"]));
    let again = run(&fixture, &["status"]);
    assert_eq!(again.stderr, "");
    let name = format!("{}-lost", jiff::Zoned::now().date());
    run(&fixture, &["restore", &name]);
    assert_eq!(fixture.read(LIB), written);
    assert!(!run(&fixture, &["status"]).stderr.contains("gone"));
}
