//! Compiling a package, and what the compiler says about it.

use std::{
    cell::RefCell,
    env,
    ffi::OsString,
    fmt,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use cargo_metadata::{Message, diagnostic};

use super::linker;
use super::patience::Patience;
use super::process::Cancel;
use super::stage::{Listener, Stage};
use super::test_binary::TestBinary;
use super::turn::Turn;
use crate::paint;

/// What a build may be told beside the package.
#[derive(Debug, Clone, Default)]
pub struct BuildOptions {
    /// Where artifacts go; cargo's own choice if `None`.
    pub target_dir: Option<PathBuf>,
    /// Arguments handed on to `cargo test --no-run`.
    pub args: Vec<String>,
    /// Hears of each package that is compiled.
    pub listener: Listener,
    /// Ends the build early.
    pub cancel: Cancel,
    /// Whether somebody else may have to be waited for.
    pub turn: Turn,
}

/// What became of a build.
#[derive(Debug)]
pub enum Build {
    /// The tests can be run.
    Ready {
        /// The compiled tests.
        tests: TestBinary,
        /// What the compiler warned of, in this package and those it needs.
        warnings: Vec<Diagnostic>,
    },
    /// The package, or one that it needs, does not compile.
    CompileErrors(Vec<Diagnostic>),
}

/// One message of the compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub level: Level,
    /// The package that was being compiled, by name.
    pub package: String,
    /// The file, as the compiler names it: relative to the workspace's root
    /// for its members. `None` if the message is about no place in particular.
    pub file: Option<PathBuf>,
    /// Line of the primary span, from 1; of several, the one that the arrow
    /// points at.
    pub line: usize,
    /// Column of that span, from 1, in characters.
    pub column: usize,
    /// The message without its surroundings.
    pub message: String,
    /// The message as the compiler prints it on a terminal, with source, notes
    /// and colours.
    pub rendered: String,
}

/// How bad a compiler's message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The code compiles all the same.
    Warning,
    /// The code does not compile.
    Error,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => {
                let (line, column) = (self.line, self.column);
                write!(f, "{}:{line}:{column}: {}", file.display(), self.message)
            }
            None => write!(f, "{}: {}", self.package, self.message),
        }
    }
}

/// Compiles the unit tests of `package` in the workspace at `root`.
///
/// # Errors
///
/// Fails with cargo's own words if cargo cannot be run, knows no such package,
/// cannot read a manifest, and the like. Code that does not compile is no
/// error here: it is [`Build::CompileErrors`]. If the linker fails, also after
/// a build from scratch, the error is an [`Unlinked`](super::Unlinked).
pub fn build(root: &Path, package: &str, options: &BuildOptions) -> Result<Build> {
    let mut compiled = tests_of(root, package, options)?;
    if linker::failure(&compiled.diagnostics).is_some() {
        linker::clean(root, package, options);
        compiled = tests_of(root, package, options)?;
    }
    if let Some(unlinked) = linker::failure(&compiled.diagnostics) {
        return Err(unlinked.into());
    }
    if !compiled.success {
        return Ok(Build::CompileErrors(compiled.only(Level::Error)));
    }
    let Some((manifest, executable)) = compiled.executables.first().cloned() else {
        bail!("package `{package}` has no library whose tests could be run");
    };
    let package_dir = manifest.parent().unwrap_or(root).to_owned();
    Ok(Build::Ready {
        tests: TestBinary::new(executable, package_dir),
        warnings: compiled.only(Level::Warning),
    })
}

fn tests_of(root: &Path, package: &str, options: &BuildOptions) -> Result<Compiled> {
    let mut command = cargo(root, options.target_dir.as_deref());
    command
        .args(["test", "--no-run", "--lib", "--package", package])
        .args(&options.args);
    compile_under(command, options)
}

/// The cargo that runs this program, or the one on the path, about to work in
/// the workspace at `root`.
#[must_use]
pub fn cargo(root: &Path, target_dir: Option<&Path>) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.current_dir(root);
    if let Some(target_dir) = target_dir {
        command.env("CARGO_TARGET_DIR", target_dir);
    }
    command
}

/// Why cargo does not start.
pub(crate) fn cannot_start(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::NotFound => anyhow!(
            "cargo was not found: is Rust installed, and ~/.cargo/bin in PATH?\n  \
             https://rustup.rs"
        ),
        _ => anyhow::Error::from(error).context("cannot run cargo"),
    }
}

/// What cargo and the compiler reported.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) success: bool,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Test executables with the manifests of their packages.
    pub(crate) executables: Vec<(PathBuf, PathBuf)>,
}

impl Compiled {
    fn only(self, level: Level) -> Vec<Diagnostic> {
        let mut diagnostics = self.diagnostics;
        diagnostics.retain(|d| d.level == level);
        diagnostics
    }
}

/// Messages as data, and in each how a terminal shows it.
const MESSAGES: &str = "json-diagnostic-rendered-ansi";

/// Runs a compiling cargo command and reads its messages.
pub(crate) fn compile(command: Command) -> Result<Compiled> {
    compile_under(command, &BuildOptions::default())
}

fn compile_under(mut command: Command, options: &BuildOptions) -> Result<Compiled> {
    let (listener, cancel) = (&options.listener, &options.cancel);
    let mut child = command
        .args(["--quiet", "--message-format", MESSAGES])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot_start)?;
    let words = child.stderr.take().map(read_in_thread);
    let mut compiled = Compiled {
        success: false,
        diagnostics: Vec::new(),
        executables: Vec::new(),
    };
    let patience = RefCell::new(Patience::begin(options));
    let waiting = || patience.borrow_mut().wait();
    let messages = child.stdout.take().map(messages);
    let messages = messages.map(|messages| until(messages, cancel, waiting));
    for message in messages.into_iter().flatten() {
        let read = message.context("cannot read cargo's messages");
        match read.inspect_err(|_| stop(&mut child))? {
            Message::CompilerMessage(message) => {
                let package = package_name(&message.package_id.repr);
                let diagnostic = Diagnostic::read(package, &message.message);
                // The library and its tests report the same line twice.
                compiled
                    .diagnostics
                    .extend(diagnostic.filter(|d| !compiled.diagnostics.contains(d)));
            }
            Message::CompilerArtifact(artifact) => {
                let package = package_name(&artifact.package_id.repr);
                match artifact.fresh {
                    true => patience.borrow_mut().is_there(package),
                    false => listener.tell(Stage::Compiled(package)),
                }
                let manifest = artifact.manifest_path.into_std_path_buf();
                if artifact.profile.test
                    && let Some(executable) = artifact.executable
                {
                    let executable = executable.into_std_path_buf();
                    compiled.executables.push((manifest, executable));
                }
            }
            _ => {}
        }
    }
    if cancel.is_cancelled() {
        stop(&mut child);
        bail!("the build was stopped");
    }
    compiled.success = child.wait().context("cannot wait for cargo")?.success();
    let said = |level| compiled.diagnostics.iter().any(|d| d.level == level);
    if !compiled.success && !said(Level::Error) {
        let words = words.and_then(|w| w.join().ok()).unwrap_or_default();
        bail!("cargo says:\n{}", words.trim_end());
    }
    Ok(compiled)
}

/// Cargo's messages, read in a thread of its own so that waiting for them can
/// be given up.
fn messages(stdout: ChildStdout) -> mpsc::Receiver<io::Result<Message>> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for message in Message::parse_stream(BufReader::new(stdout)) {
            // Whoever was cancelled listens no more; cargo must not meet a
            // closed pipe while it ends.
            let _ = send.send(message);
        }
    });
    receive
}

/// What comes until the sender is done, or until `cancel`. Now and then, while
/// nothing comes, `waiting` is called.
fn until<T>(
    receive: mpsc::Receiver<T>,
    cancel: &Cancel,
    mut waiting: impl FnMut(),
) -> impl Iterator<Item = T> {
    std::iter::from_fn(move || {
        loop {
            match receive.recv_timeout(Cancel::NOTICED_WITHIN) {
                Ok(message) => return Some(message),
                Err(RecvTimeoutError::Timeout) if !cancel.is_cancelled() => waiting(),
                Err(_) => return None,
            }
        }
    })
}

fn read_in_thread(mut stderr: ChildStderr) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until then is all that there is to say.
        let _ = stderr.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// How long cargo may take to end by itself. A compiler that is killed can leave
/// artifacts that do not fit together.
const POLITE: Duration = Duration::from_secs(3);

/// Ends cargo: Ctrl-C has told it already, and otherwise it has a moment to
/// finish what it compiles.
fn stop(cargo: &mut Child) {
    let until = Instant::now() + POLITE;
    while Instant::now() < until && matches!(cargo.try_wait(), Ok(None)) {
        thread::sleep(Cancel::NOTICED_WITHIN);
    }
    // Both fail only if it is over already.
    let _ = cargo.kill();
    let _ = cargo.wait();
}

impl Diagnostic {
    /// Errors and warnings at a place; neither the notes that stand alone nor
    /// the counts at the end ("aborting due to 2 previous errors").
    fn read(package: &str, message: &diagnostic::Diagnostic) -> Option<Self> {
        let level = match message.level {
            diagnostic::DiagnosticLevel::Error | diagnostic::DiagnosticLevel::Ice => Level::Error,
            diagnostic::DiagnosticLevel::Warning => Level::Warning,
            _ => return None,
        };
        let rendered = message.rendered.clone().unwrap_or_default();
        let arrow = arrows(&rendered).into_iter().next();
        let points_at = |span: &&diagnostic::DiagnosticSpan| {
            let (line, column) = (span.line_start, span.column_start);
            arrow == Some(format!("{}:{line}:{column}", span.file_name))
        };
        let primary = || message.spans.iter().filter(|span| span.is_primary);
        let span = primary().find(points_at).or_else(|| primary().next());
        let counts = message.message.starts_with("aborting due to")
            || message.message.contains("warning emitted")
            || message.message.contains("warnings emitted");
        if span.is_none() && counts {
            return None;
        }
        Some(Self {
            level,
            package: package.to_owned(),
            file: span.map(|span| PathBuf::from(&span.file_name)),
            line: span.map_or(0, |span| span.line_start),
            column: span.map_or(0, |span| span.column_start),
            message: message.message.clone(),
            rendered,
        })
    }

    /// The places that the compiler's arrows point at, from top to bottom, as
    /// in `src/lib.rs:3:5`.
    pub fn arrows(&self) -> Vec<String> {
        arrows(&self.rendered)
    }
}

fn arrows(rendered: &str) -> Vec<String> {
    let plain = paint::plain(rendered);
    let arrow = |line: &str| line.trim_start().strip_prefix("--> ").map(str::to_owned);
    plain.lines().filter_map(arrow).collect()
}

/// The name within `path+file:///…/ch01-memory#memory-solution@0.1.0`, where
/// cargo leaves it out if the folder has the same name.
fn package_name(id: &str) -> &str {
    let (place, spec) = id.rsplit_once('#').unwrap_or(("", id));
    match spec.split_once('@') {
        Some((name, _)) => name,
        None => place.rsplit('/').next().unwrap_or(spec),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_named_from_either_form_of_its_id() {
        let named = "path+file:///w/solutions/ch01-memory#memory-solution@0.1.0";
        assert_eq!(package_name(named), "memory-solution");
        assert_eq!(package_name("path+file:///w/workbook#0.1.0"), "workbook");
    }
}
