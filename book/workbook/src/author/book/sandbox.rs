//! A copy of the tree in which the commands of the pages are run, whatever the
//! reader at hand has made of the chapters.
//!
//! What a command printed is remembered for as long as the copy stays the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cargo_metadata::Metadata;

use super::super::solution::{Files, Solution};
use super::super::tree;
use super::commands::words;
use crate::exercise::ExerciseId;
use crate::files;
use crate::keep;
use crate::preprocess::PAGES;
use crate::runner;
use crate::workspace::Workspace;

/// How long a command may take, compiling included.
const TIME_LIMIT: Duration = Duration::from_secs(600);

/// What only a shell understands, unless it stands between quotes, …
const SHELL: [&str; 5] = ["|", ">", "<", ";", "&"];
/// … and what it understands there, too.
const SHELL_QUOTED: [&str; 2] = ["$(", "`"];

/// The copy, and what was printed in it.
#[derive(Debug)]
pub(super) struct Sandbox {
    root: PathBuf,
    target_dir: PathBuf,
    /// The tree that was copied.
    original: PathBuf,
    /// Packages that are the same in both, whatever is solved: what runs of them
    /// is compiled in the original, where it mostly is already.
    settled: BTreeSet<String>,
    solutions: Vec<Solution>,
    /// Every file but the chapters'.
    given: Files,
    /// Outputs by a hash of the tree and the commands.
    known: BTreeMap<u64, Vec<String>>,
    used: BTreeMap<u64, Vec<String>>,
    memory: PathBuf,
    /// What cargo says it is: outputs change with it.
    cargo: String,
    _lock: File,
}

impl Sandbox {
    /// Opens the copy below the target directory, and waits for another gate
    /// that is at work there.
    pub(super) fn open(
        workspace: &Workspace,
        solutions: Vec<Solution>,
        metadata: &Metadata,
    ) -> Result<Self> {
        let dir = metadata.target_directory.as_std_path().join("author");
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let lock = File::create(dir.join("lock")).context("cannot lock target/author")?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            eprintln!("waiting for another `author` command to finish");
            lock.lock().context("cannot lock target/author")?;
        }
        let mut given = Files::new();
        for path in files::below(workspace.root())? {
            let derived = solutions.iter().any(|s| path.starts_with(s.chapter.dir()));
            if !derived {
                let bytes = fs::read(workspace.root().join(&path))
                    .with_context(|| format!("cannot read {}", path.display()))?;
                given.insert(path, bytes);
            }
        }
        let config = PathBuf::from(".cargo/config.toml");
        if let Ok(bytes) = fs::read(workspace.root().join(&config)) {
            given.insert(config, bytes);
        }
        let chapters = solutions.iter().map(|s| s.chapter.package.as_str());
        let settled = settled(metadata, &chapters.collect());
        let memory = dir.join("outputs.json");
        let known = fs::read(&memory).ok();
        Ok(Self {
            root: dir.join("pages"),
            // The other gates', where the most is compiled already.
            target_dir: dir.join("target"),
            original: workspace.root().to_owned(),
            settled,
            solutions,
            given,
            known: known
                .and_then(|bytes| serde_json::from_slice(&bytes).ok())
                .unwrap_or_default(),
            used: BTreeMap::new(),
            memory,
            cargo: version(workspace.root())?,
            _lock: lock,
        })
    }

    /// What the commands print, one after the other, in a tree in which the
    /// exercises through `at` are solved.
    pub(super) fn run(
        &mut self,
        at: Option<ExerciseId>,
        commands: &[String],
    ) -> Result<Vec<String>> {
        let tree = self.tree(at)?;
        let key = fingerprint(&tree, commands, &self.cargo);
        if let Some(outputs) = self.known.get(&key) {
            self.used.insert(key, outputs.clone());
            return Ok(outputs.clone());
        }
        self.lay_out(&tree)?;
        let outputs = commands
            .iter()
            .map(|command| self.output(command))
            .collect::<Result<Vec<_>>>()?;
        self.used.insert(key, outputs.clone());
        Ok(outputs)
    }

    /// Remembers what was printed.
    pub(super) fn finish(self) -> Result<()> {
        fs::write(&self.memory, serde_json::to_vec(&self.used)?)
            .with_context(|| format!("cannot write {}", self.memory.display()))
    }

    fn tree(&self, at: Option<ExerciseId>) -> Result<Files> {
        let mut tree = self.given.clone();
        for solution in &self.solutions {
            let dir = solution.chapter.dir();
            for (path, bytes) in solution.derived_through(at)? {
                tree.insert(dir.join(path), bytes);
            }
        }
        Ok(tree)
    }

    fn lay_out(&self, tree: &Files) -> Result<()> {
        tree::make(&self.root, tree, &self.original, &self.solutions)?;
        // What an earlier run remembers, or has left where the pages put their
        // stores, would change what a command says.
        let memories = [
            self.target_dir.join("strata"),
            self.root.join(keep::FOLDER),
            self.root.join("target"),
        ];
        for memory in memories {
            match fs::remove_dir_all(memory) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    return Err(e).context("cannot forget an earlier run");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Runs one command; both its streams come as one, as at a terminal.
    fn output(&self, line: &str) -> Result<String> {
        if needs_a_shell(line) {
            bail!("`{line}` needs a shell, and not everybody has the same: show one command");
        }
        let words = words(line).with_context(|| format!("`{line}` has an open quote"))?;
        let mut command = self.command(line, &words)?;
        for variable in shlex::split(line).unwrap_or_default() {
            match variable.split_once('=') {
                Some((name, value)) if !words.contains(&variable) => {
                    command.env(name, value);
                }
                _ => break,
            }
        }
        let (mut reader, writer) = io::pipe().context("cannot make a pipe")?;
        command
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .stdout(writer.try_clone().context("cannot share a pipe")?)
            .stderr(writer);
        let mut child = command
            .spawn()
            .with_context(|| format!("`{line}` cannot be run"))?;
        // The command holds the pipe's ends; the reader waits for the last.
        drop(command);
        let (done, printed) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = reader.read_to_end(&mut bytes).map(|_| bytes);
            // Nobody waits any more if the time was over.
            let _ = done.send(read);
        });
        let Ok(bytes) = printed.recv_timeout(TIME_LIMIT) else {
            // Fails only if it ended just now.
            let _ = child.kill();
            let _ = child.wait();
            bail!("`{line}` did not end within {} s", TIME_LIMIT.as_secs());
        };
        child.wait()?;
        let bytes = bytes.with_context(|| format!("cannot read what `{line}` prints"))?;
        Ok(String::from_utf8_lossy(&bytes).replace('\r', ""))
    }

    fn command(&self, line: &str, words: &[String]) -> Result<Command> {
        let program = words.first().context("the line holds no command")?;
        let own = own_arguments(words);
        let mut is_settled = false;
        let mut command = match own {
            Some([]) => bail!("`{line}` never ends: mark the block `norun` and say why"),
            // This very program, without compiling it for the copy.
            Some(arguments) => {
                let mut command = Command::new(std::env::current_exe()?);
                // What a chapter's tests find is the ladder's business.
                command.args(arguments).env("STRATA_BUDGET", "tiny");
                command
            }
            None if program == "cargo" => {
                let mut command = runner::cargo(&self.root, None);
                command.args(&words[1..2]);
                is_settled =
                    plain_package(words).is_some_and(|package| self.settled.contains(package));
                if is_settled {
                    let manifest = self.original.join("Cargo.toml");
                    command.arg("--manifest-path").arg(manifest);
                }
                // Its results come in the order of the names.
                command.args(&words[2..]).env("RUST_TEST_THREADS", "1");
                command
            }
            None => {
                let mut command = Command::new(program);
                command.args(&words[1..]);
                command
            }
        };
        if !is_settled {
            command.env("CARGO_TARGET_DIR", &self.target_dir);
        }
        command
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_TERM_PROGRESS_WHEN", "never")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "80")
            .env_remove("RUST_BACKTRACE");
        Ok(command)
    }
}

/// What cargo says of itself.
fn version(root: &Path) -> Result<String> {
    let output = runner::cargo(root, None).arg("-V").output();
    let output = output.context("cannot run cargo: is it installed and on the path?")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The packages of which nothing changes with the chapters: none of these is
/// among what they are built of, as long as no feature is asked for.
fn settled(metadata: &Metadata, chapters: &BTreeSet<&str>) -> BTreeSet<String> {
    let members = metadata.workspace_packages();
    let mut settled: BTreeSet<String> = members
        .iter()
        .map(|package| package.name.to_string())
        .filter(|name| !chapters.contains(name.as_str()))
        .collect();
    loop {
        let before = settled.len();
        for package in &members {
            let mut ours = package
                .dependencies
                .iter()
                .filter(|d| d.path.is_some() && !d.optional);
            if !ours.all(|dependency| settled.contains(&dependency.name)) {
                settled.remove(package.name.as_str());
            }
        }
        if settled.len() == before {
            return settled;
        }
    }
}

/// The package that a command of cargo's names and asks for no feature of.
fn plain_package(words: &[String]) -> Option<&str> {
    let cargos = || words.iter().take_while(|word| *word != "--");
    let asks = ["--features", "--all-features", "-F"];
    if cargos().any(|word| asks.iter().any(|ask| word.starts_with(ask))) {
        return None;
    }
    let mut rest = cargos().skip_while(|word| *word != "-p" && *word != "--package");
    rest.nth(1).map(String::as_str)
}

/// What `cargo run` hands to this program; `None` for any other command.
fn own_arguments(words: &[String]) -> Option<&[String]> {
    let run = words.first()? == "cargo" && words.get(1)? == "run";
    let rest = words.get(2..).filter(|_| run)?;
    let flags = rest.iter().take_while(|w| *w == "-q" || *w == "--quiet");
    let rest = &rest[flags.count()..];
    match rest.split_first() {
        None => Some(&[]),
        Some((separator, arguments)) if separator == "--" => Some(arguments),
        Some(_) => None,
    }
}

/// A number that changes with everything that the commands may depend on.
fn fingerprint(tree: &Files, commands: &[String], cargo: &str) -> u64 {
    // Only the workbook reads the pages.
    let reads_pages = commands.iter().any(|c| c.contains("cargo run"));
    let mut hasher = DefaultHasher::new();
    commands.hash(&mut hasher);
    cargo.hash(&mut hasher);
    for (path, bytes) in tree {
        if reads_pages || !path.starts_with(PAGES) {
            path.hash(&mut hasher);
            bytes.hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn needs_a_shell(line: &str) -> bool {
    let outside: String = line.split('"').step_by(2).collect();
    SHELL.iter().any(|sign| outside.contains(sign))
        || SHELL_QUOTED.iter().any(|sign| line.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_needs_no_shell() {
        for plain in ["cargo run", "get a", r#"shell -e "put a 1; sync""#] {
            assert!(!needs_a_shell(plain), "{plain}");
        }
        for shells in ["ls | wc", "a; b", r#"say "a" > b"#, r#"say "$(a)""#] {
            assert!(needs_a_shell(shells), "{shells}");
        }
    }

    #[test]
    fn what_stands_on_no_chapter_is_settled() {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let metadata = cargo_metadata::MetadataCommand::new()
            .manifest_path(manifest)
            .no_deps()
            .exec()
            .unwrap();
        let settled = settled(&metadata, &BTreeSet::from(["memory", "bitcask"]));
        for (name, is_settled) in [
            ("engine", true),
            ("gallery", true),
            ("explore", true),
            ("memory-solution", true),
            ("memory", false),
            ("registry", true),
            ("workbook", true),
        ] {
            assert_eq!(settled.contains(name), is_settled, "{name}");
        }
    }

    #[test]
    fn a_package_is_named_before_what_the_program_gets() {
        let named = |line: &str| plain_package(&words(line)?).map(str::to_owned);
        assert_eq!(
            named("cargo run -q -p gallery a -p b").as_deref(),
            Some("gallery")
        );
        assert_eq!(named("cargo run -- -p b"), None);
        assert_eq!(named("cargo test"), None);
    }

    #[test]
    fn with_a_feature_a_package_may_be_another_one() {
        for asks in [
            "--features mine",
            "--features=mine",
            "--all-features",
            "-F mine",
        ] {
            let line = format!("cargo run -p registry {asks} --example records");
            assert_eq!(plain_package(&words(&line).unwrap()), None, "{line}");
        }
    }

    #[test]
    fn the_program_runs_itself() {
        let own = |line: &str| {
            let words = words(line)?;
            own_arguments(&words).map(<[String]>::to_vec)
        };
        assert_eq!(
            own("cargo run -- hint 1.2"),
            Some(vec!["hint".into(), "1.2".into()])
        );
        assert_eq!(own("cargo run -q -- status"), Some(vec!["status".into()]));
        assert_eq!(own("cargo run"), Some(vec![]));
        assert_eq!(own("cargo run -p bench -- x"), None);
        assert_eq!(own("cargo test"), None);
    }
}
