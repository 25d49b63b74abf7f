//! Files of a chapter that were removed: often why it cannot be judged.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::exercise::ExerciseId;
use crate::fault::slashes;
use crate::files;
use crate::mirror::is_missing;
use crate::progress::Verdict;
use crate::shipped::bodies;
use crate::workspace::Chapter;

/// Adds to a verdict which sources are missing, if any are.
pub(super) fn blamed(root: &Path, chapter: &Chapter, mut verdict: Verdict) -> Verdict {
    let missing = sources(root, chapter);
    let Some(first) = missing.first() else {
        return verdict;
    };
    if let Some(other) = renamed(root, chapter, first) {
        verdict.sentence = format!(
            "{} {} is gone; {} has the same functions. Renamed?",
            verdict.sentence,
            slashes(first),
            slashes(&other)
        );
        return verdict;
    }
    let more = match missing.len() {
        1 => "is missing or empty".to_owned(),
        2 => "and another file are missing or empty".to_owned(),
        n => format!("and {} other files are missing or empty", n - 1),
    };
    let note = format!(
        "{} {more}. `cargo run -- update` brings back what came with the book, \
         and what you wrote in it.",
        slashes(first)
    );
    verdict.sentence = format!("{} {note}", verdict.sentence);
    verdict.missing = missing.iter().map(|file| slashes(file)).collect();
    verdict
}

/// The exercises that have a function in a file that is missing: whatever was
/// solved of them is not there to be solved.
pub(super) fn exercises(root: &Path, chapter: &Chapter) -> BTreeSet<ExerciseId> {
    let gone = |file: &PathBuf| {
        let within = file.strip_prefix(chapter.dir()).ok()?;
        let text = fs::read_to_string(root.join(chapter.solution_dir()).join(within)).ok()?;
        let is_renamed = renamed(root, chapter, file).is_some();
        (!is_renamed).then(|| bodies(&text).into_iter().map(|body| body.id))
    };
    let missing = sources(root, chapter);
    missing.iter().filter_map(gone).flatten().collect()
}

/// The sources that the reference has and the reader's chapter lacks.
pub(super) fn sources(root: &Path, chapter: &Chapter) -> Vec<PathBuf> {
    let there = files::below(&root.join(chapter.solution_dir())).unwrap_or_default();
    let dir = chapter.dir();
    there
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .filter(|file| !is_missing(&root.join(chapter.solution_dir()).join(file)))
        .map(|file| dir.join(file))
        .filter(|file| is_missing(&root.join(file)))
        .collect()
}

/// The file that is none of the reference's, and has the functions of the one
/// that is missing.
fn renamed(root: &Path, chapter: &Chapter, missing: &Path) -> Option<PathBuf> {
    let functions = |file: &Path| {
        let text = fs::read_to_string(root.join(file)).unwrap_or_default();
        let bodies = bodies(&text).into_iter();
        let mut found: Vec<_> = bodies.map(|body| (body.id, body.function)).collect();
        found.sort();
        found
    };
    let within = missing.strip_prefix(chapter.dir()).ok()?;
    let lost = functions(&chapter.solution_dir().join(within));
    if lost.is_empty() {
        return None;
    }
    let here = files::below(&root.join(chapter.dir())).unwrap_or_default();
    let is_own = |path: &PathBuf| !root.join(chapter.solution_dir()).join(path).exists();
    let own = here.into_iter().filter(is_own);
    own.map(|path| chapter.dir().join(path))
        .find(|file| functions(file) == lost)
}
