//! What the pages of a report say, whatever they are written in.

use std::collections::BTreeMap;

use super::plot::{Bar, Bars, Dots, Group, Plot, Row};
use super::{About, Claim, Proof, Report, units};
use crate::best::{Best, best};
use crate::class::Class;
use crate::contender::Role;
use crate::device::Device;
use crate::family::Family;
use crate::spread::median;
use crate::summary::{Cell, Measure, Scaling, Standing, Summary, title};
use crate::trial::Outcome;
use crate::workload;

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// What it is about, in a line.
    pub subtitle: String,
    /// What is on it.
    pub blocks: Vec<Block>,
}

/// A piece of a page. All text is plain: whoever writes it down escapes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading, of level 2 or 3.
    Heading(u8, String),
    /// A paragraph.
    Text(String),
    /// What nobody should miss, and what it is about.
    Alert(String, Vec<String>),
    /// Terms, each with what it means.
    Terms(Vec<(String, String)>),
    /// A table.
    Table(Table),
    /// Plots that are looked at side by side. The tables say all that they say.
    Plots(Vec<Plot>),
    /// What few want to see, under a line that says what it is.
    Folded(String, Vec<Block>),
}

/// A table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The heads of its columns, each with its unit.
    pub heads: Vec<Head>,
    /// Its rows. The first cell of each is its head.
    pub rows: Vec<Vec<Entry>>,
}

/// The head of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// What it says.
    pub text: String,
    /// Whether figures are under it.
    pub is_figures: bool,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Entry {
    /// What it says.
    pub text: String,
    /// What it says in small letters.
    pub note: String,
    /// Whether it stands out.
    pub is_strong: bool,
}

impl<T: Into<String>> From<T> for Entry {
    fn from(text: T) -> Self {
        Entry {
            text: text.into(),
            ..Entry::default()
        }
    }
}

/// Where there is no figure.
const NONE: &str = "–";

impl Page {
    /// The page of a report.
    pub fn of(report: &Report) -> Self {
        let summary = Summary::of(report);
        let mut blocks = alerts(report);
        blocks.push(Block::Heading(2, "In short".into()));
        blocks.push(Block::Table(short(&best(&summary))));
        blocks.push(Block::Heading(2, "How to read this".into()));
        blocks.push(Block::Text(how_to_read(report)));
        blocks.push(Block::Heading(2, "Contenders".into()));
        blocks.push(Block::Table(contenders(report)));
        for class in summary.classes() {
            blocks.push(Block::Heading(2, class.to_string()));
            for family in summary.families(class) {
                blocks.extend(of_family(&summary, class, family));
            }
        }
        blocks.push(Block::Heading(2, "Machine, device and settings".into()));
        blocks.push(Block::Table(circumstances(report)));
        blocks.push(Block::Table(device(&report.device)));
        let settings = &report.settings;
        Page {
            title: format!("Bench of {}", report.day),
            subtitle: format!(
                "{} entries of {} + {} bytes, {} of {} {}, {}",
                units::number(number(settings.entries)),
                settings.key_bytes,
                settings.value_bytes,
                rounds_done(report),
                settings.rounds,
                plural(settings.rounds as usize, "round"),
                report.machine.processor,
            ),
            blocks,
        }
    }
}

/// How many rounds have a trial.
fn rounds_done(report: &Report) -> u32 {
    let rounds = report.trials.iter().map(|done| done.round);
    rounds.max().unwrap_or(0)
}

fn alerts(report: &Report) -> Vec<Block> {
    let mut alerts = Vec::new();
    let mut alert = |about: &str, what: Vec<String>| {
        if !what.is_empty() {
            alerts.push(Block::Alert(about.into(), what));
        }
    };
    let caveats = report.machine.caveats().into_iter();
    alert(
        "These figures say little",
        caveats.map(String::from).collect(),
    );
    alert(
        "Wrong answers",
        troubles(report, |outcome| match outcome {
            Outcome::Wrong(what) => Some(what),
            _ => None,
        }),
    );
    alert("Broken claims", broken(report));
    alert(
        "Failed trials",
        troubles(report, |outcome| match outcome {
            Outcome::Failed(what) => Some(what),
            _ => None,
        }),
    );
    if rounds_done(report) == 1 {
        let sentence = "Nothing says by how much these figures would differ in another run: \
                        a spread takes two rounds at least.";
        alert("One round", vec![sentence.into()]);
    }
    alerts
}

/// A sentence for each claim that does not hold.
pub fn broken(report: &Report) -> Vec<String> {
    let broken = |claim: &Claim| match &claim.proof {
        Proof::Broken(how) => Some(format!(
            "{} claims: {}. But {how}. It was not measured there.",
            claim.contender, claim.class
        )),
        Proof::Holds(_) | Proof::Untried(_) => None,
    };
    report.claims.iter().filter_map(broken).collect()
}

/// A sentence for each trial that went wrong in this way, the rounds in which
/// the same happened put together.
pub fn troubles(report: &Report, what: fn(&Outcome) -> Option<&String>) -> Vec<String> {
    let mut order = Vec::new();
    let mut rounds: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for done in &report.trials {
        if let Some(what) = what(&done.outcome) {
            let key = (&done.contender, &done.workload, done.class, what);
            if !order.contains(&key) {
                order.push(key);
            }
            rounds.entry(key).or_default().push(done.round.to_string());
        }
    }
    let sentence = |key: &(&String, &String, Class, &String)| {
        let (contender, workload, class, what) = *key;
        let rounds = &rounds[key];
        format!(
            "{contender} at {} ({class}), {} {}: {what}.",
            title(workload),
            plural(rounds.len(), "round"),
            rounds.join(", "),
        )
    };
    order.iter().map(sentence).collect()
}

/// A class is named once, and the families are below each other.
fn short(best: &[Best]) -> Table {
    let row = |(at, best): (usize, &Best)| -> Vec<Entry> {
        let is_first = at == 0;
        let name = Entry {
            text: best.contender.clone(),
            is_strong: best.of > 1,
            ..Entry::default()
        };
        let tied = match (best.of, best.tied.is_empty()) {
            (1, _) => "alone".into(),
            (_, true) => NONE.into(),
            (_, false) => best.tied.join(", "),
        };
        let class = match is_first {
            true => best.class.to_string(),
            false => String::new(),
        };
        vec![
            class.into(),
            best.family.to_string().into(),
            name,
            tied.into(),
        ]
    };
    let of_class = best.chunk_by(|one, other| one.class == other.class);
    Table {
        caption: "The fastest of each class and family of workloads".into(),
        heads: words(&[
            "Class",
            "Workloads",
            "Fastest",
            "Less than the spread behind",
        ]),
        rows: of_class
            .flat_map(|class| class.iter().enumerate().map(row))
            .collect(),
    }
}

fn how_to_read(report: &Report) -> String {
    let spread = match rounds_done(report) {
        0 | 1 => "There is no spread, because there was one round",
        _ => {
            "Behind it stands its spread: another run of the same program would differ by \
             less in 19 of 20 cases, by so many percent or by such a factor either way"
        }
    };
    format!(
        "Compare within a class only: it says which accident a finished write survives, and \
         waiting for the device costs time. Each figure is the median of its rounds. {spread}. \
         The best of a workload and class is in bold, and the others are a share of it; the \
         control is no store but what the machine gives to a program without one. Of the limit \
         means: of what the device wrote in one piece, of its time for a sync, or of what the \
         memory copies, each measured in the same round."
    )
}

fn contenders(report: &Report) -> Table {
    let row = |about: &About| -> Vec<Entry> {
        let claims = report.claims.iter();
        let own = claims.filter(|claim| claim.contender == about.name);
        let claim = |claim: &Claim| {
            let (word, how) = match &claim.proof {
                Proof::Holds(how) => ("holds", how),
                Proof::Broken(how) => ("BROKEN", how),
                Proof::Untried(why) => ("untried", why),
            };
            format!("{}: {word} ({how})", claim.class)
        };
        let claims: Vec<String> = own.map(claim).collect();
        let claims = match claims.is_empty() {
            true => about
                .classes
                .iter()
                .map(|class| format!("{class}: untried"))
                .collect(),
            false => claims,
        };
        vec![
            Entry {
                text: about.name.clone(),
                note: format!("{}: {}", role(about.role), about.sentence),
                ..Entry::default()
            },
            about.version.clone().into(),
            about.settings.clone().into(),
            about.durable_commit.clone().into(),
            claims.join("\n").into(),
        ]
    };
    Table {
        caption: "Who was measured, and whether what they claim of a finished write holds".into(),
        heads: words(&[
            "Contender",
            "Version",
            "Settings",
            "Durable commit",
            "A finished write",
        ]),
        rows: report.contenders.iter().map(row).collect(),
    }
}

/// What a role is called.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Reference => "reference",
        Role::Mine => "yours",
        Role::Peer => "peer",
        Role::Control => "control",
        Role::Cheat => "cheat",
    }
}

fn of_family(summary: &Summary, class: Class, family: Family) -> Vec<Block> {
    let cells = summary.family(class, family);
    let mut workloads: Vec<&str> = cells.iter().map(|cell| cell.workload.as_str()).collect();
    workloads.dedup();
    let sentence = |name: &&str| {
        let known = workload::find(name);
        let sentence = known.map_or("this program does not know it", |known| known.sentence);
        (title(name), sentence.to_string())
    };
    let mut blocks = vec![
        Block::Heading(3, family.to_string()),
        Block::Terms(workloads.iter().map(sentence).collect()),
        Block::Table(speeds(family, &workloads, &cells)),
        Block::Plots(vec![
            Plot::Bars(bars(class, family, &workloads, &cells)),
            Plot::Dots(dots(class, family, &workloads, &cells)),
        ]),
    ];
    if family == Family::MixOnTwo {
        let of_class = |one: &&Scaling| one.class == class;
        let scaling: Vec<&Scaling> = summary.scaling.iter().filter(of_class).collect();
        if !scaling.is_empty() {
            blocks.push(Block::Table(scaling_table(&scaling)));
            blocks.push(Block::Plots(vec![Plot::Bars(scaling_bars(
                class, &scaling,
            ))]));
        }
    }
    let mut folded = vec![
        Block::Table(latencies(family, &cells)),
        Block::Table(costs(&cells)),
    ];
    folded.extend(counts(&cells).map(Block::Table));
    let about = format!("{family}: latencies, costs and counts");
    blocks.push(Block::Folded(about, folded));
    blocks
}

/// The names of those who have a cell, in their order.
fn names<'c>(cells: &[&'c Cell]) -> Vec<&'c str> {
    let mut names: Vec<&str> = Vec::new();
    for cell in cells {
        if !names.contains(&cell.contender.as_str()) {
            names.push(&cell.contender);
        }
    }
    names
}

fn speeds(family: Family, workloads: &[&str], cells: &[&Cell]) -> Table {
    let mut heads = words(&["Contender"]);
    heads.extend(workloads.iter().map(|name| figures(&title(name))));
    let entry = |name: &str, workload: &&str| {
        let mut all = cells.iter();
        let cell = all.find(|cell| cell.contender == name && cell.workload == **workload);
        cell.map_or(NONE.into(), |cell| speed(cell))
    };
    let row = |name: &str| {
        let mut row: Vec<Entry> = vec![name.into()];
        row.extend(workloads.iter().map(|workload| entry(name, workload)));
        row
    };
    Table {
        caption: format!(
            "{}, ± the spread · the share of the best",
            capitalised(family.unit())
        ),
        heads,
        rows: names(cells).into_iter().map(row).collect(),
    }
}

fn speed(cell: &Cell) -> Entry {
    match cell.standing {
        Standing::Wrong => return "wrong".into(),
        Standing::Failed => return "failed".into(),
        Standing::Counts => {}
    }
    let rate = cell.medians.get(&Measure::EntriesPerSecond);
    let mut notes = Vec::new();
    notes.extend(
        rate.and_then(|rate| rate.spread)
            .map(|spread| spread.to_string()),
    );
    let is_best = cell.competes() && cell.of_best == Some(1.0);
    if cell.competes() && !is_best {
        notes.extend(cell.of_best.map(units::percent));
    }
    Entry {
        text: rate.map_or(NONE.into(), |rate| units::number(rate.value)),
        note: notes.join(" · "),
        is_strong: is_best,
    }
}

fn latencies(family: Family, cells: &[&Cell]) -> Table {
    let mut heads = words(&["Workload", "Contender"]);
    heads.extend(["p50", "p90", "p99", "p99.9", "max"].map(figures));
    let measures = [
        Measure::P50,
        Measure::P90,
        Measure::P99,
        Measure::P999,
        Measure::Max,
    ];
    let row = |cell: &&&Cell| {
        let mut row: Vec<Entry> = vec![cell.title.clone().into(), cell.contender.clone().into()];
        row.extend(measures.map(|measure| shown(cell, measure, units::time).into()));
        row
    };
    let counted = cells
        .iter()
        .filter(|cell| cell.standing == Standing::Counts);
    let of_what = match family {
        Family::Load => "a batch of 1000, and the sync",
        Family::Scan => "a scan",
        _ => "a call",
    };
    Table {
        caption: format!("The time of {of_what}"),
        heads,
        rows: counted.map(|cell| row(&cell)).collect(),
    }
}

fn costs(cells: &[&Cell]) -> Table {
    let mut heads = words(&["Workload", "Contender"]);
    heads.extend(
        [
            "CPU an entry",
            "Memory, peak",
            "Files",
            "Written / stored",
            "Of the limit",
            "Rounds",
        ]
        .map(figures),
    );
    let row = |cell: &&Cell| -> Vec<Entry> {
        vec![
            cell.title.clone().into(),
            cell.contender.clone().into(),
            shown(cell, Measure::Cpu, units::time).into(),
            shown(cell, Measure::Memory, units::bytes).into(),
            shown(cell, Measure::Directory, units::bytes).into(),
            shown(cell, Measure::Amplification, units::digits).into(),
            cell.of_limit.map_or(NONE.into(), units::percent).into(),
            cell.rounds.to_string().into(),
        ]
    };
    let counted = cells
        .iter()
        .filter(|cell| cell.standing == Standing::Counts);
    Table {
        caption: "What it cost".into(),
        heads,
        rows: counted.map(row).collect(),
    }
}

fn counts(cells: &[&Cell]) -> Option<Table> {
    let row = |cell: &&Cell| -> Vec<Entry> {
        let counts = cell.counts.iter();
        let counts = counts.map(|(name, count)| format!("{name} {}", units::number(*count)));
        let counts: Vec<String> = counts.collect();
        vec![
            cell.title.clone().into(),
            cell.contender.clone().into(),
            counts.join(", ").into(),
        ]
    };
    let counted = |cell: &&&Cell| cell.standing == Standing::Counts && !cell.counts.is_empty();
    let rows: Vec<_> = cells.iter().filter(counted).map(row).collect();
    (!rows.is_empty()).then(|| Table {
        caption: "What the stores counted themselves".into(),
        heads: words(&["Workload", "Contender", "Counts"]),
        rows,
    })
}

fn shown(cell: &Cell, measure: Measure, unit: fn(f64) -> String) -> String {
    cell.value(measure).map_or(NONE.into(), unit)
}

fn scaling_table(scaling: &[&Scaling]) -> Table {
    let mut titles: Vec<&str> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for one in scaling {
        if !titles.contains(&one.title.as_str()) {
            titles.push(&one.title);
        }
        if !names.contains(&one.contender.as_str()) {
            names.push(&one.contender);
        }
    }
    let entry = |name: &str, title: &&str| -> Entry {
        let mut all = scaling.iter();
        let found = all.find(|one| one.contender == name && one.title == **title);
        let Some(one) = found else { return NONE.into() };
        Entry {
            text: format!("×{:.2}", one.ratio),
            note: match one.of_control {
                Some(share) if one.role != Role::Control => {
                    format!("{} of the control's", units::percent(share))
                }
                _ => String::new(),
            },
            is_strong: false,
        }
    };
    let row = |name: &&str| {
        let mut row: Vec<Entry> = vec![(*name).into()];
        row.extend(titles.iter().map(|title| entry(name, title)));
        row
    };
    let mut heads = words(&["Contender"]);
    heads.extend(titles.iter().map(|title| figures(title)));
    Table {
        caption: "Scaling: entries a second on two threads over those on one".into(),
        heads,
        rows: names.iter().map(row).collect(),
    }
}

fn bars(class: Class, family: Family, workloads: &[&str], cells: &[&Cell]) -> Bars {
    let bar = |cell: &&&Cell| {
        let rate = cell.medians.get(&Measure::EntriesPerSecond)?;
        cell.rate()?;
        Some(Bar {
            label: cell.contender.clone(),
            role: cell.role,
            value: rate.value,
            spread: rate.spread.map(|spread| spread.factor()),
            text: units::number(rate.value),
            is_best: cell.competes() && cell.of_best == Some(1.0),
        })
    };
    let group = |workload: &&str| Group {
        title: title(workload),
        rows: cells
            .iter()
            .filter(|cell| cell.workload == **workload)
            .filter_map(|cell| bar(&cell))
            .collect(),
    };
    Bars {
        title: format!("{family}, {class}: {}", family.unit()),
        axis: format!("{}, longer is better", family.unit()),
        is_logarithmic: true,
        groups: workloads.iter().map(group).collect(),
    }
}

fn dots(class: Class, family: Family, workloads: &[&str], cells: &[&Cell]) -> Dots {
    let row = |cell: &&&Cell| {
        cell.rate()?;
        let value = |measure| cell.value(measure);
        Some(Row {
            label: cell.contender.clone(),
            values: [Measure::P50, Measure::P90, Measure::P99, Measure::P999].map(value),
        })
    };
    let group = |workload: &&str| Group {
        title: title(workload),
        rows: cells
            .iter()
            .filter(|cell| cell.workload == **workload)
            .filter_map(|cell| row(&cell))
            .collect(),
    };
    Dots {
        title: format!("{family}, {class}: the time of a call"),
        axis: "time of a call, further left is better".into(),
        groups: workloads.iter().map(group).collect(),
    }
}

fn scaling_bars(class: Class, scaling: &[&Scaling]) -> Bars {
    let mut groups: Vec<Group<Bar>> = Vec::new();
    for one in scaling {
        let bar = Bar {
            label: one.contender.clone(),
            role: one.role,
            value: one.ratio,
            spread: None,
            text: format!("×{:.2}", one.ratio),
            is_best: false,
        };
        match groups.iter_mut().find(|group| group.title == one.title) {
            Some(group) => group.rows.push(bar),
            None => groups.push(Group {
                title: one.title.clone(),
                rows: vec![bar],
            }),
        }
    }
    Bars {
        title: format!("Scaling, {class}: two threads over one"),
        axis: "two threads over one, longer is better".into(),
        is_logarithmic: false,
        groups,
    }
}

fn circumstances(report: &Report) -> Table {
    let (machine, settings) = (&report.machine, &report.settings);
    let memory = settings.memory_bytes.map(number);
    let busy = units::time(number(settings.busy_ms_max) * 1e6);
    let rows: [(&str, String); 12] = [
        ("Processor", machine.processor.clone()),
        ("Cores", machine.cores.to_string()),
        ("Memory", units::bytes(number(machine.memory_bytes))),
        ("System", machine.system.clone()),
        ("File system of the stores", machine.file_system.clone()),
        (
            "Compiled",
            if machine.optimised {
                "for speed"
            } else {
                "without optimisation"
            }
            .into(),
        ),
        ("Entries", units::number(number(settings.entries))),
        (
            "Bytes of a key and a value",
            format!("{} + {}", settings.key_bytes, settings.value_bytes),
        ),
        (
            "Rounds",
            format!("{} of {}", rounds_done(report), settings.rounds),
        ),
        ("A thread is busy for at most", busy),
        (
            "Memory of a process",
            memory.map_or("not limited".into(), units::bytes),
        ),
        ("Seed", settings.seed.to_string()),
    ];
    Table {
        caption: "Where it ran, and what was asked for".into(),
        heads: words(&["What", "Which"]),
        rows: rows
            .map(|(what, which)| vec![what.into(), which.into()])
            .into(),
    }
}

fn device(rounds: &[Device]) -> Table {
    let row = |round: String, device: [f64; 4]| -> Vec<Entry> {
        vec![
            round.into(),
            format!("{}/s", units::bytes(device[0])).into(),
            units::time(device[1]).into(),
            format!("{}/s", units::bytes(device[2])).into(),
            units::time(device[3]).into(),
        ]
    };
    let figures_of = |device: &Device| {
        [
            device.sequential_write_per_second,
            number(device.sync_ns),
            device.copy_per_second,
            device.clock_ns,
        ]
    };
    let all: Vec<[f64; 4]> = rounds.iter().map(figures_of).collect();
    let mut rows: Vec<_> = (1..)
        .zip(&all)
        .map(|(round, device): (u32, _)| row(round.to_string(), *device))
        .collect();
    if all.len() > 1 {
        let middle = |at: usize| median(all.iter().map(|one| one[at])).unwrap_or(0.0);
        rows.push(row("median".into(), [0, 1, 2, 3].map(middle)));
    }
    let mut heads = words(&["Round"]);
    heads.extend(
        [
            "Sequential write",
            "Sync of 4 KiB",
            "Copy in memory",
            "Look at the clock",
        ]
        .map(figures),
    );
    Table {
        caption: "What the device and the memory give".into(),
        heads,
        rows,
    }
}

/// With a capital, as a sentence begins.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

fn words(heads: &[&str]) -> Vec<Head> {
    let head = |text: &&str| Head {
        text: (*text).into(),
        is_figures: false,
    };
    heads.iter().map(head).collect()
}

fn figures(text: &str) -> Head {
    Head {
        text: text.into(),
        is_figures: true,
    }
}

/// `1 round`, `2 rounds`, without the number.
fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => noun.into(),
        _ => format!("{noun}s"),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures for people, to a few digits"
)]
fn number(count: u64) -> f64 {
    count as f64
}
