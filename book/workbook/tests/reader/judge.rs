//! Each way in which an exercise can stand, from code that stands that way.

use std::time::Duration;

use workbook::desk::Desk;
use workbook::exercise::ExerciseId;
use workbook::judge::{Assignment, Judge};
use workbook::progress::{ChapterVerdict, State, Verdict};
use workbook::runner::Limits;
use workbook::workspace::Workspace;

use crate::shelf::{FIND, FOUND, Fixture, LIB, TAKE, derived, solve_first};

fn id(text: &str) -> ExerciseId {
    text.parse().unwrap()
}

/// Judges the chapter under a short time limit; the order of the verdicts
/// comes with them.
fn judged(fixture: &Fixture) -> (ChapterVerdict, Vec<String>) {
    let limits = Limits {
        time: Duration::from_secs(2),
        ..Limits::default()
    };
    judged_under(fixture, limits)
}

fn judged_under(fixture: &Fixture, limits: Limits) -> (ChapterVerdict, Vec<String>) {
    let workspace = Workspace::at(fixture.root()).unwrap();
    let judge = Judge {
        target_dir: Some(fixture.target_dir().to_owned()),
        limits,
        ..Judge::new(fixture.root())
    };
    let assignment = Assignment {
        chapter: workspace.chapter(1).unwrap(),
        exercises: ["1.1", "1.2", "1.3"].map(id).to_vec(),
        first: Some(id("1.2")),
        solved: vec![id("1.1")],
    };
    let mut order = Vec::new();
    let verdict = judge.judge(&assignment, |id, _| order.push(id.to_string()));
    (verdict.unwrap().unwrap(), order)
}

fn of<'v>(verdict: &'v ChapterVerdict, exercise: &str) -> &'v Verdict {
    verdict.of(id(exercise)).unwrap()
}

fn place(verdict: &Verdict) -> (String, bool) {
    let place = verdict.place.as_ref().unwrap();
    (place.to_string(), place.yours)
}

/// The line of the chapter's source that holds a text.
fn line_of(fixture: &Fixture, text: &str) -> String {
    let source = fixture.read(LIB);
    let line = source.lines().position(|l| l.contains(text)).unwrap() + 1;
    format!("{LIB}:{line}")
}

#[test]
fn nothing_written_is_not_started() {
    let fixture = derived();
    let (verdict, order) = judged(&fixture);
    assert_eq!(order, ["1.2", "1.1", "1.3"]);
    for exercise in ["1.1", "1.2", "1.3"] {
        let todo = format!("todo!(\"exercise {exercise}:");
        let found = of(&verdict, exercise);
        assert_eq!(found.state, State::NotStarted);
        assert_eq!(place(found), (line_of(&fixture, &todo), true));
    }
}

#[test]
fn what_is_written_waits_for_what_it_needs() {
    let fixture = derived();
    fixture.edit(LIB, FIND, FOUND);
    let (verdict, _) = judged(&fixture);
    let second = of(&verdict, "1.2");
    assert_eq!(second.state, State::Waiting);
    assert_eq!(
        second.sentence,
        "Waiting: its tests need exercise 1.1 first."
    );
}

/// The tests of an untouched exercise may run into the mistake of another.
#[test]
fn an_untouched_exercise_takes_no_blame() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(
        LIB,
        "self.titles.insert(place,",
        "self.titles.insert(place + 9,",
    );
    let (verdict, _) = judged(&fixture);
    assert_eq!(of(&verdict, "1.1").state, State::Failing);
    assert_eq!(of(&verdict, "1.2").state, State::NotStarted);
    let said = crate::shelf::shown(&fixture, &["check", "1.3"]);
    assert!(said.starts_with("· 1.3 "), "{said}");
    assert!(said.contains("  stuck?  cargo run -- hint 1.3\n"), "{said}");
    let status = crate::shelf::shown(&fixture, &["status"]);
    assert!(
        status.contains("✗ 1.1") && status.contains("· 1.3"),
        "{status}"
    );
}

#[test]
fn a_solved_exercise_and_one_that_fails_its_test() {
    let fixture = derived();
    solve_first(&fixture);
    // Counts from one: the test for what is not there passes.
    fixture.edit(
        LIB,
        FIND,
        "place(&self.titles, title).ok().map(|at| at + 1)",
    );
    let (verdict, _) = judged(&fixture);
    assert_eq!(of(&verdict, "1.1").state, State::Solved);
    let failing = of(&verdict, "1.2");
    assert_eq!(failing.state, State::Failing);
    assert_eq!(
        failing.sentence,
        "1 of 2 tests pass; `ex_1_2_find_says_the_place_in_order` fails."
    );
    let message = failing.message.as_deref().unwrap();
    assert!(
        message.contains("left: Some(2)\n right: Some(1)"),
        "{message}"
    );
    let (place, yours) = place(failing);
    assert!(place.contains("src/tests/ex_1_2.rs:5"), "{place}");
    assert!(!yours);
}

#[test]
fn a_panic_in_the_library_is_traced_to_the_readers_line() {
    let fixture = derived();
    solve_first(&fixture);
    // The standard library's own line panics, and does not track its caller.
    fixture.edit(
        LIB,
        FIND,
        "println!(\"looking\");\n        \
         let map = std::collections::BTreeMap::from([(1_u8, 1)]);\n        \
         Some(map.range(2..1).count())",
    );
    let said = crate::shelf::shown(&fixture, &["check", "1.2"]);
    let traced = format!("Your code panicked at: {}", line_of(&fixture, "map.range"));
    assert!(said.contains(&traced), "{said}");
    let (verdict, _) = judged(&fixture);
    let failing = of(&verdict, "1.2");
    assert_eq!(failing.state, State::Failing);
    assert!(failing.output.as_deref().unwrap().contains("looking"));
}

#[test]
fn a_test_that_never_ends_is_stopped_and_those_behind_it_wait() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, "loop { std::hint::spin_loop(); }");
    fixture.edit(LIB, TAKE, "self.find(title).is_some()");
    let (verdict, _) = judged(&fixture);
    let hung = of(&verdict, "1.2");
    assert_eq!(hung.state, State::Hung);
    assert!(
        hung.sentence.contains("did not end within 2 seconds: "),
        "{}",
        hung.sentence
    );
    let behind = of(&verdict, "1.3");
    assert_eq!(behind.state, State::Waiting);
    assert!(
        behind.sentence.contains("exercise 1.2"),
        "{}",
        behind.sentence
    );
    assert_eq!(of(&verdict, "1.1").state, State::Solved);
}

#[cfg(target_os = "linux")]
#[test]
fn a_test_that_takes_all_memory_is_stopped_in_time() {
    let fixture = derived();
    solve_first(&fixture);
    let hoard = "let mut all = Vec::new();\n        loop { all.push([1_u8; 65536]); }";
    fixture.edit(LIB, FIND, hoard);
    let limits = Limits {
        memory_bytes: 64 << 20,
        ..Limits::default()
    };
    let (verdict, _) = judged_under(&fixture, limits);
    let hoarder = of(&verdict, "1.2");
    assert_eq!(hoarder.state, State::Aborted);
    let cause = workbook::progress::Cause::OutOfMemory;
    assert_eq!(hoarder.cause, Some(cause));
    insta::assert_snapshot!(hoarder.sentence, @"`ex_1_2_find_says_the_place_in_order` took more than 64 MiB of memory and was stopped.");
    assert_eq!(of(&verdict, "1.1").state, State::Solved);
}

#[test]
fn an_abort_takes_nothing_else_with_it() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, "std::process::abort()");
    let (verdict, _) = judged(&fixture);
    assert_eq!(of(&verdict, "1.2").state, State::Aborted);
    assert_eq!(of(&verdict, "1.1").state, State::Solved);
}

#[test]
fn a_compile_error_is_shown_with_its_place_and_takes_nothing_back() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, "self.title.len()");
    let (verdict, _) = judged(&fixture);
    let trouble = verdict.trouble.as_ref().unwrap();
    assert_eq!(trouble.state, State::CompileError);
    assert_eq!(
        trouble.sentence,
        "The chapter does not compile yet: one error."
    );
    assert_eq!(place(trouble), (line_of(&fixture, "self.title.len"), true));
    assert!(trouble.output.as_deref().unwrap().contains("error[E0609]"));
    assert!(verdict.is_solved(id("1.1")));
    assert!(!verdict.is_solved(id("1.2")));
}

/// The reader was sent to the line at which an open bracket was missed, ten
/// lines below the one that opens it and that the compiler points at.
#[test]
fn a_compile_error_is_where_the_compilers_arrow_points() {
    let fixture = derived();
    let open = "if self.is_empty( {\n            return None;\n        }\n        None";
    fixture.edit(LIB, FIND, open);
    let (verdict, _) = judged(&fixture);
    let trouble = verdict.trouble.as_ref().unwrap();
    assert_eq!(
        place(trouble),
        (line_of(&fixture, "self.is_empty( {"), true)
    );

    // It may begin in a test: what readers write is what they can mend.
    fixture.edit(LIB, open, FIND);
    fixture.edit(
        LIB,
        "fn find(&self, title: &str)",
        "fn find(&self, title: &str, from: usize)",
    );
    let (verdict, _) = judged(&fixture);
    let trouble = verdict.trouble.as_ref().unwrap();
    assert!(trouble.output.as_deref().unwrap().contains("ex_1_2.rs:"));
    assert_eq!(place(trouble), (line_of(&fixture, "fn find("), true));
}

#[test]
fn what_is_gone_is_said_to_be_gone() {
    let fixture = derived();
    std::fs::remove_file(
        fixture
            .root()
            .join("chapters/ch01-shelf/src/tests/ex_1_3.rs"),
    )
    .unwrap();
    fixture.edit("chapters/ch01-shelf/src/tests.rs", "mod ex_1_3;\n", "");
    let (verdict, _) = judged(&fixture);
    let without = of(&verdict, "1.3");
    assert_eq!(without.state, State::Unknown);
    assert!(
        without.sentence.contains("`ex_1_3_"),
        "{}",
        without.sentence
    );

    std::fs::remove_dir_all(fixture.root().join("chapters/ch01-shelf")).unwrap();
    let (verdict, _) = judged(&fixture);
    let trouble = verdict.trouble.unwrap();
    assert!(
        trouble.sentence.contains("chapters/ch01-shelf is gone"),
        "{trouble:?}"
    );
}

#[test]
fn a_verdict_is_kept_until_a_source_changes() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, FOUND);
    let answer = crate::shelf::run(&fixture, &["status"]);
    assert!(
        answer.stderr.contains("Judging chapter 1"),
        "{}",
        answer.stderr
    );
    let again = crate::shelf::run(&fixture, &["status"]);
    assert_eq!(again.stderr, "");
    assert_eq!(again.stdout, answer.stdout);
    fixture.edit(LIB, FOUND, "None");
    let changed = crate::shelf::run(&fixture, &["status"]);
    assert!(
        changed.stderr.contains("Judging chapter 1"),
        "{}",
        changed.stderr
    );
    assert!(changed.stdout.contains("✗ 1.2"), "{}", changed.stdout);
}

#[test]
fn a_workspace_without_a_table_of_contents_says_so() {
    let fixture = derived();
    std::fs::remove_file(fixture.root().join("book/src/SUMMARY.md")).unwrap();
    let error = Desk::at(fixture.root()).unwrap_err();
    assert!(
        format!("{error:#}").contains("book/src/SUMMARY.md"),
        "{error:#}"
    );
}
