//! What a page says of a family of workloads in a class: its tables and plots.

use super::contents::NONE;
use super::page::{Block, Entry, Table, capitalised, figures, words};
use super::plot::{Bar, Bars, Dots, Group, Plot, Row};
use super::units;
use crate::class::Class;
use crate::contender::Role;
use crate::family::Family;
use crate::summary::{Cell, Measure, Scaling, Standing, Summary, title};
use crate::workload;

/// A heading, what each workload does, and the figures.
pub(super) fn of_family(summary: &Summary, class: Class, family: Family) -> Vec<Block> {
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
    let scaling = scaling(summary, class, family);
    if !scaling.is_empty() {
        blocks.push(Block::Table(scaling_table(&scaling)));
        blocks.push(Block::Plots(vec![Plot::Bars(scaling_bars(
            class, &scaling,
        ))]));
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

/// What a second thread brought in the class and the family, and below each workload what it
/// brought the control: that is in memory, and the measure of every class.
fn scaling(summary: &Summary, class: Class, family: Family) -> Vec<&Scaling> {
    let of_both =
        |one: &&Scaling| one.class == class && one.family == family && one.role != Role::Control;
    let stores: Vec<&Scaling> = summary.scaling.iter().filter(of_both).collect();
    let mut both = Vec::new();
    for workload in stores.chunk_by(|one, other| one.title == other.title) {
        both.extend(workload);
        let mut all = summary.scaling.iter();
        both.extend(all.find(|one| one.role == Role::Control && one.title == workload[0].title));
    }
    both
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
    let notes = |one: &Scaling| {
        let spread = one.spread.map(|spread| spread.to_string());
        let share = one.of_control.filter(|_| one.role != Role::Control);
        let share = share.map(units::percent);
        spread.into_iter().chain(share).collect::<Vec<_>>()
    };
    let entry = |name: &str, title: &&str| -> Entry {
        let mut all = scaling.iter();
        let found = all.find(|one| one.contender == name && one.title == **title);
        let Some(one) = found else { return NONE.into() };
        Entry {
            text: format!("×{:.2}", one.ratio),
            note: notes(one).join(" · "),
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
        caption: "Scaling: entries a second on two threads over those on one, ± the spread · the \
                  share of the control's"
            .into(),
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
            spread: rate.spread,
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
        axis: "time of a call, left is better".into(),
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
            spread: one.spread,
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
