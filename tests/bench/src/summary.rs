//! What a report says once rounds are put together: medians, their spread, the
//! ratio to the best, and the share of what the machine could give at all.

use std::collections::BTreeMap;

use crate::class::Class;
use crate::contender::Role;
use crate::device::Device;
use crate::family::Family;
use crate::figures::Figures;
use crate::report::{Done, Report};
use crate::spread::{Place, Pool, Spread, median};
use crate::trial::Outcome;
use crate::workload::{self, Kind};

/// A report, summed up.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// By class, family, workload and contender, each in the order in which a
    /// reader wants them.
    pub cells: Vec<Cell>,
    /// What a second thread brought.
    pub scaling: Vec<Scaling>,
}

/// What a contender did at a workload in a class.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The workload's name.
    pub workload: String,
    /// The workload's name in tables.
    pub title: String,
    /// What it is read together with.
    pub family: Family,
    /// With which class it is compared.
    pub class: Class,
    /// Who.
    pub contender: String,
    /// Why it is there.
    pub role: Role,
    /// How often it was measured.
    pub rounds: usize,
    /// Whether its figures count.
    pub standing: Standing,
    /// The medians, for each [`Measure`] of which there is one.
    pub medians: BTreeMap<Measure, Median>,
    /// The median of what the store counted itself.
    pub counts: BTreeMap<String, f64>,
    /// Its rate, divided by that of the best of the same workload and class.
    pub of_best: Option<f64>,
    /// Its rate, divided by what the device or the memory gives.
    pub of_limit: Option<f64>,
}

/// Whether figures count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They do.
    Counts,
    /// It answered what no correct store would, in one round at least: whatever
    /// else it did is worth nothing.
    Wrong,
    /// It could not be done, in any round.
    Failed,
}

/// What is measured of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "see Figures, Latency and Cost")]
pub enum Measure {
    EntriesPerSecond,
    P50,
    P90,
    P99,
    P999,
    Max,
    Cpu,
    Memory,
    Directory,
    Amplification,
}

/// The median of rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Median {
    /// The figure.
    pub value: f64,
    /// By how much it would differ in another run, where more than one round
    /// says so.
    pub spread: Option<Spread>,
}

/// What a second thread brought at one of the mixes.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    /// The title of the workload on one thread.
    pub title: String,
    /// That of the workload.
    pub family: Family,
    /// In which class.
    pub class: Class,
    /// Who.
    pub contender: String,
    /// Why it is there.
    pub role: Role,
    /// Entries a second on two threads, over those on one.
    pub ratio: f64,
    /// By how much that would differ in another run.
    pub spread: Option<Spread>,
    /// The same, divided by that of the control: 1 for a store that its locks
    /// never hold up.
    pub of_control: Option<f64>,
}

impl Measure {
    /// All of them, in the order of the tables.
    pub const ALL: [Measure; 10] = [
        Measure::EntriesPerSecond,
        Measure::P50,
        Measure::P90,
        Measure::P99,
        Measure::P999,
        Measure::Max,
        Measure::Cpu,
        Measure::Memory,
        Measure::Directory,
        Measure::Amplification,
    ];

    /// How many calls it takes to tell: of ten calls, the slowest is not one
    /// in a hundred.
    fn calls_min(self) -> u64 {
        match self {
            Measure::P90 => 10,
            Measure::P99 => 100,
            Measure::P999 => 1000,
            _ => 0,
        }
    }

    /// Its value in one trial, where there is one.
    #[expect(
        clippy::cast_precision_loss,
        reason = "figures for people, to a few digits"
    )]
    pub fn of(self, figures: &Figures) -> Option<f64> {
        let latency = &figures.latency;
        if figures.calls < self.calls_min() {
            return None;
        }
        Some(match self {
            Measure::EntriesPerSecond => figures.entries_per_second,
            Measure::P50 => latency.p50_ns as f64,
            Measure::P90 => latency.p90_ns as f64,
            Measure::P99 => latency.p99_ns as f64,
            Measure::P999 => latency.p999_ns as f64,
            Measure::Max => latency.max_ns as f64,
            Measure::Cpu => figures.cpu_ns_per_entry(),
            Measure::Memory => figures.cost.memory_peak_bytes? as f64,
            Measure::Directory => figures.directory_bytes? as f64,
            Measure::Amplification => {
                // What keeps no files amplifies no writes.
                figures.directory_bytes?;
                figures.write_amplification()?
            }
        })
    }
}

impl Cell {
    /// The median of one measure.
    pub fn value(&self, measure: Measure) -> Option<f64> {
        self.medians.get(&measure).map(|median| median.value)
    }

    /// Entries a second, where they count.
    pub fn rate(&self) -> Option<f64> {
        match self.standing {
            Standing::Counts => self.value(Measure::EntriesPerSecond),
            Standing::Wrong | Standing::Failed => None,
        }
    }

    /// Whether it can be the best of anything.
    pub fn competes(&self) -> bool {
        self.standing == Standing::Counts && self.role != Role::Control
    }
}

impl Summary {
    /// Sums a report up.
    pub fn of(report: &Report) -> Self {
        let mut cells = cells(report);
        state_spreads(report, &mut cells);
        compare_with_best(&mut cells);
        let scaling = scaling(&cells);
        Summary { cells, scaling }
    }

    /// The classes that have a cell, the weakest first.
    pub fn classes(&self) -> Vec<Class> {
        let has_cell = |class: &Class| self.cells.iter().any(|cell| cell.class == *class);
        Class::ALL.into_iter().filter(has_cell).collect()
    }

    /// The families that have a cell in the class, in their order.
    pub fn families(&self, class: Class) -> Vec<Family> {
        let of_class = self.cells.iter().filter(|cell| cell.class == class);
        let mut families: Vec<Family> = of_class.map(|cell| cell.family).collect();
        families.sort_unstable();
        families.dedup();
        families
    }

    /// The cells of a class and family, by workload and contender.
    pub fn family(&self, class: Class, family: Family) -> Vec<&Cell> {
        let cells = self.cells.iter();
        cells
            .filter(|cell| cell.class == class && cell.family == family)
            .collect()
    }
}

/// The trials of a cell.
fn trials<'r>(report: &'r Report, cell: &Cell) -> impl Iterator<Item = &'r Done> {
    let (workload, contender) = (cell.workload.clone(), cell.contender.clone());
    let class = cell.class;
    report.trials.iter().filter(move |done| {
        done.class == class && done.workload == workload && done.contender == contender
    })
}

/// The figures of a cell's rounds.
fn figures<'r>(report: &'r Report, cell: &Cell) -> Vec<(u32, &'r Figures)> {
    let measured = |done: &'r Done| match &done.outcome {
        Outcome::Measured(figures) => Some((done.round, figures)),
        Outcome::Wrong(_) | Outcome::Failed(_) => None,
    };
    trials(report, cell).filter_map(measured).collect()
}

fn cells(report: &Report) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for done in &report.trials {
        let is_of = |cell: &Cell| {
            cell.class == done.class
                && cell.workload == done.workload
                && cell.contender == done.contender
        };
        if !cells.iter().any(is_of) {
            cells.push(cell(report, done));
        }
    }
    let workload = |cell: &Cell| {
        let mut known = workload::WORKLOADS.iter();
        known.position(|workload| workload.name == cell.workload)
    };
    let contender = |cell: &Cell| {
        let mut known = report.contenders.iter();
        known.position(|about| about.name == cell.contender)
    };
    cells.sort_by_key(|cell| (cell.class, cell.family, workload(cell), contender(cell)));
    cells
}

/// The cell to which a trial belongs, without what is told by others.
fn cell(report: &Report, done: &Done) -> Cell {
    let mut about = report.contenders.iter();
    let role = about.find(|about| about.name == done.contender);
    let mut cell = Cell {
        workload: done.workload.clone(),
        title: title(&done.workload),
        family: Family::of(&done.workload),
        class: done.class,
        contender: done.contender.clone(),
        role: role.map_or(Role::Peer, |about| about.role),
        rounds: 0,
        standing: Standing::Counts,
        medians: BTreeMap::new(),
        counts: BTreeMap::new(),
        of_best: None,
        of_limit: None,
    };
    let is_wrong = |done: &Done| matches!(done.outcome, Outcome::Wrong(_));
    let figures = figures(report, &cell);
    cell.rounds = figures.len();
    if trials(report, &cell).any(is_wrong) {
        cell.standing = Standing::Wrong;
    } else if figures.is_empty() {
        cell.standing = Standing::Failed;
    }
    for measure in Measure::ALL {
        let rounds = figures.iter().filter_map(|(_, one)| measure.of(one));
        if let Some(value) = median(rounds) {
            let spread = None;
            cell.medians.insert(measure, Median { value, spread });
        }
    }
    let names = figures.iter().flat_map(|(_, one)| one.counts.keys());
    for name in names.cloned().collect::<std::collections::BTreeSet<_>>() {
        #[expect(clippy::cast_precision_loss, reason = "2^53 of anything take years")]
        let count = |one: &Figures| *one.counts.get(&name).unwrap_or(&0) as f64;
        let middle = median(figures.iter().map(|(_, one)| count(one)));
        cell.counts.insert(name, middle.unwrap_or(0.0));
    }
    cell.of_limit = median(figures.iter().filter_map(|(round, one)| {
        let at = usize::try_from(*round).ok()?.checked_sub(1)?;
        of_limit(&cell, one, report.device.get(at)?)
    }));
    cell
}

/// The share of what the device or the memory gave just before the round. A
/// durable write is held against a sync, or against writing as many bytes from
/// start to end as the store wrote for it, whichever takes longer.
fn of_limit(cell: &Cell, figures: &Figures, device: &Device) -> Option<f64> {
    if figures.entries == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "2^53 bytes are never moved")]
    let each = |bytes: u64| bytes as f64 / figures.entries as f64;
    let per_second = |bytes| each(bytes) * figures.entries_per_second;
    let share = match workload::find(&cell.workload)?.kind {
        Kind::Load(_) if cell.class == Class::InMemory => {
            per_second(figures.stored_bytes) / device.copy_per_second
        }
        Kind::Load(_) => per_second(figures.stored_bytes) / device.sequential_write_per_second,
        #[expect(clippy::cast_precision_loss, reason = "a sync takes no 2^53 ns")]
        Kind::PutDurable => {
            // What writes a snapshot each time is not held up by the sync.
            let written = each(figures.cost.written_bytes) / device.sequential_write_per_second;
            (device.sync_ns as f64).max(written * 1e9) / figures.latency.p50_ns.max(1) as f64
        }
        Kind::Get(_) | Kind::ScanAll | Kind::ScanShort => {
            per_second(figures.moved_bytes) / device.copy_per_second
        }
        _ => return None,
    };
    share.is_finite().then_some(share)
}

/// States the spreads, each from the scatter of its neighbours.
fn state_spreads(report: &Report, cells: &mut [Cell]) {
    let rounds: Vec<Vec<(u32, &Figures)>> =
        cells.iter().map(|cell| figures(report, cell)).collect();
    let keys: Vec<_> = cells
        .iter()
        .map(|cell| (cell.class, cell.family, cell.role == Role::Control))
        .collect();
    let places: Vec<(String, String)> = cells
        .iter()
        .map(|cell| (cell.workload.clone(), cell.contender.clone()))
        .collect();
    let place = |at: usize| Place {
        workload: &places[at].0,
        contender: &places[at].1,
    };
    for measure in Measure::ALL {
        for (at, cell) in cells.iter_mut().enumerate() {
            let mut pool = Pool::default();
            for (other, key) in keys.iter().enumerate() {
                if *key == keys[at] {
                    let figures = rounds[other].iter();
                    let figures: Vec<f64> =
                        figures.filter_map(|(_, one)| measure.of(one)).collect();
                    pool.add(place(other), &figures);
                }
            }
            if let Some(median) = cell.medians.get_mut(&measure) {
                median.spread = pool.spread(place(at));
            }
        }
    }
}

fn compare_with_best(cells: &mut [Cell]) {
    for at in 0..cells.len() {
        let is_beside =
            |cell: &&Cell| cell.class == cells[at].class && cell.workload == cells[at].workload;
        let rivals = cells
            .iter()
            .filter(is_beside)
            .filter(|cell| cell.competes());
        let best = rivals.filter_map(Cell::rate).max_by(f64::total_cmp);
        cells[at].of_best = match (cells[at].rate(), best) {
            (Some(rate), Some(best)) if best > 0.0 => Some(rate / best),
            _ => None,
        };
    }
}

fn scaling(cells: &[Cell]) -> Vec<Scaling> {
    let mut scaling = Vec::new();
    for two in cells {
        let Some(one) = on_one_thread(cells, two) else {
            continue;
        };
        let (Some(rate), Some(alone)) = (two.rate(), one.rate()) else {
            continue;
        };
        scaling.push(Scaling {
            title: one.title.clone(),
            family: two.family,
            class: two.class,
            contender: two.contender.clone(),
            role: two.role,
            ratio: rate / alone,
            spread: of_ratio(two, one),
            of_control: None,
        });
    }
    let control = |title: &str| {
        let mut all = scaling.iter();
        let found = all.find(|one| one.role == Role::Control && one.title == title);
        found.map(|one| one.ratio)
    };
    let controls: Vec<_> = scaling.iter().map(|one| control(&one.title)).collect();
    for (one, control) in scaling.iter_mut().zip(controls) {
        one.of_control = control.map(|control| one.ratio / control);
    }
    scaling
}

/// The spread of the ratio of two cells' rates, where both have one.
fn of_ratio(one: &Cell, other: &Cell) -> Option<Spread> {
    let spread = |cell: &Cell| cell.medians.get(&Measure::EntriesPerSecond)?.spread;
    Some(spread(one)?.of_ratio_to(spread(other)?))
}

/// The cell of the same work on one thread.
fn on_one_thread<'c>(cells: &'c [Cell], two: &Cell) -> Option<&'c Cell> {
    let work = workload::find(&two.workload).filter(|work| work.threads == 2)?;
    let mut known = workload::WORKLOADS.iter();
    let alone = known.find(|other| other.kind == work.kind && other.threads == 1)?;
    let mut cells = cells.iter();
    cells.find(|one| {
        one.workload == alone.name && one.class == two.class && one.contender == two.contender
    })
}

/// The title of a workload, or its name where this program no longer knows it.
pub fn title(workload: &str) -> String {
    let title = workload::find(workload).map(|workload| workload.title);
    title.unwrap_or(workload).to_string()
}

#[cfg(test)]
mod tests;
