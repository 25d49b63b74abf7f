//! A folder with engines' files in it, and the program to run there.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder of its own.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Place(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program, about to run here.
    pub(crate) fn program(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_workbook"));
        let words = shlex::split(line).unwrap();
        command
            .current_dir(self.0.path())
            .args(words)
            .stdin(Stdio::null())
            .env_remove("RUST_BACKTRACE");
        command
    }

    /// Runs the program to its end.
    pub(crate) fn output(&self, line: &str, input: &[u8]) -> Output {
        let mut child = self
            .program(line)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // It may end without having read all.
        let _ = stdin.write_all(input);
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    /// What a command prints, and its status where that is not 0. Nothing is
    /// wider than the terminal.
    pub(crate) fn says(&self, line: &str) -> String {
        self.says_to(line, b"")
    }

    /// The same, with something to read.
    pub(crate) fn says_to(&self, line: &str, input: &[u8]) -> String {
        let output = self.output(line, input);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "");
        let mut all = format!("{}{}", text(&output.stdout), text(&output.stderr));
        for line in all.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        if !output.status.success() {
            all.push_str(&format!("[status {}]\n", output.status.code().unwrap()));
        }
        all
    }

    /// Runs a command that succeeds and has nothing to say.
    pub(crate) fn quietly(&self, line: &str) {
        assert_eq!(self.says(line), "", "{line}");
    }

    /// A directory `d` with `a` and `key` in it.
    pub(crate) fn with_entries() -> Self {
        let place = Place::new();
        place.quietly("put --engine memory --dir d a ''");
        place.quietly("put --engine memory --dir d key value");
        place
    }

    /// Changes a file's bytes.
    pub(crate) fn edit(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.path(name)).unwrap();
        change(&mut bytes);
        fs::write(self.path(name), bytes).unwrap();
    }
}
