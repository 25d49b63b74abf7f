//! What is on the page of a report: what went wrong, who is best, how to read
//! it, who was measured, the figures by class, and where it ran.

use std::collections::BTreeMap;

use super::family::of_family;
use super::page::{Block, Entry, Page, Table, figures, words};
use super::{About, Claim, Proof, Report, units};
use crate::best::{Best, best};
use crate::class::Class;
use crate::contender::Role;
use crate::device::{Device, WRITES};
use crate::spread::{FREEDOM_MIN, median};
use crate::summary::{Summary, title};
use crate::trial::Outcome;

/// Where there is no figure.
pub const NONE: &str = "–";

impl Page {
    /// The page of a report.
    pub fn of(report: &Report) -> Self {
        let summary = Summary::of(report);
        let mut blocks = alerts(report);
        blocks.push(Block::Heading(2, "In short".into()));
        blocks.push(Block::Table(short(&best(&summary))));
        blocks.push(Block::Heading(2, "How to read this".into()));
        blocks.extend(how_to_read(report).map(Block::Text));
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
pub fn rounds_done(report: &Report) -> u32 {
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

/// What to compare, what a spread is made of, and what a limit is.
fn how_to_read(report: &Report) -> impl Iterator<Item = String> {
    let has_spread = rounds_done(report) > 1;
    let spread = match has_spread {
        false => "There is no spread, because there was one round",
        true => {
            "Behind it stands its spread: another run of the same program would differ by \
             less in 99 of 100 cases, by so many percent or by such a factor either way"
        }
    };
    let figures = format!(
        "Compare within a class only: it says which accident a finished write survives, and \
         waiting for the device costs time. Each figure is the median of its rounds. {spread}. \
         The best of a workload and class is in bold, and the others are a share of it; the \
         control is no store but what the machine gives to a program without one."
    );
    let pooled = format!(
        "A spread is reckoned from how rounds differ. The few rounds of one store say next to \
         nothing about that, so they are put together with those of all stores at the same \
         workload and in the same class and, where there are fewer than {} rounds, with those \
         of the whole family: all gets, say. A store whose own figures scatter more than all \
         of them keeps its own scatter, and the control is never put together with stores. \
         Then the spread is made wider, the fewer rounds and workloads it comes from: for one \
         workload and three rounds it is 2.7 times as wide as for three workloads. \
         The ratio of two figures has the spread of both: the root of the sum of the squares.",
        FREEDOM_MIN + 1
    );
    let limit = format!(
        "Of the limit means, for a load: of what the device wrote in one piece. For a durable \
         write: of the time of a sync, or, for a store that writes so much each time that this \
         takes longer, such as a snapshot of everything, of the time in which the device wrote \
         as many bytes in one piece. For what only reads, and for a load in memory: of what \
         the memory copies. Each was measured in the same round{}; a share above 100 % says \
         that the device was better then than when it was measured.",
        match report
            .device
            .iter()
            .all(|one| one.sequential_write_range.is_some())
        {
            true => format!(", and what was written in one piece is the median of {WRITES} files"),
            false => ", with one file for what was written in one piece".into(),
        }
    );
    let pooled = Some(pooled).filter(|_| has_spread);
    [Some(figures), pooled, Some(limit)].into_iter().flatten()
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
    let row = |round: String, device: [f64; 4], range: Option<[f64; 2]>| -> Vec<Entry> {
        let range = range.map(|ends| ends.map(units::bytes));
        vec![
            round.into(),
            Entry {
                text: format!("{}/s", units::bytes(device[0])),
                note: range.map_or(String::new(), |[least, most]| format!("{least} to {most}")),
                ..Entry::default()
            },
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
        .zip(rounds)
        .map(|(round, device): (u32, _)| {
            let range = device.sequential_write_range;
            row(round.to_string(), figures_of(device), range)
        })
        .collect();
    if all.len() > 1 {
        let middle = |at: usize| median(all.iter().map(|one| one[at])).unwrap_or(0.0);
        rows.push(row("median".into(), [0, 1, 2, 3].map(middle), None));
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
