//! Files of a chapter that were removed: often why it cannot be judged.

use std::path::{Path, PathBuf};

use crate::fault::slashes;
use crate::files;
use crate::mirror::is_missing;
use crate::progress::Verdict;
use crate::workspace::Chapter;

/// Adds to a verdict which sources are missing, if any are.
pub(super) fn blamed(root: &Path, chapter: &Chapter, mut verdict: Verdict) -> Verdict {
    let missing = sources(root, chapter);
    let Some(first) = missing.first() else {
        return verdict;
    };
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
    verdict
}

/// The sources that the reference has and the reader's chapter lacks.
fn sources(root: &Path, chapter: &Chapter) -> Vec<PathBuf> {
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
