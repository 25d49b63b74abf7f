//! The command line.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Parser;
use menu::{Arguments, list};

use crate::compare::{Comparison, is_comparable};
use crate::contender::{Contender, Role, contenders};
use crate::data::{KEY_BYTES, Values};
use crate::program::Program;
use crate::report::markdown::markdown;
use crate::report::{Proof, Report, Settings, files, terminal};
use crate::runner::{Progress, Run};
use crate::trial::Outcome;
use crate::workload::{self, WORKLOADS, Workload};

/// How large a file is written to measure the device: as the stores will be,
/// within these bounds.
const DEVICE_BYTES_MIN: usize = 32 << 20;
const DEVICE_BYTES_MAX: usize = 256 << 20;

/// Set by Ctrl-C.
static STOP: AtomicBool = AtomicBool::new(false);

/// Does what the command line says. Answers whether all is well: every claim
/// held that was tried, and every answer was right.
///
/// # Errors
///
/// Fails where the arguments make no sense, and where nothing can be measured
/// or written.
pub fn run() -> Result<bool> {
    let arguments = Arguments::parse();
    if arguments.list {
        let built_in = contenders();
        let is_built_in = |name: &str| built_in.iter().any(|one| one.name == name);
        write!(io::stdout().lock(), "{}", list::list(is_built_in))?;
        return Ok(true);
    }
    arguments.check()?;
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => target()?.join("bench"),
    };
    // Read before anything is measured, and before a report takes its place.
    let old = arguments.compare.as_deref().map(Report::read).transpose()?;
    if let (Some(old), Some(new)) = (&old, &arguments.with) {
        let new = Report::read(new)?;
        make(&out)?;
        show_comparison(old, &new, &out)?;
        return Ok(true);
    }
    if let Some(path) = &arguments.pages {
        let report = Report::read(path)?;
        make(&out)?;
        show(&report, &out)?;
        if let Some(plots) = &arguments.plots {
            make(plots)?;
            let written = files::write_plots(&report, plots)?;
            println!("{}: {written} plots", plots.display());
        }
        return Ok(is_well(&report));
    }
    let run = plan(&arguments, &out)?;
    if let Some(old) = &old {
        // Before anything is measured in vain. Where the memory could not be
        // limited before, it may not be now.
        let mut before = old.settings.clone();
        before.memory_bytes = before.memory_bytes.or(run.settings.memory_bytes);
        is_comparable(&before, &run.settings)?;
    }
    make(&out)?;
    let stop_at_once = || STOP.store(true, Ordering::Relaxed);
    ctrlc::set_handler(stop_at_once).context("listening for Ctrl-C")?;
    let mut progress = Terminal::new(&out);
    let report = run.run(&mut progress, &STOP);
    progress.clear();
    // The stores are worth nothing once they are measured.
    let removed = fs::remove_dir_all(&run.directory);
    let report = report?;
    removed.with_context(|| format!("`{}` cannot be removed", run.directory.display()))?;
    show(&report, &out)?;
    if let Some(old) = &old {
        println!();
        show_comparison(old, &report, &out)?;
    }
    Ok(is_well(&report))
}

fn make(directory: &Path) -> Result<()> {
    let name = directory.display();
    fs::create_dir_all(directory).with_context(|| format!("`{name}` cannot be made"))
}

/// Writes the report, and prints what it came to and where it is.
fn show(report: &Report, out: &Path) -> Result<()> {
    files::write_report(report, out)?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", terminal::short(report))?;
    for name in files::REPORT {
        writeln!(stdout, "{}", out.join(name).display())?;
    }
    Ok(())
}

fn show_comparison(old: &Report, new: &Report, out: &Path) -> Result<()> {
    let comparison = Comparison::of(old, new)?;
    let path = out.join("compare.md");
    files::write(&path, &markdown(&comparison.page()))?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", comparison.text())?;
    writeln!(stdout, "{}", path.display())?;
    Ok(())
}

/// What is to be run.
fn plan(arguments: &Arguments, out: &Path) -> Result<Run> {
    let resumes = arguments.resume.as_deref().map(Report::read).transpose()?;
    let (engines, workloads, settings) = match &resumes {
        Some(before) => {
            let engines = before.contenders.iter().map(|about| about.name.clone());
            let mut workloads: Vec<_> = before.trials.iter().map(|done| &done.workload).collect();
            workloads.sort();
            workloads.dedup();
            let settings = Settings {
                rounds: arguments.rounds,
                ..before.settings.clone()
            };
            (
                engines.collect(),
                workloads.into_iter().cloned().collect(),
                settings,
            )
        }
        None => (
            arguments.engines.clone(),
            arguments.workloads.clone(),
            settings(arguments)?,
        ),
    };
    Ok(Run {
        program: Program::at(std::env::current_exe()?),
        contenders: named_contenders(arguments, &engines)?,
        workloads: named_workloads(&workloads)?,
        device_bytes: usize::try_from(settings.entries.saturating_mul(256))?
            .clamp(DEVICE_BYTES_MIN, DEVICE_BYTES_MAX),
        settings,
        directory: arguments.dir.as_deref().unwrap_or(out).join("stores"),
        resumes,
    })
}

fn settings(arguments: &Arguments) -> Result<Settings> {
    if arguments.values < Values::BYTES_MIN {
        bail!(
            "a value has at least {} bytes, so that it can be checked",
            Values::BYTES_MIN
        );
    }
    let seconds = arguments
        .seconds
        .unwrap_or(if arguments.quick { 0.5 } else { 5.0 });
    let busy_max = Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|time| !time.is_zero());
    let busy_max = busy_max.with_context(|| format!("{seconds} is no number of seconds"))?;
    Ok(Settings {
        entries: arguments
            .keys
            .unwrap_or(if arguments.quick { 10_000 } else { 1_000_000 }),
        key_bytes: KEY_BYTES,
        value_bytes: arguments.values,
        rounds: arguments.rounds,
        busy_ms_max: u64::try_from(busy_max.as_millis())?.max(1),
        memory_bytes: Some(arguments.memory << 20),
        seed: arguments.seed,
    })
}

/// The contenders of these names; all but the cheats for none.
fn named_contenders(arguments: &Arguments, names: &[String]) -> Result<Vec<Contender>> {
    if arguments.peers && !cfg!(feature = "peers") {
        bail!(
            "the peers are not built in. From the workbook they are:\n  \
             cargo run -- bench --peers\nor compile them in with `--features peers`"
        );
    }
    let all = contenders();
    if names.is_empty() {
        return Ok(all
            .into_iter()
            .filter(|one| one.role != Role::Cheat)
            .collect());
    }
    let known = |name: &String| {
        let found = all.iter().find(|contender| contender.name == name.as_str());
        found.cloned().with_context(|| {
            format!(
                "`{name}` is not compiled in: `cargo run -- bench` does that for engines \
                     that are named, and for the peers with `--peers`"
            )
        })
    };
    names.iter().map(known).collect()
}

/// The workloads of these names; all for none.
fn named_workloads(names: &[String]) -> Result<Vec<&'static Workload>> {
    // Those of a run that is resumed may be unknown by now.
    if let Some(name) = names.iter().find(|name| workload::find(name).is_none()) {
        bail!("there is no workload `{name}`; `--list` shows all");
    }
    let asked =
        |workload: &&Workload| names.is_empty() || names.iter().any(|name| name == workload.name);
    Ok(WORKLOADS.iter().filter(asked).collect())
}

/// The target folder, in which this program was built.
fn target() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folders = program.ancestors().nth(2);
    Ok(folders
        .context("the program is in no folder")?
        .to_path_buf())
}

fn is_well(report: &Report) -> bool {
    let broken = report
        .claims
        .iter()
        .any(|claim| matches!(claim.proof, Proof::Broken(_)));
    let measured = |outcome: &Outcome| matches!(outcome, Outcome::Measured(_));
    !broken && report.trials.iter().all(|trial| measured(&trial.outcome))
}

/// One line that says how far the run is where somebody looks, and one for each
/// round where nobody does; and the report so far after each round, so that a
/// killed run loses one round at most.
struct Terminal {
    out: PathBuf,
    is_watched: bool,
    start: Instant,
}

impl Terminal {
    fn new(out: &Path) -> Self {
        Terminal {
            out: out.to_path_buf(),
            is_watched: io::stderr().is_terminal(),
            start: Instant::now(),
        }
    }

    fn clear(&self) {
        if self.is_watched {
            eprint!("\r\x1b[K");
        }
    }
}

impl Progress for Terminal {
    fn begins(&mut self, step: &str, made: usize, of: usize) {
        if self.is_watched {
            let seconds = self.start.elapsed().as_secs();
            eprint!("\r\x1b[K{made:>4} of {of}, {seconds} s: {step}");
        }
    }

    fn warns(&mut self, what: &str) {
        self.clear();
        eprintln!("{what}");
    }

    fn ends_round(&mut self, report: &Report) {
        if !self.is_watched {
            let (made, of) = (report.device.len(), report.settings.rounds);
            let after = after(self.start.elapsed());
            eprintln!("Round {made} of {of} is made, {after} after the start.");
        }
        if let Err(error) = files::write_report(report, &self.out) {
            self.warns(&format!("{error:#}"));
        }
    }
}

/// A time in seconds; in minutes where nobody wants to count the seconds.
fn after(time: Duration) -> String {
    match time.as_secs() {
        1 => "1 second".into(),
        seconds if seconds < 120 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_run_is_told_in_seconds() {
        let after = |seconds| after(Duration::from_secs(seconds));
        assert_eq!(after(0), "0 seconds");
        assert_eq!(after(1), "1 second");
        assert_eq!(after(119), "119 seconds");
        assert_eq!(after(120), "2 minutes");
    }
}
