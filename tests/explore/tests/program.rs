//! The program as it is called: what it prints, and its exit status.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

/// Runs the program with the smallest budget.
fn explore(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_explore"));
    program.args(arguments).env("STRATA_BUDGET", "tiny");
    program.env_remove("STRATA_SCRIPT").output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn an_engine_that_keeps_its_clauses_is_shown_with_what_was_reached() {
    let output = explore(&["log"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    for said in ["The log engine", "distinct", "sync"] {
        assert!(shown.contains(said), "{said} is missing in:\n{shown}");
    }
}

#[test]
fn an_unknown_engine_is_answered_with_those_that_there_are() {
    let output = explore(&["paper"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.starts_with("There is no engine `paper`; there is log, "),
        "{said}"
    );
}

#[test]
fn without_a_script_there_is_nothing_to_replay() {
    let output = explore(&["replay", "log", "crash"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("STRATA_SCRIPT"), "{said}");
}
