//! Whose turn it is: cargo lets one at a time compile in a target folder, and
//! who has to wait is not told for whom.
//!
//! So the book that is open locks a file for as long as it compiles. The file is
//! as long as the number of the chapter: what is locked can be measured on every
//! system, and read on some.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// The book's turn to compile, or that of a command, which may have to wait for
/// the book's; by default nobody's.
#[derive(Debug, Clone, Default)]
pub struct Turn(Option<Whose>);

#[derive(Debug, Clone)]
enum Whose {
    Book(PathBuf),
    Command(PathBuf),
}

impl Turn {
    /// That of the book, which locks this file.
    pub fn of_the_book(file: PathBuf) -> Self {
        Self(Some(Whose::Book(file)))
    }

    /// That of a command, which looks whether the book has locked it.
    pub fn of_a_command(file: PathBuf) -> Self {
        Self(Some(Whose::Command(file)))
    }

    /// Says of the book, until the answer is dropped, that it compiles a
    /// chapter. What cannot be said is none the less done.
    pub(crate) fn begin(&self, chapter: u32) -> Option<File> {
        match &self.0 {
            Some(Whose::Book(file)) => locked(file, chapter),
            _ => None,
        }
    }

    /// The chapter that the book compiles, for a command.
    pub(super) fn awaited(&self) -> Option<u32> {
        let Some(Whose::Command(file)) = &self.0 else {
            return None;
        };
        let file = File::open(file).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => u32::try_from(file.metadata().ok()?.len()).ok(),
            _ => None,
        }
    }
}

fn locked(path: &Path, chapter: u32) -> Option<File> {
    fs::create_dir_all(path.parent()?).ok()?;
    let mut options = File::options();
    let file = options.create(true).write(true).truncate(false).open(path);
    let file = file.ok()?;
    file.try_lock().ok()?;
    file.set_len(chapter.into()).ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_sees_what_the_book_compiles_for_as_long_as_it_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("strata/turn.lock");
        let command = Turn::of_a_command(file.clone());
        let book = Turn::of_the_book(file);
        assert_eq!(command.awaited(), None);
        let turn = book.begin(12);
        assert!(turn.is_some() && command.begin(3).is_none());
        assert_eq!(command.awaited(), Some(12));
        // Nor does it wait for itself.
        assert_eq!(book.awaited(), None);
        drop(turn);
        assert_eq!(command.awaited(), None);
    }
}
