//! Progress and verdicts for the terminal, in at most 80 columns.

use std::fmt::Write;
use std::io;

use crate::fault::indented;
use crate::progress::{ChapterProgress, ExerciseProgress, Progress, State, Verdict};

/// Prints to the terminal. Nobody may be reading, as behind `| head`: that is no
/// reason to stop judging.
pub fn say(text: &str) {
    use io::Write;
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    let _ = stdout.flush();
}

/// The whole book's map: every exercise with its mark, and what is next.
pub fn map(progress: &Progress) -> String {
    let (solved, all) = progress.solved();
    let mut out = format!("Strata: {solved} of {all} exercises solved.\n");
    for chapter in &progress.chapters {
        out.push('\n');
        out.push_str(&chapter_map(chapter, progress.next.as_deref()));
    }
    let _ = write!(out, "\n{}", next(progress));
    out
}

/// One chapter's part of the map.
pub fn chapter_map(chapter: &ChapterProgress, next: Option<&str>) -> String {
    let solved = chapter.exercises.iter().filter(|e| e.is_solved()).count();
    let mut out = format!(
        "{}. {} ({solved}/{})\n",
        chapter.number,
        chapter.title,
        chapter.exercises.len()
    );
    if let Some(trouble) = &chapter.trouble {
        out.push_str(&failure(trouble, 2));
    }
    for exercise in &chapter.exercises {
        let pointer = if next == Some(exercise.id.as_str()) {
            "  ← next"
        } else {
            ""
        };
        let state = match &chapter.trouble {
            Some(_) if exercise.is_solved() => State::Solved,
            Some(_) => State::Unknown,
            None => exercise.verdict.state,
        };
        let _ = writeln!(
            out,
            "  {} {:<5}{}{pointer}",
            state.mark(),
            exercise.id,
            exercise.title
        );
    }
    out
}

/// What to do next: the exercise, its page, and the commands that help.
pub fn next(progress: &Progress) -> String {
    let Some(exercise) = progress
        .next
        .as_deref()
        .and_then(|id| progress.exercise(id))
    else {
        return "Every exercise is solved. Well done.\n".to_owned();
    };
    let id = &exercise.id;
    let mut out = format!("Next: {id} {}\n", exercise.title);
    if let Some(page) = &exercise.page {
        let source = page.strip_suffix(".html").unwrap_or(page);
        let _ = writeln!(
            out,
            "  read    book/src/{source}.md, or `cargo run` for the book"
        );
    }
    if let Some(place) = exercise.verdict.place.as_ref().filter(|p| p.yours) {
        let _ = writeln!(out, "  write   {place}");
    }
    let _ = writeln!(out, "  check   cargo run -- check {id}");
    let _ = writeln!(out, "  stuck?  cargo run -- hint {id}");
    out
}

/// One exercise with its mark and its sentence, and why it fails, if it does.
pub fn exercise(exercise: &ExerciseProgress, verdict: &Verdict) -> String {
    let mut out = format!(
        "{} {} {}\n",
        verdict.state.mark(),
        exercise.id,
        exercise.title
    );
    out.push_str(&failure(verdict, 2));
    out
}

/// One exercise in a single line.
pub fn line(exercise: &ExerciseProgress, verdict: &Verdict) -> String {
    format!(
        "{} {} {}: {}\n",
        verdict.state.mark(),
        exercise.id,
        exercise.title,
        verdict.sentence
    )
}

/// A verdict: its sentence, and for a failure the message and the place.
///
/// What a test or the compiler says is shown in full and as it is.
pub fn failure(verdict: &Verdict, indent: usize) -> String {
    let mut out = indented(&verdict.sentence, indent) + "\n";
    if !verdict.state.is_failure() && verdict.message.is_none() {
        return out;
    }
    let compiler = verdict.state == State::CompileError;
    let words = match (&verdict.output, &verdict.message) {
        (Some(rendered), _) if compiler => Some(rendered),
        (_, message) => message.as_ref(),
    };
    if let Some(words) = words {
        out.push('\n');
        out.push_str(&quoted(words, indent + 2));
        out.push('\n');
    }
    if let Some(place) = verdict.place.as_ref().filter(|_| !compiler) {
        let whose = if place.yours { "Your code" } else { "The test" };
        let margin = " ".repeat(indent);
        let _ = writeln!(out, "{margin}{whose}: {place}:{}", place.column);
    }
    out
}

/// Somebody else's words, indented and otherwise untouched.
fn quoted(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    text.lines().fold(String::new(), |mut out, line| {
        let _ = writeln!(out, "{}", format!("{margin}{line}").trim_end());
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Place;

    fn progress() -> Progress {
        let exercise = |id: &str, title: &str, verdict: Verdict| ExerciseProgress {
            id: id.to_owned(),
            title: title.to_owned(),
            page: Some(format!("ch01-memory/{id}.html")),
            verdict,
        };
        let failing = Verdict {
            message: Some("assertion failed\n  left: 1".to_owned()),
            place: Some(Place {
                file: "chapters/ch01-memory/src/map.rs".to_owned(),
                line: 12,
                column: 9,
                yours: true,
            }),
            ..Verdict::new(State::Failing, "2 of 3 tests pass; `ex_1_2_a` fails.")
        };
        Progress {
            chapters: vec![ChapterProgress {
                number: 1,
                title: "Memory".to_owned(),
                page: None,
                package: "memory".to_owned(),
                judging: false,
                trouble: None,
                exercises: vec![
                    exercise("1.1", "A map", Verdict::new(State::Solved, "Solved.")),
                    exercise("1.2", "Batches", failing),
                    exercise("1.3", "Ranges", Verdict::new(State::Waiting, "Waiting.")),
                ],
            }],
            next: Some("1.2".to_owned()),
            book_trouble: None,
        }
    }

    #[test]
    fn the_map_shows_marks_and_what_is_next() {
        insta::assert_snapshot!(map(&progress()), @r"
        Strata: 1 of 3 exercises solved.

        1. Memory (1/3)
          ✓ 1.1  A map
          ✗ 1.2  Batches  ← next
          … 1.3  Ranges

        Next: 1.2 Batches
          read    book/src/ch01-memory/1.2.md, or `cargo run` for the book
          write   chapters/ch01-memory/src/map.rs:12
          check   cargo run -- check 1.2
          stuck?  cargo run -- hint 1.2
        ");
    }

    #[test]
    fn a_failure_shows_message_and_place() {
        let progress = progress();
        let failing = progress.exercise("1.2").expect("listed");
        insta::assert_snapshot!(exercise(failing, &failing.verdict), @r"
        ✗ 1.2 Batches
          2 of 3 tests pass; `ex_1_2_a` fails.

            assertion failed
              left: 1

          Your code: chapters/ch01-memory/src/map.rs:12:9
        ");
    }
}
