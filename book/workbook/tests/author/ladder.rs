//! `author ladder`: the gate of the same name.

use crate::support::{Fixture, SOLUTION};

/// Without the time it took.
fn timeless(text: &str) -> String {
    let line = |line: &str| match (line.find(" in "), line.find(" s: ")) {
        (Some(from), Some(to)) if line.starts_with("ladder: ") => {
            format!("{} in [..]{}\n", &line[..from], &line[to..])
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn a_sound_ladder_holds_whole_and_in_part() {
    let fixture = Fixture::compiling();
    assert_eq!(
        timeless(&fixture.author_ok(&["ladder"])),
        "ladder: 3 exercises, 5 tests, 9 runs in [..] s: every step holds.\n"
    );
    assert_eq!(
        timeless(&fixture.author_ok(&["ladder", "1.2"])),
        "ladder: 1 exercise, 2 tests, 4 runs in [..] s: every step holds.\n"
    );
    let complaint = fixture.author_fails(&["ladder", "1.9"]);
    assert!(
        complaint.contains("there is no exercise 1.9"),
        "{complaint}"
    );
}

#[test]
fn every_broken_step_is_named_with_what_to_do() {
    let fixture = Fixture::compiling();
    fixture.write(
        format!("{SOLUTION}/src/tests/ex_1_2.rs"),
        "\
use super::shelf;

#[test]
fn ex_1_2_passes_unsolved() {
    assert_eq!(shelf(&[\"Emma\"]).len(), 1);
}

#[test]
fn ex_1_2_needs_a_later_one() {
    let mut shelf = shelf(&[\"Emma\"]);
    assert!(shelf.find(\"Emma\").is_some() && shelf.take(\"Emma\"));
}

#[test]
fn ex_1_2_hides_what_is_missing() {
    std::panic::set_hook(Box::new(|_| {}));
    let found = std::panic::catch_unwind(|| shelf(&[]).find(\"Emma\"));
    let _ = std::panic::take_hook();
    assert_eq!(found.ok(), Some(None), \"found nothing\");
}

#[test]
fn ex_1_2_swallows_a_later_one() {
    assert_eq!(shelf(&[]).find(\"Emma\"), None);
    let taken = std::thread::spawn(|| shelf(&[\"Emma\"]).take(\"Emma\"));
    let _ = taken.join();
}

#[test]
fn ex_1_2_is_wrong() {
    assert_eq!(shelf(&[\"Emma\"]).find(\"Emma\"), Some(7));
}

#[test]
fn ex_1_2_hangs() {
    shelf(&[]).find(\"Emma\");
    loop {
        std::hint::spin_loop();
    }
}
",
    );
    fixture.edit_solution("tests.rs", "mod ex_1_3;\n", "");
    fixture.edit_solution(
        "tests.rs",
        "shelf(&[]).is_empty()",
        "!shelf(&[]).is_empty()",
    );
    let answer = fixture.author(&["ladder", "--limit", "1"]);
    assert!(!answer.success);
    insta::assert_snapshot!(timeless(&answer.stdout));
}
