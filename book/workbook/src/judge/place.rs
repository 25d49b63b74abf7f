//! Where a failing test touched what the reader wrote.

use std::path::{Component, Path};

use crate::fault::slashes;
use crate::progress::Place;
use crate::workspace::CHAPTERS;

/// Finds the place to look at when a test failed.
#[derive(Debug)]
pub(super) struct Places<'a> {
    /// The repository's root.
    pub(super) root: &'a Path,
    /// The package's folder, from the root.
    pub(super) dir: &'a Path,
}

impl Places<'_> {
    /// Reads `file:line:column`, as panics and backtraces write it, or
    /// `file:line`, as the suite does.
    ///
    /// `None` if it is not a file of this repository.
    pub(super) fn read(&self, location: &str) -> Option<Place> {
        let (rest, last) = location.trim().rsplit_once(':')?;
        let last = last.parse().ok()?;
        let both = rest
            .rsplit_once(':')
            .and_then(|(file, line)| Some((file, line.parse().ok()?)));
        let (file, line, column) = match both {
            Some((file, line)) => (file, line, last),
            None => (rest, last, 1),
        };
        let file = self.in_repository(Path::new(file))?;
        Some(Place {
            yours: self.is_yours(Path::new(&file)),
            file,
            line,
            column,
        })
    }

    /// The place that says most: the first frame in what readers write, else
    /// the first in the chapter's tests.
    pub(super) fn in_backtrace(&self, stderr: &str) -> Option<Place> {
        let frames: Vec<Place> = stderr
            .lines()
            .filter_map(|line| self.read(line.trim().strip_prefix("at ")?))
            .collect();
        let yours = frames.iter().find(|place| place.yours);
        let in_chapter = |place: &&Place| Path::new(&place.file).starts_with(self.dir);
        yours.or(frames.iter().find(in_chapter)).cloned()
    }

    /// The file from the root: panics name it from there, backtraces from the
    /// package's folder or absolutely.
    fn in_repository(&self, file: &Path) -> Option<String> {
        let relative = match file.strip_prefix(self.root) {
            Ok(relative) => relative.to_path_buf(),
            Err(_) if file.is_absolute() => return None,
            Err(_) => {
                let plain = file.strip_prefix(".").unwrap_or(file);
                let below = self.dir.join(plain);
                if self.root.join(&below).is_file() {
                    below
                } else {
                    plain.to_path_buf()
                }
            }
        };
        self.root
            .join(&relative)
            .is_file()
            .then(|| slashes(&relative))
    }

    /// Whether readers write this file: it is in a chapter, and no test.
    fn is_yours(&self, file: &Path) -> bool {
        let is_test = |c: Component<'_>| {
            let name = c.as_os_str();
            name == "tests" || name == "tests.rs"
        };
        (file.starts_with(self.dir) || file.starts_with(CHAPTERS) && !file.starts_with(given()))
            && !file.components().any(is_test)
    }
}

/// The one chapter that nobody has to write.
fn given() -> std::path::PathBuf {
    Path::new(CHAPTERS).join("ch00-engine")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_and_backtraces_name_files_in_three_ways() {
        let root = tempfile::tempdir().expect("a folder");
        let dir = Path::new("chapters/ch01-x");
        std::fs::create_dir_all(root.path().join(dir).join("src/tests")).expect("made");
        for file in ["src/a.rs", "src/tests/ex_1_1.rs"] {
            std::fs::write(root.path().join(dir).join(file), "").expect("written");
        }
        let places = Places {
            root: root.path(),
            dir,
        };
        let absolute = root.path().join(dir).join("src/a.rs");
        for location in [
            "chapters/ch01-x/src/a.rs:3:5".to_owned(),
            "./src/a.rs:3:5".to_owned(),
            "chapters/ch01-x/src/a.rs:3".to_owned(),
            format!("{}:3:5", absolute.display()),
        ] {
            let place = places.read(&location).expect("a place");
            assert_eq!(place.to_string(), "chapters/ch01-x/src/a.rs:3");
            assert!(place.yours);
        }
        assert_eq!(places.read("/rustc/1234/library/core/src/a.rs:1:1"), None);
        let trace = "   2: x::tests::ex_1_1\n             at ./src/tests/ex_1_1.rs:9:1\n";
        let place = places.in_backtrace(trace).expect("a place");
        assert_eq!((place.line, place.yours), (9, false));
        let deeper = format!("   1: x::a\n             at ./src/a.rs:2:2\n{trace}");
        assert!(places.in_backtrace(&deeper).is_some_and(|p| p.yours));
    }
}
