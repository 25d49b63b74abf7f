//! What changed from one run to another, by more than the spread of both.

use std::fmt::Display;

use anyhow::{Result, bail};

use crate::class::Class;
use crate::contender::Role;
use crate::device::Device;
use crate::report::page::{Block, Entry, Head, Page, Table, capitalised};
use crate::report::terminal::{line, wrap};
use crate::report::{Report, units};
use crate::spread::{Place, Pool, median};
use crate::summary::{Cell, Measure, Standing, Summary};

/// What changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The day of the old run and of the new one.
    pub days: [String; 2],
    /// How the machines differ, each in a line.
    pub machine: Vec<String>,
    /// What of the device changed by more than its spread.
    pub device: Vec<String>,
    /// Which contenders have another version or other settings.
    pub contenders: Vec<String>,
    /// By which factor the control's rates changed: the least, the median, the
    /// most. This is the machine's doing.
    pub control: Option<[f64; 3]>,
    /// Figures that are there in one run only, or count in one only.
    pub standings: Vec<String>,
    /// Figures that changed by more than the spread of both, by class, the
    /// largest first.
    pub changes: Vec<Change>,
    /// How many figures were compared.
    pub compared: usize,
    /// How many have no spread, because there was one round: nothing can be
    /// said about them.
    pub without_spread: usize,
}

/// A figure that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Its class.
    pub class: Class,
    /// The workload's title.
    pub workload: String,
    /// Whose it is.
    pub contender: String,
    /// Which.
    pub measure: Measure,
    /// What it was.
    pub old: f64,
    /// What it is.
    pub new: f64,
    /// The larger spread of the two, as a factor.
    pub spread: crate::spread::Spread,
}

/// What is compared. The tails of latencies are not: a handful of calls.
const COMPARED: [Measure; 7] = [
    Measure::EntriesPerSecond,
    Measure::P50,
    Measure::P99,
    Measure::Cpu,
    Measure::Memory,
    Measure::Directory,
    Measure::Amplification,
];

impl Comparison {
    /// Compares two runs.
    ///
    /// # Errors
    ///
    /// Fails where they were asked for different things.
    pub fn of(old: &Report, new: &Report) -> Result<Self> {
        let settings = different_settings(old, new);
        if !settings.is_empty() {
            bail!(
                "the runs did different things, and their figures mean nothing beside each \
                 other: {}; run the bench again with the settings of the old one",
                settings.join("; ")
            );
        }
        let (before, after) = (Summary::of(old), Summary::of(new));
        let mut comparison = Comparison {
            days: [old.day.clone(), new.day.clone()],
            machine: different_machine(old, new),
            device: different_device(&old.device, &new.device),
            contenders: different_contenders(old, new),
            control: control(&before, &after),
            standings: standings(&before, &after),
            changes: Vec::new(),
            compared: 0,
            without_spread: 0,
        };
        for cell in &after.cells {
            if let Some(former) = same(&before, cell) {
                comparison.compare(former, cell);
            }
        }
        let size = |change: &Change| (change.new / change.old).ln().abs();
        comparison.changes.sort_by(|one, other| {
            let larger = size(other).total_cmp(&size(one));
            one.class.cmp(&other.class).then(larger)
        });
        Ok(comparison)
    }

    fn compare(&mut self, old: &Cell, new: &Cell) {
        let counts = |cell: &Cell| cell.standing == Standing::Counts;
        // What the control did is the machine's doing, and said apart.
        if !counts(old) || !counts(new) || new.role == Role::Control {
            return;
        }
        for measure in COMPARED {
            let (Some(was), Some(is)) = (old.medians.get(&measure), new.medians.get(&measure))
            else {
                continue;
            };
            if was.value <= 0.0 || is.value <= 0.0 {
                continue;
            }
            self.compared += 1;
            let (Some(one), Some(other)) = (was.spread, is.spread) else {
                self.without_spread += 1;
                continue;
            };
            let spread = if one > other { one } else { other };
            if spread.is_exceeded(was.value, is.value) {
                self.changes.push(Change {
                    class: new.class,
                    workload: new.title.clone(),
                    contender: new.contender.clone(),
                    measure,
                    old: was.value,
                    new: is.value,
                    spread,
                });
            }
        }
    }

    /// The sentences before the figures: what each is about, and what is said.
    fn alerts(&self) -> Vec<(&'static str, Vec<String>)> {
        let all = [
            (
                "ANOTHER MACHINE: no change is the program's alone",
                &self.machine,
            ),
            ("The device gave something else", &self.device),
            ("Contenders that changed", &self.contenders),
            ("Figures in one of the runs only", &self.standings),
        ];
        let some = all.into_iter().filter(|(_, what)| !what.is_empty());
        some.map(|(about, what)| (about, what.clone())).collect()
    }

    /// How the control changed, and how much was compared.
    fn sentences(&self) -> Vec<String> {
        let mut sentences = vec![match self.control {
            None => "Without the control in both runs nothing says what the machine did.".into(),
            Some([least, middle, most]) => format!(
                "The control's rates changed by {} in the median, from {} to {}: that is \
                 the machine's own doing.",
                change(middle),
                change(least),
                change(most)
            ),
        }];
        if self.without_spread > 0 {
            sentences.push(format!(
                "{} of {} figures have one round in one of the runs, and so no spread: \
                 nothing can be said about them. Measure with two `--rounds` at least.",
                self.without_spread, self.compared
            ));
        }
        let told = self.compared - self.without_spread;
        sentences.push(format!(
            "{} of {told} figures changed by more than the spread of both runs. By chance \
             alone it would be {} at most, as a rule.",
            self.changes.len(),
            told.div_ceil(20)
        ));
        sentences
    }

    /// For a terminal of 80 columns.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let [old, new] = &self.days;
        line(&mut text, &format!("From {old} to {new}"));
        for (about, what) in self.alerts() {
            text.push('\n');
            line(&mut text, &format!("{about}:"));
            what.iter().for_each(|one| wrap(&mut text, one));
        }
        text.push('\n');
        self.sentences().iter().for_each(|one| wrap(&mut text, one));
        let mut last = None;
        for change in &self.changes {
            if last != Some(change.class) {
                last = Some(change.class);
                text.push('\n');
                line(&mut text, &capitalised(&change.class.to_string()));
            }
            line(&mut text, &change.line());
        }
        text
    }

    /// For `compare.md`.
    pub fn page(&self) -> Page {
        let [old, new] = &self.days;
        let mut blocks = Vec::new();
        for (about, what) in self.alerts() {
            blocks.push(Block::Alert(about.into(), what));
        }
        blocks.extend(self.sentences().into_iter().map(Block::Text));
        for class in Class::ALL {
            let of_class = self.changes.iter().filter(|change| change.class == class);
            let rows: Vec<_> = of_class.map(Change::row).collect();
            if rows.is_empty() {
                continue;
            }
            let head = |(text, is_figures): (&str, bool)| Head {
                text: text.into(),
                is_figures,
            };
            let heads = [
                ("Workload", false),
                ("Contender", false),
                ("What", false),
                ("Old", true),
                ("New", true),
                ("Change", true),
                ("Spread", true),
            ];
            blocks.push(Block::Heading(2, class.to_string()));
            blocks.push(Block::Table(Table {
                caption: "What changed by more than the spread of both runs".into(),
                heads: heads.map(head).into(),
                rows,
            }));
        }
        Page {
            title: format!("From {old} to {new}"),
            subtitle: "What changed from one run of the bench to another".into(),
            blocks,
        }
    }
}

impl Change {
    fn line(&self) -> String {
        let (name, unit) = describe(self.measure);
        format!(
            "  {:<17} {:<14} {name:<8} {:>9} {:>9} {:>7} {:>7}",
            short(&self.workload, 17),
            short(&self.contender, 14),
            unit(self.old),
            unit(self.new),
            change(self.new / self.old),
            self.spread.to_string(),
        )
    }

    fn row(&self) -> Vec<Entry> {
        let (name, unit) = describe(self.measure);
        vec![
            self.workload.clone().into(),
            self.contender.clone().into(),
            name.into(),
            unit(self.old).into(),
            unit(self.new).into(),
            change(self.new / self.old).into(),
            self.spread.to_string().into(),
        ]
    }
}

fn short(text: &str, width: usize) -> String {
    match text.chars().count() > width {
        true => text.chars().take(width - 1).chain(['…']).collect(),
        false => text.into(),
    }
}

/// A factor, as a change: `-12 %`, or `×3.1` from a doubling on.
fn change(factor: f64) -> String {
    match factor {
        factor if factor >= 99.5 => format!("×{factor:.0}"),
        factor if factor >= 1.995 => format!("×{factor:.1}"),
        factor if factor <= 1.0 / 99.5 => format!("÷{:.0}", 1.0 / factor),
        factor if factor <= 1.0 / 1.995 => format!("÷{:.1}", 1.0 / factor),
        // No change has no sign.
        factor if (factor - 1.0).abs() < 0.005 => "0 %".into(),
        factor => format!("{:+.0} %", (factor - 1.0) * 100.0),
    }
}

/// What a measure is called where there is little room, and its unit.
fn describe(measure: Measure) -> (&'static str, fn(f64) -> String) {
    match measure {
        Measure::EntriesPerSecond => ("rate /s", units::number),
        Measure::P50 => ("p50", units::time),
        Measure::P90 => ("p90", units::time),
        Measure::P99 => ("p99", units::time),
        Measure::P999 => ("p99.9", units::time),
        Measure::Max => ("max", units::time),
        Measure::Cpu => ("CPU each", units::time),
        Measure::Memory => ("memory", units::bytes),
        Measure::Directory => ("files", units::bytes),
        Measure::Amplification => ("written", units::digits),
    }
}

fn same<'s>(summary: &'s Summary, cell: &Cell) -> Option<&'s Cell> {
    summary.cells.iter().find(|other| {
        other.workload == cell.workload
            && other.class == cell.class
            && other.contender == cell.contender
    })
}

/// More rounds do the same more often: they are no difference.
fn different_settings(old: &Report, new: &Report) -> Vec<String> {
    let (was, is) = (&old.settings, &new.settings);
    let memory =
        |bytes: Option<u64>| bytes.map_or("no limit".into(), |bytes| format!("{bytes} bytes"));
    let all = [
        differs("entries", was.entries, is.entries),
        differs("bytes of a key", was.key_bytes, is.key_bytes),
        differs("bytes of a value", was.value_bytes, is.value_bytes),
        differs("busy, in milliseconds", was.busy_ms_max, is.busy_ms_max),
        differs(
            "memory of a process",
            memory(was.memory_bytes),
            memory(is.memory_bytes),
        ),
        differs("seed", was.seed, is.seed),
    ];
    all.into_iter().flatten().collect()
}

fn different_machine(old: &Report, new: &Report) -> Vec<String> {
    let (was, is) = (&old.machine, &new.machine);
    let all = [
        differs("processor", &was.processor, &is.processor),
        differs("cores", was.cores, is.cores),
        differs("bytes of memory", was.memory_bytes, is.memory_bytes),
        differs("system", &was.system, &is.system),
        differs("file system", &was.file_system, &is.file_system),
        differs("compiled for speed", was.optimised, is.optimised),
    ];
    all.into_iter().flatten().collect()
}

fn different_contenders(old: &Report, new: &Report) -> Vec<String> {
    let mut different = Vec::new();
    for is in &new.contenders {
        let Some(was) = old.contenders.iter().find(|was| was.name == is.name) else {
            continue;
        };
        let all = [
            differs("version", &was.version, &is.version),
            differs("settings", &was.settings, &is.settings),
            differs("durable commit", &was.durable_commit, &is.durable_commit),
        ];
        let all = all.into_iter().flatten();
        different.extend(all.map(|difference| format!("{}: {difference}", is.name)));
    }
    different
}

fn differs<T: PartialEq + Display>(what: &str, was: T, is: T) -> Option<String> {
    (was != is).then(|| format!("{what}: {was} before, {is} now"))
}

/// The devices are measured once a round, and have a spread as stores have.
#[expect(clippy::cast_precision_loss, reason = "a sync takes no 2^53 ns")]
fn different_device(old: &[Device], new: &[Device]) -> Vec<String> {
    type Look = (&'static str, fn(&Device) -> f64, fn(f64) -> String);
    let all: [Look; 3] = [
        (
            "sequential writes, bytes a second",
            |one| one.sequential_write_per_second,
            units::bytes,
        ),
        ("a sync of 4 KiB", |one| one.sync_ns as f64, units::time),
        (
            "copies in memory, bytes a second",
            |one| one.copy_per_second,
            units::bytes,
        ),
    ];
    let mut different = Vec::new();
    for (what, look, unit) in all {
        let of = |rounds: &[Device]| {
            let figures: Vec<f64> = rounds.iter().map(look).collect();
            let place = Place {
                workload: what,
                contender: what,
            };
            let mut pool = Pool::default();
            pool.add(place, &figures);
            Some((median(figures)?, pool.spread(place)?))
        };
        let (Some((was, one)), Some((is, other))) = (of(old), of(new)) else {
            continue;
        };
        if one.is_exceeded(was, is) && other.is_exceeded(was, is) {
            different.push(format!("{what}: {} before, {} now", unit(was), unit(is)));
        }
    }
    different
}

fn control(before: &Summary, after: &Summary) -> Option<[f64; 3]> {
    let controls = after.cells.iter().filter(|cell| cell.role == Role::Control);
    let factor = |cell: &Cell| Some(cell.rate()? / same(before, cell)?.rate()?);
    let factors: Vec<f64> = controls.filter_map(factor).collect();
    let middle = median(factors.iter().copied())?;
    let least = factors.iter().copied().fold(f64::INFINITY, f64::min);
    let most = factors.iter().copied().fold(0.0, f64::max);
    Some([least, middle, most])
}

fn standings(before: &Summary, after: &Summary) -> Vec<String> {
    let word = |cell: Option<&Cell>| match cell.map(|cell| cell.standing) {
        None => "not measured",
        Some(Standing::Counts) => "measured",
        Some(Standing::Wrong) => "wrong",
        Some(Standing::Failed) => "failed",
    };
    let mut all = Vec::new();
    let gone = before
        .cells
        .iter()
        .filter(|cell| same(after, cell).is_none());
    for cell in after.cells.iter().chain(gone) {
        let (was, is) = (word(same(before, cell)), word(same(after, cell)));
        if was != is {
            all.push(format!(
                "{} at {} ({}): {was} before, {is} now.",
                cell.contender, cell.title, cell.class
            ));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;
    use crate::report::markdown::markdown;
    use crate::report::terminal::COLUMNS;
    use crate::trial::Outcome;

    /// The same a year later: one store gets thrice as fast, one a little, and
    /// the wrong one mends its ways.
    fn later() -> Report {
        let mut report = fixture::report();
        report.day = "2027-01-31".into();
        report.contenders[0].version = "0.2.0".into();
        for done in &mut report.trials {
            if let Outcome::Wrong(_) = done.outcome {
                done.outcome = Outcome::Failed("it gave up".into());
            }
            let Outcome::Measured(figures) = &mut done.outcome else {
                continue;
            };
            match (done.contender.as_str(), done.workload.as_str()) {
                ("lsm", "get-uniform") => {
                    figures.entries_per_second *= 3.0;
                    figures.latency.p50_ns /= 4;
                }
                ("memory", "put") => figures.entries_per_second *= 0.6,
                ("redb", _) => figures.entries_per_second *= 1.01,
                ("control", _) => figures.entries_per_second *= 0.9,
                _ => {}
            }
        }
        report
    }

    #[test]
    fn a_run_beside_itself_shows_no_change() {
        let report = fixture::report();
        let comparison = Comparison::of(&report, &report).unwrap();
        assert_eq!(comparison.changes, []);
        assert!(comparison.compared > 100, "{}", comparison.compared);
        assert!(comparison.alerts().is_empty());
        assert_eq!(comparison.control, Some([1.0; 3]));
    }

    #[test]
    fn what_changed_by_more_than_the_spread_is_shown_by_size() {
        let comparison = Comparison::of(&fixture::report(), &later()).unwrap();
        let changes = comparison.changes.iter();
        let changes: Vec<_> = changes
            .map(|change| (change.class, change.contender.as_str(), change.measure))
            .collect();
        assert_eq!(
            changes,
            [
                (Class::Nothing, "memory", Measure::EntriesPerSecond),
                (Class::Power, "lsm", Measure::P50),
                (Class::Power, "lsm", Measure::EntriesPerSecond),
            ]
        );
        let [least, middle, most] = comparison.control.unwrap();
        assert!((least - 0.9).abs() < 1e-6 && (middle - 0.9).abs() < 1e-6);
        assert!((most - 0.9).abs() < 1e-6);
    }

    #[test]
    fn a_comparison_reads_on_a_terminal_and_as_markdown() {
        let comparison = Comparison::of(&fixture::report(), &later()).unwrap();
        let text = comparison.text();
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS));
        insta::assert_snapshot!("terminal", text);
        insta::assert_snapshot!("markdown", markdown(&comparison.page()));
    }

    #[test]
    fn another_machine_is_said_loudly() {
        let mut new = fixture::report();
        new.machine.cores = 64;
        for device in &mut new.device {
            device.sync_ns *= 9;
        }
        let comparison = Comparison::of(&fixture::report(), &new).unwrap();
        let text = comparison.text();
        assert!(text.contains("ANOTHER MACHINE"), "{text}");
        assert!(text.contains("cores: 2 before, 64 now"), "{text}");
        assert!(
            text.contains("a sync of 4 KiB: 105 µs before, 947 µs now"),
            "{text}"
        );
    }

    #[test]
    fn other_settings_are_refused_with_what_differs() {
        let mut new = fixture::report();
        new.settings.entries = 7;
        new.settings.memory_bytes = None;
        new.settings.rounds = 9;
        let error = Comparison::of(&fixture::report(), &new)
            .unwrap_err()
            .to_string();
        assert!(error.contains("entries: 10000 before, 7 now"), "{error}");
        assert!(error.contains("memory of a process: 1073741824 bytes before, no limit now"));
        assert!(!error.contains("rounds"), "{error}");
    }

    #[test]
    fn one_round_says_that_nothing_can_be_said() {
        let mut new = later();
        new.trials.retain(|done| done.round == 1);
        let comparison = Comparison::of(&fixture::report(), &new).unwrap();
        assert_eq!(comparison.changes, []);
        assert_eq!(comparison.without_spread, comparison.compared);
        assert!(comparison.text().contains("no spread"));
    }

    #[test]
    fn changes_read_as_percent_or_as_factors() {
        let shown = [1.0, 1.001, 1.124, 0.6, 3.14, 0.25, 1000.0, 0.001].map(change);
        let expected = [
            "0 %", "0 %", "+12 %", "-40 %", "×3.1", "÷4.0", "×1000", "÷1000",
        ];
        assert_eq!(shown, expected);
    }
}
