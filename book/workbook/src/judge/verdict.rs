//! From what an exercise's tests did to how the exercise stands.

use super::ending;
use crate::exercise::ExerciseId;
use crate::paint;
use crate::progress::{Failed, Place, State, Verdict};
use crate::runner::{Diagnostic, Outcome, Run};

/// How much of a test's output is kept for the page, in bytes.
const OUTPUT_SHOWN: usize = 32 * 1024;

/// How many compile errors are shown; the first is the one to mend.
const ERRORS_SHOWN: usize = 5;

/// A test of the exercise and what it did.
#[derive(Debug)]
pub(super) struct Ran {
    /// The test's path.
    pub(super) test: String,
    /// What it did.
    pub(super) run: Run,
}

/// Judges an exercise by its tests, given in their order.
///
/// `total` counts those that were not run, too. The place is left open where
/// only a backtrace can tell it.
pub(super) fn of_runs(
    id: ExerciseId,
    runs: &[Ran],
    total: usize,
    place_of: impl Fn(&str) -> Option<Place>,
) -> Verdict {
    let passed = runs.iter().filter(|r| r.run.outcome.is_passed()).count();
    let failed = || runs.iter().filter(|r| !r.run.outcome.is_passed());
    let Some(first) = failed().next() else {
        return solved(total);
    };
    if let Some(ran) = failed().find(|r| r.run.outcome.todo().is_none()) {
        return failing(ran, &others(ran, runs), passed, total, place_of);
    }
    let own = failed().find(|r| r.run.outcome.reached_todo(id));
    match own {
        Some(ran) if passed == 0 => not_started(id, ran, place_of),
        Some(ran) => failing(ran, &others(ran, runs), passed, total, place_of),
        None => waiting(id, first, passed, total, place_of),
    }
}

/// The verdict on exercises that no test judges.
pub(super) fn without_tests(id: ExerciseId) -> Verdict {
    let test = format!("ex_{}_{}_", id.chapter, id.number);
    Verdict::new(
        State::Unknown,
        format!("No test judges it: none is named `{test}…`. Was its file removed?"),
    )
}

/// The verdict on exercises behind one whose test never ends.
pub(super) fn behind_hung(hung: ExerciseId) -> Verdict {
    Verdict::new(
        State::Waiting,
        format!("Not judged: a test of exercise {hung}, before it, does not end."),
    )
}

/// Why a chapter that does not compile cannot be judged.
pub(super) fn of_errors(
    package: &str,
    errors: &[Diagnostic],
    place_of: impl Fn(&str) -> Option<Place>,
) -> Verdict {
    // Errors in the chapter itself come before those of what it needs.
    let own = |d: &&Diagnostic| d.package == package;
    let others = |d: &&Diagnostic| d.package != package;
    let sorted: Vec<&Diagnostic> = errors
        .iter()
        .filter(own)
        .chain(errors.iter().filter(others))
        .collect();
    let Some(first) = sorted.first() else {
        return Verdict::new(State::CompileError, "The chapter does not compile.");
    };
    let sentence = match errors.len() {
        _ if first.package != package => {
            format!(
                "`{}`, which this chapter needs, does not compile.",
                first.package
            )
        }
        1 => "The chapter does not compile yet: one error.".to_owned(),
        n => format!("The chapter does not compile yet: {n} errors."),
    };
    let rendered: Vec<&str> = sorted
        .iter()
        .take(ERRORS_SHOWN)
        .map(|d| d.rendered.trim_end())
        .collect();
    let mut output = rendered.join("\n\n");
    if let Some(more) = errors
        .len()
        .checked_sub(ERRORS_SHOWN)
        .filter(|more| *more > 0)
    {
        output.push_str(&format!(
            "\n\nand {more} more: `cargo check -p {package}` shows them"
        ));
    }
    Verdict {
        message: Some(first.message.clone()),
        place: pointed_at(&sorted, place_of),
        output: Some(shortened(&output)),
        ..Verdict::new(State::CompileError, sentence)
    }
}

/// Where the compiler's arrows point: at the first place in what readers write,
/// or, if they name none of it, at the first of all.
fn pointed_at(errors: &[&Diagnostic], place_of: impl Fn(&str) -> Option<Place>) -> Option<Place> {
    let arrows = errors.iter().flat_map(|error| error.arrows());
    let places: Vec<Place> = arrows.filter_map(|arrow| place_of(&arrow)).collect();
    let yours = places.iter().find(|place| place.yours);
    yours.or(places.first()).cloned()
}

/// The verdict on an exercise that was solved when it was last judged.
pub(super) fn broken(mut verdict: Verdict) -> Verdict {
    if verdict.state.is_failure() {
        verdict
            .sentence
            .push_str(" This exercise was solved before.");
    }
    verdict
}

fn solved(total: usize) -> Verdict {
    let sentence = match total {
        1 => "Solved: its test passes.".to_owned(),
        n => format!("Solved: all {n} tests pass."),
    };
    Verdict::new(State::Solved, sentence)
}

fn not_started(id: ExerciseId, ran: &Ran, place_of: impl Fn(&str) -> Option<Place>) -> Verdict {
    let place = todo_place(id, ran, place_of);
    let sentence = match &place {
        Some(place) => format!("Not started; begin at {place}."),
        None => "Not started.".to_owned(),
    };
    Verdict {
        place,
        test: Some(ran.test.clone()),
        ..Verdict::new(State::NotStarted, sentence)
    }
}

fn waiting(
    id: ExerciseId,
    ran: &Ran,
    passed: usize,
    total: usize,
    place_of: impl Fn(&str) -> Option<Place>,
) -> Verdict {
    let on = ran.run.outcome.todo().unwrap_or(id);
    // Where others do without, it may be the reader's code that need not ask.
    let sentence = match passed {
        0 => format!("Waiting: its tests need exercise {on} first."),
        _ => format!(
            "Waiting: {passed} of {total} tests pass; `{}` runs into exercise {on}.",
            short(&ran.test)
        ),
    };
    Verdict {
        place: todo_place(on, ran, place_of),
        test: Some(ran.test.clone()),
        ..Verdict::new(State::Waiting, sentence)
    }
}

fn todo_place(
    id: ExerciseId,
    ran: &Ran,
    place_of: impl Fn(&str) -> Option<Place>,
) -> Option<Place> {
    let Outcome::Failed { panics } = &ran.run.outcome else {
        return None;
    };
    let panic = panics.iter().find(|p| p.todo() == Some(id))?;
    place_of(&panic.location)
}

/// The tests that fail beside `shown`, which is the one that is told of.
fn others<'r>(shown: &Ran, runs: &'r [Ran]) -> Vec<&'r Ran> {
    let failed = runs.iter().filter(|ran| !ran.run.outcome.is_passed());
    failed.filter(|ran| ran.test != shown.test).collect()
}

fn failing(
    ran: &Ran,
    others: &[&Ran],
    passed: usize,
    total: usize,
    place_of: impl Fn(&str) -> Option<Place>,
) -> Verdict {
    let ending = ending::of(&ran.test, &ran.run);
    let sentence = match ending.state {
        State::Failing if total > 1 => {
            format!("{passed} of {total} tests pass; {}", ending.sentence)
        }
        _ => ending.sentence,
    };
    let sentence = match others {
        _ if ending.state != State::Failing => sentence,
        [] => sentence,
        [other] => format!("{sentence} So does `{}`.", short(&other.test)),
        [other, rest @ ..] => {
            let other = short(&other.test);
            format!("{sentence} So do `{other}` and {} more.", rest.len())
        }
    };
    let failed = |ran: &&Ran| {
        let ending = ending::of(&ran.test, &ran.run);
        Failed {
            sentence: ending.sentence,
            message: ending.message,
        }
    };
    Verdict {
        test: Some(ran.test.clone()),
        message: Some(ending.message),
        place: ending.location.as_deref().and_then(place_of),
        output: Some(shortened(&output(&ran.run))),
        cause: Some(ending.cause),
        clause: ending.clause,
        others: others.iter().map(failed).collect(),
        ..Verdict::new(ending.state, sentence)
    }
}

/// The test's name without the modules around it.
pub(super) fn short(test: &str) -> &str {
    test.rsplit("::").next().unwrap_or(test)
}

/// What the test wrote, without what its harness adds.
pub(super) fn output(run: &Run) -> String {
    let by_harness = |line: &&str| {
        let line = line.trim();
        line.starts_with("running 1 test")
            || line.starts_with("test result:")
            || line.starts_with("note: run with `RUST_BACKTRACE=")
            || line == "failures:"
            || (line.starts_with("test ") && (line.ends_with("...") || line.ends_with("FAILED")))
    };
    // The list of failures repeats the name at the end.
    let stdout = run.output.stdout.split("\nfailures:\n").next();
    let stdout = stdout.unwrap_or_default();
    let kept: Vec<&str> = stdout
        .lines()
        .chain(run.output.stderr.lines())
        .filter(|line| !by_harness(line))
        .collect();
    kept.join("\n").trim().to_owned()
}

fn shortened(text: &str) -> String {
    if text.len() <= OUTPUT_SHOWN {
        return text.to_owned();
    }
    // No colour goes on behind the cut.
    let text = paint::plain(text);
    let end = text.floor_char_boundary(OUTPUT_SHOWN);
    format!("{}\n[{} bytes left out]", &text[..end], text.len() - end)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::runner::{Activity, Output, Panic};

    fn ran(test: &str, outcome: Outcome) -> Ran {
        Ran {
            test: format!("tests::{test}"),
            run: Run {
                outcome,
                time: Duration::ZERO,
                activity: Activity::Unknown,
                output: Output {
                    stdout: "\nrunning 1 test\nsaid\ntest x ... FAILED\n\nfailures:\n\nfailures:\n"
                        .to_owned(),
                    stderr: "words\n".to_owned(),
                },
            },
        }
    }

    fn panicked(message: &str) -> Outcome {
        Outcome::Failed {
            panics: vec![Panic {
                thread: "main".to_owned(),
                location: "a.rs:3:1".to_owned(),
                message: message.to_owned(),
            }],
        }
    }

    fn judged(outcomes: Vec<Outcome>) -> Verdict {
        let runs: Vec<Ran> = outcomes.into_iter().map(|o| ran("ex_1_2_a", o)).collect();
        let id = "1.2".parse().expect("an id");
        of_runs(id, &runs, runs.len(), |location| {
            let line = location.split(':').nth(1)?.parse().ok()?;
            Some(Place {
                file: "a.rs".to_owned(),
                line,
                column: 1,
                yours: true,
            })
        })
    }

    const OWN: &str = "not yet implemented: exercise 1.2: It does";
    const OTHER: &str = "not yet implemented: exercise 1.1: It is";

    #[test]
    fn states_are_told_apart() {
        let limit = Duration::from_secs(20);
        let cases = [
            (vec![Outcome::Passed], State::Solved),
            (vec![panicked(OWN)], State::NotStarted),
            (vec![panicked(OWN), panicked(OTHER)], State::NotStarted),
            (vec![panicked(OTHER)], State::Waiting),
            (vec![Outcome::Passed, panicked(OWN)], State::Failing),
            (
                vec![panicked(OWN), panicked("left != right")],
                State::Failing,
            ),
            (vec![Outcome::TimedOut { limit }], State::Hung),
            (
                vec![Outcome::Aborted {
                    status: "signal: 6".to_owned(),
                }],
                State::Aborted,
            ),
        ];
        for (outcomes, state) in cases {
            let shown = format!("{outcomes:?}");
            assert_eq!(judged(outcomes).state, state, "{shown}");
        }
    }

    #[test]
    fn sentences_say_what_to_do() {
        assert_eq!(
            judged(vec![panicked(OWN)]).sentence,
            "Not started; begin at a.rs:3."
        );
        assert_eq!(
            judged(vec![panicked(OTHER)]).sentence,
            "Waiting: its tests need exercise 1.1 first."
        );
        assert_eq!(
            judged(vec![Outcome::Passed, panicked(OTHER)]).sentence,
            "Waiting: 1 of 2 tests pass; `ex_1_2_a` runs into exercise 1.1."
        );
        let failing = judged(vec![Outcome::Passed, panicked("left != right")]);
        assert_eq!(failing.sentence, "1 of 2 tests pass; `ex_1_2_a` fails.");
        assert_eq!(failing.message.as_deref(), Some("left != right"));
        assert_eq!(failing.output.as_deref(), Some("said\nwords"));
    }
}
