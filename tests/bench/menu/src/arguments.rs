//! The command line.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;

use crate::{engine, workload};

/// Measure engines side by side, and write a report.
///
/// Each trial runs in a process of its own, under the same limit of memory,
/// and every answer is checked. Ctrl-C ends the run with a report of what was
/// measured until then, and --resume goes on with it.
#[derive(Debug, Parser)]
#[command(
    name = "bench",
    bin_name = "cargo run -- bench",
    version,
    max_term_width = 80
)]
pub struct Arguments {
    /// Engines to measure; if left out, all that are built in, without those
    /// that the bench itself is tried on, such as `cheat-drops-puts`
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub engines: Vec<String>,

    /// Measure the stores that others wrote, such as LMDB and SQLite, too; the
    /// workbook compiles them in when it sees this
    #[arg(long)]
    pub peers: bool,

    /// Workloads to measure; all if left out
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub workloads: Vec<String>,

    /// Show the engines and the workloads, and end
    #[arg(long)]
    pub list: bool,

    /// A small run, of minutes: 10000 keys
    #[arg(long)]
    pub quick: bool,

    /// How many keys the stores hold [1000000, or 10000 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(10..=1_000_000_000))]
    pub keys: Option<u64>,

    /// The bytes of a value
    #[arg(long, value_name = "BYTES", default_value_t = 100)]
    pub values: usize,

    /// How often each trial is made
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,

    /// How long a trial may be busy, at most [5, or 0.5 with --quick]
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<f64>,

    /// The memory of each process, the cache of its files included, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(16..))]
    pub memory: u64,

    /// Where random choices come from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Where the stores are: on the device that is to be measured
    /// [the target folder]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// Where report.html, report.md and report.json go [the target folder's
    /// `bench`]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Show what changed since the run with that `report.json`, by more than
    /// the spread of both; measure first
    #[arg(long, value_name = "OLD.json")]
    pub compare: Option<PathBuf>,

    /// With --compare: show what changed from OLD.json to this run, and
    /// measure nothing
    #[arg(long, value_name = "NEW.json", requires = "compare")]
    pub with: Option<PathBuf>,

    /// Go on with the run of that `report.json`, with its engines, workloads
    /// and settings: make the rounds that it lacks
    #[arg(long, value_name = "REPORT.json", conflicts_with_all = [
        "engines", "workloads", "quick", "keys", "values", "seconds", "memory", "seed",
        "compare", "pages",
    ])]
    pub resume: Option<PathBuf>,

    /// Write the report of that run again, and measure nothing
    #[arg(long, value_name = "REPORT.json", conflicts_with = "compare")]
    pub pages: Option<PathBuf>,

    /// With --pages: write each plot of the report to a file in this folder,
    /// too, as SVG that a page can include
    #[arg(long, value_name = "DIR", requires = "pages")]
    pub plots: Option<PathBuf>,
}

impl Arguments {
    /// Whether everything that is named is known.
    ///
    /// # Errors
    ///
    /// Fails with the first name that is not.
    pub fn check(&self) -> Result<()> {
        if let Some(name) = self.engines.iter().find(|name| !engine::is_known(name)) {
            bail!("there is no engine `{name}`; `--list` shows all");
        }
        let is_known = |name: &&String| workload::find(name).is_some();
        if let Some(name) = self.workloads.iter().find(|name| !is_known(name)) {
            bail!("there is no workload `{name}`; `--list` shows all");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_on_the_menu_is_named() {
        let check = |arguments: &str| {
            let arguments = Arguments::parse_from(arguments.split(' '));
            arguments.check().map_err(|error| error.to_string())
        };
        assert_eq!(check("bench --engines memory,mine-memory,lmdb"), Ok(()));
        let engine = check("bench --engines memory,rocks").unwrap_err();
        assert!(engine.contains("engine `rocks`"), "{engine}");
        let workload = check("bench --workloads put,gets").unwrap_err();
        assert!(workload.contains("workload `gets`"), "{workload}");
    }

    #[test]
    fn the_help_is_that_of_the_workbook_and_fits_a_terminal() {
        let help = Arguments::try_parse_from(["bench", "--help"]).unwrap_err();
        let help = help.to_string();
        assert!(
            help.contains("Usage: cargo run -- bench [OPTIONS]"),
            "{help}"
        );
        assert!(
            help.lines().all(|line| line.chars().count() <= 80),
            "{help}"
        );
    }
}
