//! The menu, for people.

use std::io::{self, IsTerminal};

use textwrap::Options;

use crate::engine::{self, Engine, Kind};
use crate::workload::WORKLOADS;

/// The columns of the terminal, but never more than these.
const COLUMNS: usize = 80;
/// Nor fewer than these, which the names fill by half.
const NARROWEST: usize = 48;

fn columns() -> usize {
    match io::stdout().is_terminal() {
        true => textwrap::termwidth().clamp(NARROWEST, COLUMNS),
        false => COLUMNS,
    }
}

/// All engines and workloads, in lines that the terminal has room for. Engines
/// that are not built in, in the program at hand, stand apart, with what brings
/// them.
pub fn list(is_built_in: impl Fn(&str) -> bool) -> String {
    list_within(columns(), is_built_in)
}

fn list_within(columns: usize, is_built_in: impl Fn(&str) -> bool) -> String {
    let mut groups: [(&str, Vec<(String, String)>); 4] = [
        ("Engines:", Vec::new()),
        (
            "Engines that are compiled in when they are named, and all but yours \
             with --peers:",
            Vec::new(),
        ),
        (
            "Engines that the bench is tried on, measured only when they are named:",
            Vec::new(),
        ),
        ("Workloads:", Vec::new()),
    ];
    for (name, reference) in engine::mine() {
        let at = usize::from(!is_built_in(&name));
        let sentence = format!("Yours: what `{reference}` is the reference of.");
        groups[at].1.push((name, sentence));
    }
    for Engine {
        name,
        sentence,
        kind,
    } in engine::engines()
    {
        let at = match kind {
            Kind::Cheat => 2,
            Kind::Feature | Kind::BuiltIn => usize::from(!is_built_in(name)),
        };
        groups[at].1.push((name.into(), sentence.into()));
    }
    let workloads = WORKLOADS.iter();
    let workload = |one: &crate::workload::Workload| (one.name.into(), one.sentence.into());
    groups[3].1.extend(workloads.map(workload));

    let rows = groups.iter().flat_map(|(_, rows)| rows);
    let width = rows.map(|(name, _)| name.len()).max().unwrap_or(0);
    let behind = " ".repeat(2 + width + 2);
    let mut text = String::new();
    for (heading, rows) in groups.iter().filter(|(_, rows)| !rows.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&textwrap::fill(heading, columns));
        text.push('\n');
        for (name, sentence) in rows {
            let line = format!("  {name:width$}  ");
            let options = Options::new(columns)
                .initial_indent(&line)
                .subsequent_indent(&behind);
            text.push_str(&textwrap::fill(sentence, options));
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_built_in_stands_apart_and_every_line_fits() {
        let is_built_in = |name: &str| ["memory", "btreemap", "lmdb"].contains(&name);
        for columns in [NARROWEST, 60, COLUMNS] {
            let text = list_within(columns, is_built_in);
            assert!(text.lines().all(|line| line.len() <= columns), "{text}");
        }
        let text = list_within(COLUMNS, is_built_in);
        let (first, rest) = text.split_once("\n\n").unwrap();
        assert!(first.contains("  lmdb  ") && !rest.contains("  lmdb  "));
        let (second, rest) = rest.split_once("\n\n").unwrap();
        assert!(second.starts_with("Engines that are compiled in when they are named"));
        for name in ["mine-memory", "rocksdb", "skiplist"] {
            assert!(second.contains(&format!("  {name}  ")), "{second}");
        }
        assert!(rest.contains("  honest-log  ") && rest.contains("  ycsb-f-2  "));
    }
}
