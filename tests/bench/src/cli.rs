//! The command line.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Parser;

use crate::compare::{Comparison, is_comparable};
use crate::contender::{Contender, Role, contenders};
use crate::data::{KEY_BYTES, Values};
use crate::program::Program;
use crate::report::markdown::markdown;
use crate::report::{Proof, Report, Settings, files, terminal};
use crate::runner::{Progress, Run};
use crate::trial::Outcome;
use crate::workload::{WORKLOADS, Workload};

/// Measures engines side by side, and writes a report.
///
/// Each trial runs in a process of its own, under the same limit of memory,
/// and every answer is checked. Ctrl-C ends the run with a report of what was
/// measured until then, and --resume goes on with it.
#[derive(Debug, Parser)]
#[command(name = "bench", version, max_term_width = 80)]
struct Arguments {
    /// Who is measured; all but the cheats if left out
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    engines: Vec<String>,

    /// With the peers, which the workbook compiles in when it sees this
    #[arg(long)]
    peers: bool,

    /// What is measured; all if left out
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    workloads: Vec<String>,

    /// Lists the engines and the workloads, and ends
    #[arg(long)]
    list: bool,

    /// A small run, of minutes: 10000 keys
    #[arg(long)]
    quick: bool,

    /// How many keys the stores hold [1000000, or 10000 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(10..=1_000_000_000))]
    keys: Option<u64>,

    /// The bytes of a value
    #[arg(long, value_name = "BYTES", default_value_t = 100)]
    values: usize,

    /// How often each trial is made
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,

    /// How long a trial may be busy, at most [5, or 0.5 with --quick]
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<f64>,

    /// The memory of each process, the cache of its files included, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(16..))]
    memory: u64,

    /// Where random choices come from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Where the stores are: on the device that is to be measured
    /// [the target folder]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Where the report goes [the target folder's `bench`]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Shows what changed since the run with that `report.json`, by more than
    /// the spread of both; measures first
    #[arg(long, value_name = "OLD.json")]
    compare: Option<PathBuf>,

    /// … or compares with that run, and measures nothing
    #[arg(long, value_name = "NEW.json", requires = "compare")]
    with: Option<PathBuf>,

    /// Goes on with the run of that `report.json`, with its engines, workloads
    /// and settings: makes the rounds that it lacks
    #[arg(long, value_name = "REPORT.json", conflicts_with_all = [
        "engines", "workloads", "quick", "keys", "values", "seconds", "memory", "seed",
        "compare", "pages",
    ])]
    resume: Option<PathBuf>,

    /// Writes the pages of that run again, and measures nothing
    #[arg(long, value_name = "REPORT.json", conflicts_with = "compare")]
    pages: Option<PathBuf>,

    /// … and its plots, as files that a page can include
    #[arg(long, value_name = "DIR", requires = "pages")]
    plots: Option<PathBuf>,
}

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
        list()?;
        return Ok(true);
    }
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
    let run = arguments.plan(&out)?;
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

impl Arguments {
    /// What is to be run.
    fn plan(&self, out: &Path) -> Result<Run> {
        let resumes = self.resume.as_deref().map(Report::read).transpose()?;
        let (engines, workloads, settings) = match &resumes {
            Some(before) => {
                let engines = before.contenders.iter().map(|about| about.name.clone());
                let mut workloads: Vec<_> =
                    before.trials.iter().map(|done| &done.workload).collect();
                workloads.sort();
                workloads.dedup();
                let settings = Settings {
                    rounds: self.rounds,
                    ..before.settings.clone()
                };
                (
                    engines.collect(),
                    workloads.into_iter().cloned().collect(),
                    settings,
                )
            }
            None => (
                self.engines.clone(),
                self.workloads.clone(),
                self.settings()?,
            ),
        };
        Ok(Run {
            program: Program::at(std::env::current_exe()?),
            contenders: self.contenders(&engines)?,
            workloads: named_workloads(&workloads)?,
            device_bytes: usize::try_from(settings.entries.saturating_mul(256))?
                .clamp(DEVICE_BYTES_MIN, DEVICE_BYTES_MAX),
            settings,
            directory: self.dir.as_deref().unwrap_or(out).join("stores"),
            resumes,
        })
    }

    fn settings(&self) -> Result<Settings> {
        if self.values < Values::BYTES_MIN {
            bail!(
                "a value has at least {} bytes, so that it can be checked",
                Values::BYTES_MIN
            );
        }
        let seconds = self.seconds.unwrap_or(if self.quick { 0.5 } else { 5.0 });
        let busy_max = Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|time| !time.is_zero());
        let busy_max = busy_max.with_context(|| format!("{seconds} is no number of seconds"))?;
        Ok(Settings {
            entries: self
                .keys
                .unwrap_or(if self.quick { 10_000 } else { 1_000_000 }),
            key_bytes: KEY_BYTES,
            value_bytes: self.values,
            rounds: self.rounds,
            busy_ms_max: u64::try_from(busy_max.as_millis())?.max(1),
            memory_bytes: Some(self.memory << 20),
            seed: self.seed,
        })
    }

    /// The contenders of these names; all but the cheats for none.
    fn contenders(&self, names: &[String]) -> Result<Vec<Contender>> {
        if self.peers && !cfg!(feature = "peers") {
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
                format!("there is no engine `{name}`; `--list` shows those that are built in")
            })
        };
        names.iter().map(known).collect()
    }
}

/// The workloads of these names; all for none.
fn named_workloads(names: &[String]) -> Result<Vec<&'static Workload>> {
    for name in names {
        if !WORKLOADS.iter().any(|workload| workload.name == name) {
            bail!("there is no workload `{name}`; `--list` shows all");
        }
    }
    let asked =
        |workload: &&Workload| names.is_empty() || names.iter().any(|name| name == workload.name);
    Ok(WORKLOADS.iter().filter(asked).collect())
}

fn list() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let contenders = contenders();
    let names = contenders.iter().map(|contender| contender.name);
    let names = names.chain(WORKLOADS.iter().map(|workload| workload.name));
    let width = names.map(str::len).max().unwrap_or(0);
    writeln!(out, "Engines:")?;
    for contender in &contenders {
        writeln!(out, "  {:width$}  {}", contender.name, contender.sentence)?;
    }
    writeln!(out, "\nWorkloads:")?;
    for workload in WORKLOADS {
        writeln!(out, "  {:width$}  {}", workload.name, workload.sentence)?;
    }
    Ok(())
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
