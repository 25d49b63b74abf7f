//! `shell`: an engine that stays open, and a line for each operation.
//!
//! On a terminal there is a prompt, and an error is shown and forgotten. From a
//! file, a pipe or `--execute` there is none, and the first line that fails is
//! the last.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use engine::Durability;
use engine::disk::RealDisk;

use super::place::{self, Need, Place, engine_help};
use super::{attempt, nobody_reads};

mod line;
mod session;
mod terminal;

use session::{Next, Session};

/// Which engine to talk to.
#[derive(Debug, clap::Args)]
pub struct Shell {
    /// The engine, by its name.
    #[arg(long, value_name = "NAME", value_parser = place::engine, long_help = engine_help(|_| true))]
    pub engine: &'static registry::Engine,

    /// The directory with its files, which is made if it is not there; needed
    /// unless the engine keeps none.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// What a write survives without a sync: nothing, a killed process, or a
    /// power loss.
    #[arg(long, value_name = "LEVEL", default_value = "buffered", value_parser = durabilities())]
    pub durability: Durability,

    /// A line to execute, in place of what would be read; may be given several
    /// times.
    #[arg(long, value_name = "LINE")]
    pub execute: Vec<String>,
}

fn durabilities() -> impl TypedValueParser<Value = Durability> {
    PossibleValuesParser::new(DURABILITIES.map(name_of)).map(|name| {
        let found = DURABILITIES.into_iter().find(|d| name_of(*d) == name);
        found.expect("only these names are taken")
    })
}

/// Talks until the person leaves or the input ends.
///
/// # Errors
///
/// Fails where the engine cannot be opened or closed, and, where nobody sits
/// at a terminal, at the first line that fails.
pub fn run(shell: &Shell) -> Result<ExitCode> {
    attempt(|| talk(shell).map(|()| ExitCode::SUCCESS))
}

fn talk(shell: &Shell) -> Result<()> {
    let engine = shell.engine;
    if !engine.durabilities.contains(&shell.durability) {
        let there: Vec<_> = engine.durabilities.iter().map(|d| name_of(*d)).collect();
        bail!(
            "`{}` does not promise {}, only {}",
            engine.name,
            name_of(shell.durability),
            there.join(" and ")
        );
    }
    if let Some(dir) = shell.dir.as_ref().filter(|_| !engine.keeps_files()) {
        bail!(
            "`{}` keeps no files, so there is nothing to do with `{}`: leave --dir out",
            engine.name,
            dir.display()
        );
    }
    // What keeps no files still asks for a disk.
    let scratch = tempfile::tempdir().context("cannot make a temporary directory")?;
    let (place, disk) = match &shell.dir {
        Some(dir) => {
            let dir = dir.clone();
            let place = Place { engine, dir };
            let disk = place.disk(Need::Room)?;
            (place, disk)
        }
        None if engine.keeps_files() => bail!(
            "`{0}` keeps files: say where, as in\n  \
             cargo run -- shell --engine {0} --dir target/{0}",
            engine.name
        ),
        None => {
            let dir = scratch.path().to_owned();
            let place = Place { engine, dir };
            let disk = RealDisk::new(&place.dir).map_err(|error| place.explain(&error))?;
            (place, Arc::new(disk) as _)
        }
    };
    let mut session = Session::open(place, disk, shell.durability)?;
    let talked = match io::stdin().is_terminal() && io::stdout().is_terminal() {
        _ if !shell.execute.is_empty() => play(&mut session, shell.execute.join("\n").as_bytes()),
        true => terminal::talk(&mut session),
        false => play(&mut session, io::stdin().lock()),
    };
    let closed = match &talked {
        // Nobody reads what would be said; the data is safe all the same.
        Err(error) if nobody_reads(error) => session.close(&mut io::sink()),
        _ => session.close(&mut io::stdout().lock()),
    };
    talked.and(closed)
}

/// Plays the lines of `input`, up to the first that fails.
fn play(session: &mut Session, mut input: impl BufRead) -> Result<()> {
    let mut bytes = Vec::new();
    for number in 1_usize.. {
        bytes.clear();
        let read = input.read_until(b'\n', &mut bytes);
        if read.context("cannot read standard input")? == 0 {
            break;
        }
        let line = str::from_utf8(&bytes).map_err(|_| anyhow!("line {number} is {NOT_UTF8}"))?;
        let line = line.trim_end_matches(['\n', '\r']);
        let mut out = io::stdout().lock();
        let next = session.line(line, &mut out);
        out.flush()?;
        match next {
            Ok(Next::Line) => {}
            Ok(Next::Leave) => break,
            Err(error) if nobody_reads(&error) => return Err(error),
            Err(error) => {
                let rest = input.lines().filter(|line| !is_blank(line));
                let not_run = not_run(number, rest.count());
                return Err(anyhow!("line {number}: {error:#}{not_run}"));
            }
        }
    }
    Ok(())
}

/// Whether a line of the input asks for nothing.
fn is_blank(line: &io::Result<String>) -> bool {
    let line = line.as_deref().unwrap_or("?").trim();
    line.is_empty() || line.starts_with('#')
}

/// Says how many lines behind the one that failed were not run.
fn not_run(failed: usize, count: usize) -> String {
    match count {
        0 => String::new(),
        1 => format!("\nOne line after line {failed} was not run."),
        more => format!("\n{more} lines after line {failed} were not run."),
    }
}

/// What is wrong with a line that is no text.
const NOT_UTF8: &str = "not UTF-8: spell other bytes as \\xff";

const DURABILITIES: [Durability; 3] = [Durability::Buffered, Durability::Os, Durability::Always];

fn name_of(durability: Durability) -> &'static str {
    match durability {
        Durability::Buffered => "buffered",
        Durability::Os => "os",
        Durability::Always => "always",
    }
}
