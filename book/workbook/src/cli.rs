//! The command line: which commands there are, and what each is for.

mod misread;

use std::io;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::commands::{
    Limit, bench, build_on, check, desk, diff, hint, read, reset, restore, status, update,
};
use crate::engines::{delete, get, put, scan, shell, step};
use crate::runner::{GUARD, stand_guard};
use crate::{author, inspect, preprocess, serve};

/// The book, your progress in it, and the commands that help you write it.
///
/// Without a command the book opens on localhost, shows your progress on its
/// pages, and judges each save under chapters/.
#[derive(Debug, Parser)]
#[command(
    name = "workbook",
    bin_name = "cargo run --",
    version,
    max_term_width = 80
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The port to open the book on; another is taken if it is in use.
    #[arg(
        long,
        default_value_t = serve::PORT,
        value_parser = port,
        allow_negative_numbers = true
    )]
    pub port: u16,

    /// How long a test may take.
    #[command(flatten)]
    pub limit: Limit,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the map of the book: what is solved, what is next, and how.
    ///
    /// Chapters whose sources changed since they were last judged are judged
    /// first.
    Status(status::Args),

    /// Run the tests of a chapter or an exercise, from scratch.
    ///
    /// Ends with success only if everything that was checked is solved.
    Check(check::Args),

    /// Show a page of the book in the terminal.
    ///
    /// Answers and hints stay folded until they are asked for.
    Read(read::Args),

    /// Show a hint on an exercise: a question, the invariant, or a sketch.
    Hint(hint::Args),

    /// Compare your answer with the reference, once it passes.
    ///
    /// Lines that begin with - are yours, those with + the reference's.
    Diff(diff::Args),

    /// Take a chapter or an exercise back to how it came; a copy is kept.
    Reset(reset::Args),

    /// Take back a copy that `reset` or `update` kept: whole files.
    ///
    /// Each file of the copy takes the place of the one that is there, with
    /// every exercise in it, also those that were written since. A copy of
    /// what it replaces is kept.
    Restore(restore::Args),

    /// Bring chapters/ up to date, and keep what you wrote.
    ///
    /// For after a `git pull` or a new download. What the workbook changed and
    /// what you wrote are merged function by function; what cannot be merged
    /// stays yours, and the new text is laid beside it.
    Update(update::Args),

    /// Put your own earlier chapters underneath another, or the references.
    ///
    /// A chapter stands on the references of those before it, so that you can
    /// start anywhere. This changes manifests under chapters/ and nothing else.
    BuildOn(build_on::Args),

    /// Talk to an engine, line by line.
    ///
    /// `help` there lists the requests. Lines may also come from a file or a
    /// pipe: the first that fails is then the last that is run. What was done
    /// before it stays done, and the status is 1.
    Shell(shell::Shell),

    /// Show the value under a key of an engine.
    ///
    /// Status 1: there is no such key; status 2: nobody knows, since the engine
    /// could not be read.
    Get(get::Get),

    /// Store a value under a key of an engine, and sync.
    Put(put::Put),

    /// Remove a key from an engine, and sync.
    ///
    /// A key that is not there counts as removed: status 0, and nothing is said.
    /// Status 2: nobody knows whether it is gone.
    Delete(delete::Delete),

    /// Show an engine's entries, in the order of their keys.
    ///
    /// Status 2: nobody knows all of them, since the engine could not be read.
    Scan(scan::Scan),

    /// Do the work that an engine's writes have left for later: merging.
    ///
    /// It ends when nothing is due. In a shell, `step` does a piece of it.
    Step(step::Step),

    /// Show an engine's files, byte by byte, with what each byte means.
    ///
    /// Of a whole directory also what the files make up: a tree, level by level.
    /// A checksum `holds` if the bytes that it covers make the same one. Status
    /// 1: a fault was found, or something could not be read.
    Inspect(inspect::Inspect),

    /// Measure engines side by side, and write a report.
    ///
    /// Compiles the bench for speed and hands the arguments on to it. Engines
    /// that are not part of the workbook are compiled when they are named:
    /// `--engines memory,lmdb`, or all of them with `--peers`.
    Bench(bench::Args),

    /// For authors: derive the chapters, and check what readers will get.
    #[command(subcommand)]
    Author(author::Command),

    /// For mdBook: resolve the directives of the pages.
    ///
    /// Reads mdBook's JSON from standard input and answers it on standard
    /// output.
    #[command(hide = true)]
    Preprocess {
        /// mdBook's question: `supports` and a renderer. Every one is.
        #[arg(num_args = 0..=2)]
        question: Vec<String>,
    },

    /// For this program: ends the tests that it leaves behind when it is killed.
    #[command(name = GUARD, hide = true)]
    Guard,
}

impl Cli {
    /// Reads what was typed at the terminal. What is not understood ends the
    /// program with a word on what may have been meant.
    pub fn at_the_terminal() -> Self {
        Self::try_parse().unwrap_or_else(|error| misread::end(error))
    }
}

/// Reads a port.
fn port(text: &str) -> Result<u16, &'static str> {
    text.parse()
        .map_err(|_| "it takes a port: a whole number, at most 65535, or 0 for any that is free")
}

/// Runs the command that was asked for.
///
/// # Errors
///
/// Fails with a sentence for the person at the terminal.
pub fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        None => {
            let mut desk = desk()?;
            desk.say_what_is_not_mirrored();
            desk.limit(cli.limit.time());
            serve::run(desk, cli.port).map(|()| ExitCode::SUCCESS)
        }
        Some(Command::Status(args)) => status::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Read(args)) => read::run(&args),
        Some(Command::Hint(args)) => hint::run(&args),
        Some(Command::Diff(args)) => diff::run(&args),
        Some(Command::Reset(args)) => reset::run(&args),
        Some(Command::Restore(args)) => restore::run(&args),
        Some(Command::Update(args)) => update::run(&args),
        Some(Command::BuildOn(args)) => build_on::run(&args),
        Some(Command::Shell(shell)) => shell::run(&shell),
        Some(Command::Get(get)) => get::run(&get),
        Some(Command::Put(put)) => put::run(&put),
        Some(Command::Delete(delete)) => delete::run(&delete),
        Some(Command::Scan(scan)) => scan::run(&scan),
        Some(Command::Step(step)) => step::run(&step),
        Some(Command::Inspect(inspect)) => inspect::run(&inspect),
        Some(Command::Bench(args)) => bench::run(&args),
        Some(Command::Author(command)) => author::run(&command),
        Some(Command::Preprocess { question }) => {
            if question.is_empty() {
                preprocess::speak(io::stdin().lock(), io::stdout().lock())?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Guard) => {
            stand_guard(io::stdin().lock());
            Ok(ExitCode::SUCCESS)
        }
    }
}
