//! The runner on a package of its own: what a test can do to its process.

use std::{ops::ControlFlow, time::Duration};

use workbook::runner::{self, Build, BuildOptions, Job, Limits, Outcome, TestBinary};

use crate::support::{Fixture, SOLUTION};

const TESTS: &str = "\
#[test]
fn ex_1_1_passes() {
    println!(\"said by the test\");
}

#[test]
fn ex_1_1_fails_in_a_thread() {
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(1, 2, \"in a thread\"));
    });
}

#[test]
fn ex_1_1_aborts() {
    std::process::abort();
}

#[test]
fn ex_1_1_exits_as_if_all_were_well() {
    std::process::exit(0);
}

#[test]
fn ex_1_1_hangs_after_a_word() {
    println!(\"so far\");
    loop {
        std::thread::park();
    }
}

#[test]
fn ex_1_1_talks_too_much() {
    for i in 0..10_000 {
        println!(\"line {i}\");
    }
    panic!(\"the last word\");
}

#[test]
fn ex_1_10_reads_its_environment() {
    assert_eq!(std::env::var(\"SHELF\").as_deref(), Ok(\"oak\"));
}

#[test]
fn without_a_number() {}
";

fn build(fixture: &Fixture) -> Build {
    let options = BuildOptions {
        target_dir: Some(fixture.target_dir().to_owned()),
        ..BuildOptions::default()
    };
    runner::build(fixture.root(), "shelf-solution", &options).expect("cargo runs")
}

fn compiled() -> (Fixture, TestBinary) {
    let fixture = Fixture::new();
    fixture.write(format!("{SOLUTION}/src/tests.rs"), TESTS);
    match build(&fixture) {
        Build::Ready { tests, .. } => (fixture, tests),
        Build::CompileErrors(errors) => panic!("{errors:?}"),
    }
}

#[test]
fn a_test_is_judged_by_what_its_process_does() {
    let (_fixture, tests) = compiled();
    let names = tests.list().expect("a list");
    let shown: Vec<String> = names
        .iter()
        .map(|t| t.exercise.map_or("-".into(), |id| id.to_string()))
        .collect();
    assert_eq!(
        shown,
        ["1.1", "1.1", "1.1", "1.1", "1.1", "1.1", "1.10", "-"]
    );

    let limits = Limits {
        time: Duration::from_secs(2),
        output_bytes: 1000,
        ..Limits::default()
    };
    let mut seen = Vec::new();
    let jobs = names
        .iter()
        .map(|t| Job::new(&t.name).with_env("SHELF", "oak"));
    let on_run = |job: Job, run| {
        seen.push((job.test.replace("tests::", ""), run));
        ControlFlow::Continue(())
    };
    tests.run_all(jobs, 2, &limits, on_run).expect("tests run");
    assert_eq!(seen.len(), names.len());
    let of = |name: &str| {
        let found = seen.iter().find(|(test, _)| test == name);
        found.map(|(_, run): &(_, runner::Run)| run).expect(name)
    };

    assert_eq!(of("ex_1_1_passes").outcome, Outcome::Passed);
    assert!(
        of("ex_1_1_passes")
            .output
            .stdout
            .contains("said by the test")
    );
    assert_eq!(of("ex_1_10_reads_its_environment").outcome, Outcome::Passed);
    let panic = of("ex_1_1_fails_in_a_thread").outcome.panic();
    assert!(panic.is_some_and(|p| p.message.contains("in a thread")));
    for name in ["ex_1_1_aborts", "ex_1_1_exits_as_if_all_were_well"] {
        assert!(
            matches!(of(name).outcome, Outcome::Aborted { .. }),
            "{name}"
        );
    }
    let hung = of("ex_1_1_hangs_after_a_word");
    assert_eq!(hung.outcome, Outcome::TimedOut { limit: limits.time });
    assert!(hung.output.stdout.contains("so far"));
    let talked = of("ex_1_1_talks_too_much");
    assert!(talked.output.stdout.len() < 1100);
    assert!(talked.output.stdout.contains("bytes left out"));
    let last = talked.outcome.panic().map(|p| p.message.as_str());
    assert_eq!(last, Some("the last word"));
}

#[test]
fn no_test_starts_after_a_break() {
    let (_fixture, tests) = compiled();
    let jobs = ["a", "b", "c", "d", "e", "f"].map(|name| Job::new(format!("tests::{name}")));
    let mut runs = 0;
    let on_run = |_: Job, _| {
        runs += 1;
        ControlFlow::Break(())
    };
    tests
        .run_all(jobs, 1, &Limits::default(), on_run)
        .expect("tests run");
    // The worker may have taken the second before it heard of the break.
    assert!(runs <= 2, "{runs}");
}

#[test]
fn what_does_not_compile_says_where() {
    let fixture = Fixture::new();
    fixture.edit_solution("lib.rs", "self.titles.len()", "self.books.len()");
    let Build::CompileErrors(errors) = build(&fixture) else {
        panic!("it compiled");
    };
    assert_eq!(errors.len(), 1, "{errors:?}");
    let error = errors[0].to_string().replace('\\', "/");
    assert!(
        error.starts_with("solutions/ch01-shelf/src/lib.rs:23:14: no field `books`"),
        "{error}"
    );
}

#[test]
fn an_unknown_package_is_an_error_in_cargos_words() {
    let fixture = Fixture::new();
    let error = runner::build(fixture.root(), "no-such-shelf", &BuildOptions::default())
        .expect_err("there is no such package");
    assert!(error.to_string().contains("no-such-shelf"), "{error}");
}
