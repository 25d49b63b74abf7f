//! Progress and verdicts for the terminal, in at most 80 columns.

use std::fmt::Write;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::fault::{hanging, indented};
use crate::progress::{
    Cause, ChapterProgress, ExerciseProgress, Place, Progress, Reading, State, ToCome, Verdict,
};
use crate::{paint, ticker};

/// Prints to the terminal, in colour where it shows them. Nobody may be
/// reading, as behind `| head`: that is no reason to stop judging.
pub fn say(text: &str) {
    use io::Write;
    ticker::make_room();
    let mut stdout = anstream::AutoStream::auto(io::stdout()).lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
        && !CUT_OFF.swap(true, Ordering::Relaxed)
    {
        eprintln!("error: cannot write the output: {error}");
    }
}

/// Whether something that was to be printed could not be.
static CUT_OFF: AtomicBool = AtomicBool::new(false);

/// Whether something that was to be printed could not be, and was missed.
pub fn is_cut_off() -> bool {
    CUT_OFF.load(Ordering::Relaxed)
}

/// The whole book's map: every exercise with its mark, and what is next, which
/// is written at `write`.
pub fn map(progress: &Progress, write: Option<&Place>) -> String {
    let (solved, all) = progress.solved();
    let title = format!("Strata: {solved} of {all} exercises solved.");
    let mut out = paint::heading(title) + "\n";
    for chapter in &progress.chapters {
        out.push('\n');
        out.push_str(&chapter_map(chapter, progress.next.as_deref()));
    }
    let _ = write!(out, "\n{}", next(progress, write));
    out
}

/// One chapter's part of the map.
pub fn chapter_map(chapter: &ChapterProgress, next: Option<&str>) -> String {
    let solved = chapter.exercises.iter().filter(|e| e.is_solved()).count();
    let title = format!("{}. {}", chapter.number, chapter.title);
    let count = chapter.exercises.len();
    let blame = chapter.trouble.as_ref().map_or_else(String::new, blame);
    let mut out = format!("{} ({solved}/{count}){blame}\n", paint::heading(title));
    if !chapter.builds_on.is_empty() {
        let _ = writeln!(out, "  stands on your own {}", chapters(&chapter.builds_on));
    }
    if let Some(trouble) = &chapter.trouble {
        out.push_str(&failure(trouble, 2));
    }
    for exercise in &chapter.exercises {
        let pointer = if next == Some(exercise.id.as_str()) {
            paint::next("  ← next")
        } else {
            String::new()
        };
        let state = match &chapter.trouble {
            Some(_) if exercise.is_solved() => State::Solved,
            Some(_) => State::Unknown,
            None => exercise.verdict.state,
        };
        let _ = writeln!(
            out,
            "  {} {:<5}{}{pointer}",
            paint::mark(state),
            exercise.id,
            exercise.title
        );
    }
    out + &read_on(chapter)
}

/// That nothing of a chapter can be judged, behind its title.
fn blame(trouble: &Verdict) -> String {
    let words = match trouble.state {
        State::CompileError => "does not compile",
        _ => "cannot be judged",
    };
    format!(" {} {words}", paint::mark(trouble.state))
}

/// That a chapter is solved, and which pages close it; nothing of any other.
pub fn closing(chapter: &ChapterProgress) -> String {
    match chapter.is_solved() {
        true => format!(
            "Every exercise of this chapter is solved.\n{}\n",
            read_on(chapter)
        ),
        false => String::new(),
    }
}

/// How to read the pages that close a chapter, once it is solved.
fn read_on(chapter: &ChapterProgress) -> String {
    let closing = chapter.closing.iter().filter(|_| chapter.is_solved());
    let name = |page: &Reading| page.url.trim_end_matches(".html").to_owned();
    closing
        .map(|page| format!("  read    cargo run -- read {}\n", name(page)))
        .collect()
}

/// What to do next: the exercise, its page, and the commands that help.
/// `write` is where to write it. Nothing can be judged of a chapter that does
/// not compile: that comes first.
pub fn next(progress: &Progress, write: Option<&Place>) -> String {
    let Some(exercise) = progress
        .next
        .as_deref()
        .and_then(|id| progress.exercise(id))
    else {
        return all_is_solved(&progress.to_come);
    };
    let mut chapters = progress.chapters.iter();
    let chapter = chapters.find(|c| c.exercises.contains(exercise));
    let trouble = chapter.and_then(|chapter| chapter.trouble.as_ref());
    if let (Some(chapter), Some(trouble)) = (chapter, trouble)
        && (trouble.state == State::CompileError || !trouble.missing.is_empty())
    {
        let check = format!("  check   cargo run -- check {}\n", chapter.number);
        return mend(trouble) + &check;
    }
    let title = format!("Next: {} {}", exercise.id, exercise.title);
    paint::heading(title) + "\n" + &steps(exercise, write)
}

/// How to mend what keeps a chapter from being judged.
fn mend(trouble: &Verdict) -> String {
    if !trouble.missing.is_empty() {
        let heading = paint::heading("Next: bring back what is missing");
        let files: String = trouble.missing.iter().map(|f| format!("  {f}\n")).collect();
        return format!("{heading}\n{files}  run     cargo run -- update\n");
    }
    let mut out = paint::heading("Next: mend what does not compile") + "\n";
    if let Some(place) = &trouble.place {
        let (label, whose) = match place.yours {
            true => ("write", " in your files"),
            false => ("see  ", ""),
        };
        let _ = writeln!(out, "  {label}   {place}");
        let _ = writeln!(out, "          (the compiler's first -->{whose})");
    }
    out
}

/// What is said behind the last exercise.
fn all_is_solved(to_come: &[ToCome]) -> String {
    let more = match to_come {
        [] => return "Every exercise is solved. Well done.\n".to_owned(),
        [only] => format!("Chapter {}, {}, is still to come.", only.number, only.title),
        [first, .., last] => format!(
            "Chapters {} to {}, from {} to {}, are still to come.",
            first.number, last.number, first.title, last.title
        ),
    };
    let text = format!("Every exercise that there is so far is solved. Well done.\n{more}");
    indented(&text, 0) + "\n"
}

/// How to go about an exercise, which is written at `write`.
pub fn steps(exercise: &ExerciseProgress, write: Option<&Place>) -> String {
    let id = &exercise.id;
    let mut out = String::new();
    let _ = writeln!(out, "  read    cargo run -- read {id}");
    if let Some(place) = write {
        let _ = writeln!(out, "  write   {place}");
    }
    let _ = writeln!(out, "  check   cargo run -- check {id}");
    let _ = writeln!(out, "  stuck?  cargo run -- hint {id}");
    out
}

/// Says which chapters came in a new edition, if any did.
pub fn news(chapters_in_it: &[u32]) -> String {
    if chapters_in_it.is_empty() {
        return String::new();
    }
    let text = format!(
        "The workbook ships a new edition of {}. To have it, and to keep what \
         you wrote:\n  cargo run -- update",
        chapters(chapters_in_it)
    );
    format!("\n{}\n", indented(&text, 0))
}

/// One exercise with its mark and its sentence, and why it fails, if it does.
pub fn exercise(exercise: &ExerciseProgress, verdict: &Verdict) -> String {
    let title = format!("{} {}", exercise.id, exercise.title);
    let mut out = format!("{} {}\n", paint::mark(verdict.state), paint::heading(title));
    out.push_str(&failure(verdict, 2));
    out
}

/// One exercise in a line, or in as few as it fits into.
pub fn line(exercise: &ExerciseProgress, verdict: &Verdict) -> String {
    let (mark, id) = (paint::mark(verdict.state), &exercise.id);
    let text = format!("{mark} {id} {}: {}", exercise.title, verdict.sentence);
    hanging(&text, 2) + "\n"
}

/// A verdict: its sentence, and for a failure the message, the places to look
/// at and the pages to read again.
///
/// What the compiler says is shown in full and as it is, from the first column
/// on: it may fill all of the terminal. So is what a test says, but its prose,
/// which is all that is not indented, is wrapped.
pub fn failure(verdict: &Verdict, indent: usize) -> String {
    let mut out = indented(&verdict.sentence, indent) + "\n";
    if !verdict.state.is_failure() && verdict.message.is_none() {
        return out;
    }
    let compiler = verdict.state == State::CompileError;
    let words = match (&verdict.output, &verdict.message) {
        (Some(rendered), _) if compiler => Some(rendered.trim_matches('\n').to_owned()),
        (_, Some(message)) => Some(said(message)),
        _ => None,
    };
    if let Some(words) = words {
        let _ = write!(out, "\n{words}\n\n");
    }
    if !compiler {
        out.push_str(&places(verdict, &" ".repeat(indent)));
    }
    if !verdict.reread.is_empty() {
        let margin = " ".repeat(indent);
        let _ = writeln!(out, "{margin}{}", paint::heading("Read again:"));
        for reading in &verdict.reread {
            let _ = writeln!(out, "{margin}  {}", reading.title);
            let _ = writeln!(out, "{margin}    {}", reading.source);
        }
    }
    out
}

/// What a test says, within the terminal's width.
fn said(message: &str) -> String {
    indented(message.trim_matches('\n'), 0)
}

/// What the other tests say that fail.
pub fn others(verdict: &Verdict) -> String {
    let mut out = String::new();
    for failed in &verdict.others {
        let sentence = indented(&failed.sentence, 2);
        let message = said(&failed.message);
        let _ = writeln!(out, "\n{sentence}\n\n{message}");
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// The place that the test or its backtrace names, and the functions of the
/// exercise where that place is in none of them.
fn places(verdict: &Verdict, margin: &str) -> String {
    let mut out = String::new();
    let is_yours = verdict.place.as_ref().is_some_and(|place| place.yours);
    if let Some(place) = &verdict.place {
        let panicked = is_yours && verdict.cause == Some(Cause::Panic);
        let label = match is_yours {
            true if panicked => "Your code panicked at:",
            true => "Your code:",
            false => "The test:",
        };
        let column = place.column;
        let _ = writeln!(out, "{margin}{} {place}:{column}", paint::heading(label));
    }
    if !verdict.place_is_in_them && !verdict.functions.is_empty() {
        let label = if is_yours {
            "This exercise:"
        } else {
            "Your code:"
        };
        let _ = writeln!(out, "{margin}{}", paint::heading(label));
        for function in &verdict.functions {
            let (place, name) = (&function.place, &function.name);
            let _ = writeln!(out, "{margin}  {place} `{name}`");
        }
    }
    out
}

/// `chapter 4`, `chapters 4 and 5`, `chapters 4, 5 and 6`.
pub fn chapters(numbers: &[u32]) -> String {
    let words: Vec<String> = numbers.iter().map(u32::to_string).collect();
    match words.as_slice() {
        [] => "no chapter".to_owned(),
        [only] => format!("chapter {only}"),
        [first @ .., last] => format!("chapters {} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress() -> Progress {
        let exercise = |id: &str, title: &str, verdict: Verdict| ExerciseProgress {
            id: id.to_owned(),
            title: title.to_owned(),
            page: Some(format!("ch01-memory/{id}.html")),
            verdict,
        };
        let failing = Verdict {
            message: Some(
                "assertion failed: a sentence of a test, which says so much that it does not \
                 fit the terminal\n  left: 1"
                    .to_owned(),
            ),
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
                builds_on: Vec::new(),
                trouble: None,
                exercises: vec![
                    exercise("1.1", "A map", Verdict::new(State::Solved, "Solved.")),
                    exercise("1.2", "Batches", failing),
                    exercise("1.3", "Ranges", Verdict::new(State::Waiting, "Waiting.")),
                ],
                closing: Vec::new(),
            }],
            next: Some("1.2".to_owned()),
            book_trouble: None,
            to_come: Vec::new(),
        }
    }

    #[test]
    fn behind_the_last_exercise_stands_what_is_to_come() {
        let said = |names: &[&str]| {
            let to_come = names.iter().filter_map(|name| ToCome::read(name)).collect();
            let progress = Progress {
                to_come,
                ..Progress::default()
            };
            next(&progress, None)
        };
        assert_eq!(said(&[]), "Every exercise is solved. Well done.\n");
        insta::assert_snapshot!(said(&["8. Queries"]), @"
        Every exercise that there is so far is solved. Well done.
        Chapter 8, Queries, is still to come.
        ");
        insta::assert_snapshot!(said(&["2. Bitcask", "3. LSM", "8. Queries"]), @"
        Every exercise that there is so far is solved. Well done.
        Chapters 2 to 8, from Bitcask to Queries, are still to come.
        ");
    }

    #[test]
    fn the_map_shows_marks_and_what_is_next() {
        let progress = progress();
        let failing = progress.exercise("1.2").expect("listed");
        let write = failing.verdict.place.as_ref();
        insta::assert_snapshot!(paint::plain(&map(&progress, write)), @r"
        Strata: 1 of 3 exercises solved.

        1. Memory (1/3)
          ✓ 1.1  A map
          ✗ 1.2  Batches  ← next
          … 1.3  Ranges

        Next: 1.2 Batches
          read    cargo run -- read 1.2
          write   chapters/ch01-memory/src/map.rs:12
          check   cargo run -- check 1.2
          stuck?  cargo run -- hint 1.2
        ");
    }

    #[test]
    fn a_failure_shows_message_and_place() {
        let progress = progress();
        let failing = progress.exercise("1.2").expect("listed");
        insta::assert_snapshot!(paint::plain(&exercise(failing, &failing.verdict)), @r"
        ✗ 1.2 Batches
          2 of 3 tests pass; `ex_1_2_a` fails.

        assertion failed: a sentence of a test, which says so much that it does not fit
        the terminal
          left: 1

          Your code: chapters/ch01-memory/src/map.rs:12:9
        ");
    }
}
