//! What changed from one run to another, by more than the spread of both.

use anyhow::{Result, bail};

use crate::class::Class;
use crate::contender::Role;
use crate::report::page::{Block, Entry, Head, Page, Table, capitalised};
use crate::report::terminal::{line, wrap};
use crate::report::{Report, Settings, units};
use crate::spread::{EXCEEDED_ONCE_IN, Spread, median};
use crate::summary::{Cell, Measure, Standing, Summary};

mod differences;

pub(crate) use differences::{different_contenders, different_machine};
use differences::{different_device, different_settings};

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

/// Whether runs with these settings can be compared.
///
/// # Errors
///
/// Fails where they did different things, with what differs.
pub fn is_comparable(old: &Settings, new: &Settings) -> Result<()> {
    let settings = different_settings(old, new);
    if !settings.is_empty() {
        bail!(
            "the runs did different things, and their figures mean nothing beside each \
             other: {}; run the bench again with the settings of the old one",
            settings.join("; ")
        );
    }
    Ok(())
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
    /// The larger spread of the two.
    pub spread: Spread,
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
        is_comparable(&old.settings, &new.settings)?;
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
            (
                "Figures that count in one of the runs only",
                &self.standings,
            ),
        ];
        let some = all.into_iter().filter(|(_, what)| !what.is_empty());
        some.map(|(about, what)| (about, what.clone())).collect()
    }

    /// How the control changed, and how much was compared.
    fn sentences(&self) -> Vec<String> {
        let mut sentences = vec![match self.control {
            None => "Without the control in both runs nothing says what the machine did.".into(),
            Some([least, middle, most]) if change(least) == change(most) => format!(
                "The control's rates changed by {}: that is the machine's own doing.",
                change(middle)
            ),
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
             alone it would be about {}.",
            self.changes.len(),
            told.div_ceil(EXCEEDED_ONCE_IN)
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
    for cell in &after.cells {
        let former = same(before, cell);
        let (was, is) = (word(former), word(Some(cell)));
        if former.is_some() && was != is {
            all.push(format!(
                "{} at {} ({}): {was} before, {is} now.",
                cell.contender, cell.title, cell.class
            ));
        }
    }
    for (which, cells, others) in [("old", before, after), ("new", after, before)] {
        let cells = cells.cells.iter();
        let alone = cells.filter(|cell| same(others, cell).is_none()).count();
        if alone > 0 {
            all.push(format!("{alone} of the {which} run alone."));
        }
    }
    all
}

#[cfg(test)]
mod tests;
