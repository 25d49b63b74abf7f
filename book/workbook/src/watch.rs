//! Saves, noticed: which chapters changed, and whether the book did.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use notify_debouncer_mini::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{DebounceEventResult, Debouncer, new_debouncer};

use crate::files;
use crate::workspace::{CHAPTERS, Chapter, SOLUTIONS};

/// Editors write a file in several steps; this long after the last they are
/// one save.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// The folders in which a save means something. Never the target directory.
const WATCHED: [&str; 3] = [CHAPTERS, SOLUTIONS, "book"];

/// What a save, or several at once, changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Chapters of which a file changed, by number.
    pub chapters: BTreeSet<u32>,
    /// Whether something changed that the book is made of.
    pub book: bool,
}

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watch {
    _debouncer: Debouncer<RecommendedWatcher>,
}

impl Watch {
    /// Watches the repository at `root` and hands what changes to `on_change`,
    /// in a thread of its own.
    ///
    /// # Errors
    ///
    /// Fails if the system cannot watch a folder.
    pub fn start(
        root: &Path,
        chapters: &[Chapter],
        mut on_change: impl FnMut(Changes) + Send + 'static,
    ) -> Result<Self> {
        // Some systems report the real path, whatever was asked for.
        let root = root.canonicalize().context("find the repository")?;
        let mut seen = Seen::new(&root);
        let chapters = chapters.to_vec();
        let mut debouncer = new_debouncer(DEBOUNCE, {
            let root = root.clone();
            move |events: DebounceEventResult| {
                // An error names paths that are gone; their events come, too.
                let Ok(events) = events else { return };
                let mut changed = BTreeSet::new();
                for event in events {
                    seen.look_at(&event.path, &mut changed);
                }
                let changes = classify(&root, &chapters, &changed);
                if changes != Changes::default() {
                    on_change(changes);
                }
            }
        })
        .context("this system cannot watch files")?;
        for folder in WATCHED {
            let folder = root.join(folder);
            if folder.is_dir() {
                debouncer
                    .watcher()
                    .watch(&folder, RecursiveMode::Recursive)
                    .with_context(|| format!("cannot watch {}", folder.display()))?;
            }
        }
        Ok(Self {
            _debouncer: debouncer,
        })
    }
}

/// What a file or folder looked like: enough to tell a save from a mere look,
/// which some systems report as well, this program's own among them.
type Stamp = Option<(SystemTime, u64)>;

/// The stamps of everything that is watched.
#[derive(Debug)]
struct Seen {
    stamps: HashMap<PathBuf, Stamp>,
}

impl Seen {
    fn new(root: &Path) -> Self {
        let mut seen = Self {
            stamps: HashMap::new(),
        };
        for folder in WATCHED {
            seen.look_below(&root.join(folder), &mut BTreeSet::new());
        }
        seen
    }

    /// Adds `path` to `changed` if it looks different from the last time, and
    /// what is below it if it is a folder: one that was moved here comes with
    /// its files, but without an event for each.
    fn look_at(&mut self, path: &Path, changed: &mut BTreeSet<PathBuf>) {
        if self.differs(path) {
            changed.insert(path.to_path_buf());
            if path.is_dir() {
                self.look_below(path, changed);
            }
        }
    }

    fn look_below(&mut self, folder: &Path, changed: &mut BTreeSet<PathBuf>) {
        for file in files::below(folder).unwrap_or_default() {
            let path = folder.join(&file);
            let mut above = file.parent();
            while let Some(between) = above {
                self.differs(&folder.join(between));
                above = between.parent();
            }
            if self.differs(&path) {
                changed.insert(path);
            }
        }
    }

    fn differs(&mut self, path: &Path) -> bool {
        let stamp = stamp(path);
        match self.stamps.insert(path.to_path_buf(), stamp) {
            Some(before) => before != stamp,
            None => stamp.is_some(),
        }
    }
}

fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    let length = if metadata.is_dir() { 0 } else { metadata.len() };
    Some((metadata.modified().ok()?, length))
}

/// What changed files mean.
fn classify(root: &Path, chapters: &[Chapter], changed: &BTreeSet<PathBuf>) -> Changes {
    let mut changes = Changes::default();
    for path in changed {
        let Ok(path) = path.strip_prefix(root) else {
            continue;
        };
        if left_behind(path) {
            continue;
        }
        changes.book |= path.starts_with("book") && !path.starts_with("book/workbook");
        changes.book |= path.starts_with(SOLUTIONS);
        for chapter in chapters.iter().filter(|c| path.starts_with(c.dir())) {
            changes.chapters.insert(chapter.number);
            // Pages show code that is given, never what readers write.
            changes.book |= chapter.solution.is_none();
        }
    }
    changes
}

/// Whether a file is an editor's own.
fn left_behind(path: &Path) -> bool {
    path.components().any(|part| {
        let Component::Normal(name) = part else {
            return false;
        };
        let name = name.to_string_lossy();
        // `4913` is how Vim tries whether it may write here.
        name.starts_with('.') || name.ends_with('~') || name == "4913" || name == "target"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chapter(number: u32, folder: &str, solution: Option<&str>) -> Chapter {
        Chapter {
            number,
            folder: folder.to_owned(),
            package: "x".to_owned(),
            solution: solution.map(str::to_owned),
        }
    }

    fn classified(path: &str) -> Changes {
        let root = Path::new("root");
        let chapters = [
            chapter(0, "ch00-engine", None),
            chapter(2, "ch02-bitcask", Some("bitcask-solution")),
        ];
        classify(root, &chapters, &BTreeSet::from([root.join(path)]))
    }

    #[test]
    fn a_save_concerns_a_chapter_or_the_book() {
        let chapter = classified("chapters/ch02-bitcask/src/lib.rs");
        assert_eq!(
            (chapter.chapters, chapter.book),
            (BTreeSet::from([2]), false)
        );
        assert!(classified("chapters/ch00-engine/src/lib.rs").book);
        let page = classified("book/src/introduction.md");
        assert_eq!((page.book, page.chapters.len()), (true, 0));
        assert!(classified("solutions/ch01-memory/src/lib.rs").book);
        for other in [
            "chapters/ch02-bitcask/src/.lib.rs.swp",
            "chapters/ch02-bitcask/src/lib.rs~",
            "chapters/ch02-bitcask/src/4913",
            "book/workbook/src/lib.rs",
            "README.md",
        ] {
            assert_eq!(classified(other), Changes::default(), "{other}");
        }
    }

    #[test]
    fn a_look_is_no_save() {
        let root = tempfile::tempdir().expect("a folder");
        let file = root.path().join("chapters/ch01-memory/src/lib.rs");
        fs::create_dir_all(file.parent().expect("a parent")).expect("made");
        fs::write(&file, "one").expect("written");
        let mut seen = Seen::new(root.path());
        let mut changed = BTreeSet::new();
        seen.look_at(&file, &mut changed);
        seen.look_at(file.parent().expect("a parent"), &mut changed);
        assert_eq!(changed, BTreeSet::new());
        fs::write(&file, "longer").expect("written");
        seen.look_at(&file, &mut changed);
        assert_eq!(changed, BTreeSet::from([file.clone()]));
        changed.clear();
        fs::remove_dir_all(root.path().join("chapters/ch01-memory")).expect("removed");
        seen.look_at(&file, &mut changed);
        assert_eq!(changed, BTreeSet::from([file]));
    }
}
