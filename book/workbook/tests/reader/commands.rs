//! What the commands say, and how they end.

use crate::shelf::{
    FIND, FOUND, LIB, close, derived, page, program, run, shown, solve_first, solve_the_rest,
};

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
fn an_exercise_of_an_untouched_chapter_is_answered_without_compiling() {
    let fixture = derived();
    let target = tempfile::tempdir().unwrap();
    let output = program(&fixture, &["check", "1.2"])
        .env("CARGO_TARGET_DIR", target.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("1.1 Books in their place: Not started"),
        "{said}"
    );
    assert!(said.contains("1.2"), "{said}");
    assert!(
        !target.path().join("debug").exists(),
        "something was compiled"
    );
    // Where one of them is begun, only its tests can tell.
    solve_first(&fixture);
    let said = shown(&fixture, &["check", "1.2"]);
    assert!(said.contains("✓ 1.1"), "{said}");
}

#[test]
fn checking_all_that_was_begun() {
    let fixture = derived();
    insta::assert_snapshot!("nothing_begun", shown(&fixture, &["check"]));
    solve_first(&fixture);
    insta::assert_snapshot!("begun", shown(&fixture, &["check"]));
}

#[test]
fn a_chapter_that_is_solved_names_the_pages_that_close_it() {
    let fixture = derived();
    close(&fixture);
    solve_first(&fixture);
    let said = shown(&fixture, &["check", "1.1"]);
    assert!(!said.contains("what-you-built"), "{said}");
    solve_the_rest(&fixture);
    insta::assert_snapshot!("closing", shown(&fixture, &["check", "1.3"]));
    insta::assert_snapshot!("closing_map", shown(&fixture, &["status"]));
    let page = shown(&fixture, &["read", "ch01-shelf/what-you-built"]);
    assert!(page.starts_with("What you built\n"), "{page}");
    let to_come = shown(&fixture, &["check", "2"]);
    assert!(
        to_come.starts_with("error: chapter 2 is not written yet."),
        "{to_come}"
    );
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
    assert!(said.contains("error[E0609]: no field `title`"), "{said}");
    assert!(said.contains(LIB), "{said}");
    assert!(said.ends_with("[failure]\n"), "{said}");
    assert!(!said.contains('\x1b'), "{said}");
}

#[test]
fn the_compiler_speaks_in_colour_where_there_is_some() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, "self.title.len()");
    let said = |command: &[&str], name: &str, value: &str| {
        let mut program = program(&fixture, command);
        let output = program.env(name, value).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let is_red = |said: &str| {
        let error = said.lines().find(|line| line.contains("error"));
        error.unwrap().contains("\x1b[")
    };
    for command in [&["check", "1.2"][..], &["check"], &["status"]] {
        let coloured = said(command, "CLICOLOR_FORCE", "1");
        let says = coloured.split_once("one error.").unwrap().1;
        assert!(is_red(says), "{coloured}");
        let plain = said(command, "NO_COLOR", "1");
        assert!(!plain.contains('\x1b'), "{plain}");
        assert!(plain.contains("error[E0609]: no field"), "{plain}");
    }
    let json = said(&["check", "--format", "json"], "CLICOLOR_FORCE", "1");
    assert!(
        !json.contains("\\u001b") && !json.contains('\x1b'),
        "{json}"
    );
}

#[test]
fn what_is_next_is_read_from_the_source_and_not_from_an_error_that_is_gone() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, FOUND);
    fixture.edit(LIB, "    titles: Vec<String>,", "    titles: Vec<Strin>,");
    insta::assert_snapshot!("next_is_to_mend", {
        let said = run(&fixture, &["status"]).stdout;
        let title = "1. A shelf (0/3) ✗ does not compile\n";
        assert!(said.contains(title) && said.contains("\n  ? 1.1"), "{said}");
        let (_, next) = said.split_once("Next: ").unwrap();
        next.to_owned()
    });
    fixture.edit(LIB, "    titles: Vec<Strin>,", "    titles: Vec<String>,");
    insta::assert_snapshot!("next_once_it_is_mended", shown(&fixture, &["check", "1.2"]));
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

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_no_success() {
    let fixture = derived();
    let full = std::fs::File::options().write(true).open("/dev/full");
    let output = crate::shelf::program(&fixture, &["status"])
        .stdout(full.unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.starts_with("error: cannot write the output:"),
        "{said}"
    );
    assert!(!output.status.success());
}

#[test]
fn a_page_is_read_in_the_terminal() {
    let fixture = derived();
    insta::assert_snapshot!("page", shown(&fixture, &["read", "1.2"]));
    let next = shown(&fixture, &["read"]);
    assert!(next.starts_with("1.1 Books in their place\n===="), "{next}");
    for name in [
        "glossary",
        "Glossary",
        "book/src/glossary.md",
        "./glossary.html",
    ] {
        let page = shown(&fixture, &["read", name]);
        assert!(page.starts_with("Glossary\n"), "{name}: {page}");
    }
    let unfolded = shown(&fixture, &["read", "1.1", "--unfold", "2,3"]);
    for (folds, count) in [("[-", 2), ("{{#", 0), ("<", 0)] {
        let prose = unfolded.lines().filter(|line| !line.starts_with("    "));
        assert_eq!(
            prose.filter(|line| line.contains(folds)).count(),
            count,
            "{unfolded}"
        );
    }
    let unfolds = |number: &str| shown(&fixture, &["read", "1.1", "--unfold", number]);
    let there = "the page has 4 folded blocks: 1 to 4, or all\n[failure]\n";
    for wrong in ["99", "0", "2,5"] {
        let last = wrong.rsplit(',').next().unwrap_or_default();
        assert_eq!(unfolds(wrong), format!("error: `--unfold {last}`: {there}"));
    }
    let output = program(&fixture, &["read", "glossary", "--unfold", "1"]).output();
    assert_eq!(output.unwrap().status.code(), Some(2));
    let part = shown(&fixture, &["read", "1.1#your-task"]);
    assert!(part.starts_with("Your task\n---------\n"), "{part}");
    fixture.edit(
        "book/src/glossary.md",
        "lib.rs`.",
        "lib.rs`. (1)\n\n## Row\n\nA line. (2)",
    );
    let told = "\nA number in brackets is the chapter that explains the word";
    for (page, ends) in [
        ("glossary", ":\n  cargo run -- read 1\n[success]\n"),
        ("glossary#shelf", ":\n  cargo run -- read 1\n[success]\n"),
        ("glossary#row", ".\n[success]\n"),
    ] {
        let said = shown(&fixture, &["read", page]);
        assert!(said.ends_with(&format!("{told}{ends}")), "{said}");
    }
    insta::assert_snapshot!("no_page", shown(&fixture, &["read", "wor"]));
    insta::assert_snapshot!("near_page", shown(&fixture, &["read", "glosary"]));
    insta::assert_snapshot!("no_part", shown(&fixture, &["read", "glossary#x"]));
}

#[test]
fn what_differs_in_printed_output_reads_as_in_the_browser() {
    let fixture = derived();
    let block = "## Your task\n\n```console,norun\n$ shelf [..]\n...\n```\n";
    fixture.edit(page("01-put"), "## Your task\n", block);
    let shown = shown(&fixture, &["read", "1.1"]);
    assert!(shown.contains("    $ shelf …\n    …\n"), "{shown}");
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

#[test]
fn a_typo_and_a_number_alone_are_answered_with_what_was_meant() {
    let fixture = derived();
    insta::assert_snapshot!("typo", shown(&fixture, &["chekc", "1.1"]));
    insta::assert_snapshot!("number_alone", shown(&fixture, &["1.2"]));
}

#[test]
fn the_reference_is_shown_once_an_exercise_passes() {
    let fixture = derived();
    insta::assert_snapshot!("diff_too_early", shown(&fixture, &["diff", "1.1"]));
    insta::assert_snapshot!(
        "diff_nobody_to_ask",
        shown(&fixture, &["diff", "1.2", "--peek"])
    );
    let peek = run(&fixture, &["diff", "1.2", "--peek", "--yes"]);
    assert!(
        peek.stdout
            .contains("+     place(&self.titles, title).ok()"),
        "{}",
        peek.stdout
    );
    solve_first(&fixture);
    fixture.edit(LIB, FIND, FOUND);
    fixture.edit(LIB, "    /// Says at which", "    /// Says, then, at which");
    insta::assert_snapshot!("diff_of_what_passes", shown(&fixture, &["diff", "1.1"]));
    insta::assert_snapshot!("diff_of_the_same", shown(&fixture, &["diff", "1.2"]));
}

#[test]
fn json_has_a_version_and_a_shape_that_stays() {
    let fixture = derived();
    solve_first(&fixture);
    fixture.edit(LIB, FIND, "Some(title.len() / (self.len() - self.len()))");
    let status = run(&fixture, &["status", "--format", "json"]);
    insta::assert_snapshot!("json_status", status.stdout);
    let check = run(&fixture, &["check", "1.2", "--format", "json"]);
    insta::assert_snapshot!("json_check", check.stdout);
    assert!(!check.success);
    let read: serde_json::Value = serde_json::from_str(&check.stdout).unwrap();
    assert_eq!(read["version"], 1);
    assert_eq!(read["chapters"][0]["exercises"][1]["cause"], "panic");
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let fixture = derived();
    let colours = |variable: Option<&str>| {
        let mut command = crate::shelf::program(&fixture, &["status"]);
        if let Some(variable) = variable {
            command.env(variable, "1");
        }
        command.output().unwrap().stdout.contains(&0x1b)
    };
    assert!(!colours(None), "there is no terminal");
    assert!(colours(Some("CLICOLOR_FORCE")));
    assert!(!colours(Some("NO_COLOR")));
}
