//! A small workspace to break, and the program to run in it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;
use workbook::files;

/// The chapter's solution, from the workspace's root.
pub(crate) const SOLUTION: &str = "solutions/ch01-shelf";
/// The chapter, from the workspace's root.
pub(crate) const CHAPTER: &str = "chapters/ch01-shelf";

/// A copy of the workspace in `tests/fixtures/shelf`.
pub(crate) struct Fixture {
    dir: TempDir,
    target_dir: PathBuf,
}

/// What the program said and how it ended.
pub(crate) struct Answer {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Fixture {
    /// With a target folder of its own, for what compiles nothing.
    pub(crate) fn new() -> Self {
        let mut fixture = Self::compiling();
        fixture.target_dir = fixture.root().join("target");
        fixture
    }

    /// With the target folder that all of these share, so that it is warm. The
    /// gates take turns in it.
    pub(crate) fn compiling() -> Self {
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let dir = TempDir::new_in(scratch).expect("a folder below target");
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/shelf");
        for path in files::below(&template).expect("the template") {
            let text = fs::read_to_string(template.join(&path)).expect("a template's file");
            // Whatever line endings git checked it out with.
            let bytes = text.replace("\r\n", "\n").into_bytes();
            let path = match path.extension() {
                Some(extension) if extension == "in" => path.with_extension(""),
                _ => path,
            };
            files::write_if_changed(&dir.path().join(path), &bytes).expect("a copy");
        }
        Self {
            dir,
            target_dir: scratch.join("author-gates"),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn target_dir(&self) -> &Path {
        &self.target_dir
    }

    pub(crate) fn read(&self, path: impl AsRef<Path>) -> String {
        fs::read_to_string(self.root().join(path)).expect("a file of the fixture")
    }

    pub(crate) fn write(&self, path: impl AsRef<Path>, text: &str) {
        let path = self.root().join(path);
        files::write_if_changed(&path, text.as_bytes()).expect("a file of the fixture");
    }

    /// Replaces a text that has to be there.
    pub(crate) fn edit(&self, path: impl AsRef<Path>, from: &str, to: &str) {
        let text = self.read(&path);
        assert!(
            text.contains(from),
            "{} lacks {from}",
            path.as_ref().display()
        );
        self.write(path, &text.replace(from, to));
    }

    /// Edits a source of the solution.
    pub(crate) fn edit_solution(&self, file: &str, from: &str, to: &str) {
        self.edit(Path::new(SOLUTION).join("src").join(file), from, to);
    }

    /// Runs `workbook author …` in the workspace.
    pub(crate) fn author(&self, args: &[&str]) -> Answer {
        let output = Command::new(env!("CARGO_BIN_EXE_workbook"))
            .current_dir(self.root())
            .arg("author")
            .args(args)
            .env("CARGO_TARGET_DIR", &self.target_dir)
            // The repository around the fixture is none of its business.
            .env("GIT_CEILING_DIRECTORIES", env!("CARGO_TARGET_TMPDIR"))
            .output()
            .expect("the program starts");
        // The tests that share a folder wait for each other now and then.
        let waiting = "waiting for another `author` command to finish\n";
        let text = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).replace('\r', "");
            text.replace(waiting, "")
        };
        Answer {
            success: output.status.success(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Runs a command that must succeed, and hands back what it printed.
    pub(crate) fn author_ok(&self, args: &[&str]) -> String {
        let answer = self.author(args);
        assert!(answer.success, "{}{}", answer.stdout, answer.stderr);
        answer.stdout
    }

    /// Runs a command that must fail, and hands back its complaint.
    pub(crate) fn author_fails(&self, args: &[&str]) -> String {
        let answer = self.author(args);
        assert!(!answer.success, "it passed: {}", answer.stdout);
        answer.stderr
    }

    /// Runs git, and commits everything that is there.
    pub(crate) fn commit(&self) {
        if !self.root().join(".git").exists() {
            self.git(&["init", "--quiet"]);
        }
        self.git(&["add", "."]);
        let author = [
            "-c",
            "user.name=An Author",
            "-c",
            "user.email=author@example.org",
        ];
        let commit = [
            "-c",
            "commit.gpgsign=false",
            "commit",
            "--quiet",
            "-m",
            "Commit",
        ];
        self.git(&[author.as_slice(), commit.as_slice()].concat());
    }

    fn git(&self, args: &[&str]) {
        let status = Command::new("git")
            .current_dir(self.root())
            .args(["-c", "core.autocrlf=false"])
            .args(args)
            .status();
        assert!(status.is_ok_and(|status| status.success()), "git {args:?}");
    }
}
