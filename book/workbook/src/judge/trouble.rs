//! Chapters that cannot be judged at all, and why.

use std::fs;
use std::path::Path;

use super::{Assignment, missing};
use crate::edition;
use crate::fault::{WIDTH, slashes};
use crate::progress::{ChapterVerdict, State, Verdict};
use crate::runner;
use crate::shipped;
use crate::workspace::{CHAPTERS, Chapter};

/// Every exercise of a chapter that cannot be judged, with the reason. What was
/// solved stays so, unless its file is gone.
pub(super) fn in_trouble(
    root: &Path,
    assignment: &Assignment<'_>,
    trouble: &Verdict,
) -> ChapterVerdict {
    let gone = missing::exercises(root, assignment.chapter);
    let exercises = assignment.exercises.iter().map(|id| {
        let verdict = Verdict {
            was_solved: assignment.solved.contains(id) && !gone.contains(id),
            ..trouble.clone()
        };
        (id.to_string(), verdict)
    });
    ChapterVerdict {
        trouble: Some(trouble.clone()),
        exercises: exercises.collect(),
    }
}

/// Without its manifest cargo cannot start, and so no command of this program.
pub(super) fn gone(root: &Path, chapter: &Chapter) -> Verdict {
    let dir = slashes(&chapter.dir());
    let base = slashes(&edition::kept(chapter));
    let (sentence, message) = match root.join(chapter.dir()).is_dir() {
        true => (
            format!("{dir}/Cargo.toml is gone, and cargo starts nothing without it."),
            format!("It came as\n  {base}/Cargo.toml\nCopy that into {dir}."),
        ),
        false => (
            format!("The chapter's folder {dir} is gone, and cargo starts nothing without it."),
            format!(
                "It came as\n  {base}\nCopy that to {CHAPTERS}/. The next command then \
                 says how to get\nback what you wrote."
            ),
        ),
    };
    Verdict {
        message: Some(message),
        ..Verdict::new(State::Unknown, sentence)
    }
}

/// Why cargo, or the linker behind it, does not build a chapter.
pub(super) fn refused(root: &Path, chapter: &Chapter, error: &anyhow::Error) -> Verdict {
    let said = format!("{error:#}");
    if error.is::<runner::Unlinked>() {
        let tips = "Nothing is wrong with what you wrote, unless it declares `extern` \
            functions. It was built from scratch already. Look whether the disk is full; \
            if not, try `cargo clean`, and a `rustup update`.";
        return Verdict {
            output: Some(format!("{said}\n\n{}", textwrap::fill(tips, WIDTH - 8))),
            message: Some(said),
            ..Verdict::new(
                State::CompileError,
                "Your code compiles, but the linker failed.",
            )
        };
    }
    let manifest = chapter.dir().join("Cargo.toml");
    let base = edition::kept(chapter).join("Cargo.toml");
    let [yours, as_it_came] = [&manifest, &base].map(|path| fs::read(root.join(path)).ok());
    let sentence = match (yours, as_it_came) {
        (Some(yours), Some(came)) if !shipped::same(&yours, &came) => format!(
            "Cargo cannot build the chapter. {} is not as it came; it came as {}.",
            slashes(&manifest),
            slashes(&base)
        ),
        _ => "Cargo cannot build the chapter.".to_owned(),
    };
    Verdict {
        message: Some(said.lines().take(6).collect::<Vec<_>>().join("\n")),
        output: Some(said),
        ..Verdict::new(State::CompileError, sentence)
    }
}
