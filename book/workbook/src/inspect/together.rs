//! What all files of a directory together say, and no file alone.

use std::path::Path;

use engine::disk::RealDisk;
use engine::layout::Notes;

use super::name_of;
use super::read_only::ReadOnly;

/// What all files of a directory together say.
#[derive(Debug, Default)]
pub(super) struct Together {
    pub(super) notes: Notes,
    /// Why nothing can be said, as a sentence.
    pub(super) trouble: Option<String>,
}

impl Together {
    /// What the files of these names in the directory `dir` say; nothing where
    /// they are no engine's.
    pub(super) fn of(dir: &Path, names: impl IntoIterator<Item: AsRef<str>>) -> Self {
        let mut names = names.into_iter();
        let judge = names.find_map(|name| registry::judge_about(name.as_ref()));
        let Some(judge) = judge else {
            return Together::default();
        };
        let notes = RealDisk::new(dir).and_then(|disk| (judge.notes)(&ReadOnly(disk)));
        match notes {
            Ok(notes) => Together {
                notes,
                trouble: None,
            },
            Err(error) => {
                let question = judge.question;
                let trouble = format!("It cannot be said {question}: {error}.");
                Together {
                    notes: Notes::default(),
                    trouble: Some(trouble),
                }
            }
        }
    }
}

/// What the directory would say of a file that is looked at alone.
pub(super) fn hint(path: &Path) -> Option<String> {
    let judge = registry::judge_about(&name_of(path))?;
    let dir = match path.parent()? {
        none if none.as_os_str().is_empty() => Path::new("."),
        dir => dir,
    };
    Some(format!(
        "Only its whole directory says {}: inspect `{}`.",
        judge.question,
        dir.display()
    ))
}

/// How often each word is said of a file, behind a sentence: ` 2 live, 1
/// garbage.`
pub(super) fn counts(notes: &Notes, name: &str) -> String {
    let counts = notes.counts(name);
    let counts: Vec<_> = counts
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    match counts.is_empty() {
        true => String::new(),
        false => format!(" {}.", counts.join(", ")),
    }
}
