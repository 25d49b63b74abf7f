//! What the commands say, and how they end.

use crate::shelf::{FIND, Fixture, LIB, derived, page, run, solve_first};

fn shown(fixture: &Fixture, args: &[&str]) -> String {
    let answer = run(fixture, args);
    let end = if answer.success { "success" } else { "failure" };
    let all = format!("{}{}[{end}]\n", answer.stdout, answer.stderr);
    for line in all.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    all
}

#[test]
fn the_map_of_an_untouched_book() {
    insta::assert_snapshot!(shown(&derived(), &["status"]));
}

#[test]
fn checking_what_is_solved_says_what_is_next() {
    let fixture = derived();
    solve_first(&fixture);
    insta::assert_snapshot!(shown(&fixture, &["check", "1.1"]));
}

#[test]
fn checking_an_exercise_shows_it_first_and_the_earlier_ones_in_short() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, "Some(title.len() / (self.len() - self.len()))");
    insta::assert_snapshot!(shown(&fixture, &["check", "1.2"]));
}

#[test]
fn checking_all_that_was_begun() {
    let fixture = derived();
    insta::assert_snapshot!("nothing_begun", shown(&fixture, &["check"]));
    solve_first(&fixture);
    insta::assert_snapshot!("begun", shown(&fixture, &["check"]));
}

#[test]
fn checking_code_that_does_not_compile() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, "self.title.len()");
    let said = shown(&fixture, &["check", "1.2"]);
    assert!(
        said.starts_with("The chapter does not compile yet: one error."),
        "{said}"
    );
    assert!(said.contains("  error[E0609]: no field `title`"), "{said}");
    assert!(said.contains(LIB), "{said}");
    assert!(said.ends_with("[failure]\n"), "{said}");
}

#[test]
fn what_there_is_not() {
    let fixture = derived();
    insta::assert_snapshot!("no_exercise", shown(&fixture, &["check", "1.4"]));
    insta::assert_snapshot!("no_chapter", shown(&fixture, &["check", "7"]));
    insta::assert_snapshot!("no_hint", shown(&fixture, &["hint", "2.1"]));
}

#[test]
fn hints_are_the_pages_own() {
    let fixture = derived();
    insta::assert_snapshot!("question", shown(&fixture, &["hint", "1.2"]));
    insta::assert_snapshot!("sketch", shown(&fixture, &["hint", "1.2", "--rung", "3"]));
    fixture.edit(page("02-find"), "Hint 2: ", "");
    insta::assert_snapshot!("fault", shown(&fixture, &["hint", "1.2"]));
}

#[test]
fn help_names_every_command() {
    insta::assert_snapshot!(shown(&derived(), &["--help"]));
}

#[test]
fn mdbook_may_ask_for_any_renderer() {
    assert_eq!(
        shown(&derived(), &["preprocess", "supports", "html"]),
        "[success]\n"
    );
}
