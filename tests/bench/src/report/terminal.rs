//! What a run came to, in the lines that a terminal has: 80 columns.

use std::fmt::Write;

use super::contents::{broken, rounds_done, troubles};
use super::page::capitalised;
use super::{Report, units};
use crate::best::{Best, best};
use crate::summary::{Measure, Median, Summary};
use crate::trial::Outcome;

/// The columns of a terminal.
pub const COLUMNS: usize = 80;

/// The best of each class and family, each with the widest spread of its
/// figures; what was wrong, and which claims are broken.
pub fn short(report: &Report) -> String {
    let mut text = String::new();
    let summary = Summary::of(report);
    let best = best(&summary);
    let rows: Vec<Row> = best.iter().map(|best| Row::of(&summary, best)).collect();
    let width = |column: fn(&Row) -> &str| {
        let widths = rows.iter().map(|row| column(row).chars().count());
        widths.max().unwrap_or(0)
    };
    let [family, contender, rate] = [
        width(|row| &row.family),
        width(|row| &row.contender),
        width(|row| &row.rate),
    ];
    let mut last = None;
    for (best, row) in best.iter().zip(&rows) {
        if last != Some(best.class) {
            last = Some(best.class);
            line(&mut text, &capitalised(&best.class.to_string()));
        }
        let columns = format!(
            "  {:<family$}  {:<contender$}  {:<rate$}  {}",
            row.family, row.contender, row.rate, row.beside
        );
        line(&mut text, &columns);
    }
    if rounds_done(report) > 1 {
        line(
            &mut text,
            "(± and ×÷: by how much another run may differ, 99 times of 100.)",
        );
    }
    let wrong = troubles(report, |outcome| match outcome {
        Outcome::Wrong(what) => Some(what),
        _ => None,
    });
    let failed = troubles(report, |outcome| match outcome {
        Outcome::Failed(what) => Some(what),
        _ => None,
    });
    if rounds_done(report) == 1 {
        line(
            &mut text,
            "One round says nothing about the spread: measure with two or more.",
        );
    }
    for (about, what) in [
        ("WRONG", wrong),
        ("BROKEN", broken(report)),
        ("FAILED", failed),
        (
            "CAVEAT",
            report
                .machine
                .caveats()
                .iter()
                .map(|one| (*one).to_string())
                .collect(),
        ),
    ] {
        for one in what {
            wrap(&mut text, &format!("{about}: {one}"));
        }
    }
    text
}

/// `Gets`, `lsm`, `1.50M/s ±16 %`, `of 3; tied: redb`.
struct Row {
    family: String,
    contender: String,
    rate: String,
    beside: String,
}

impl Row {
    fn of(summary: &Summary, best: &Best) -> Self {
        let cells = summary.family(best.class, best.family);
        let own = cells.iter().filter(|cell| cell.contender == best.contender);
        let medians: Vec<&Median> = own
            .filter_map(|cell| cell.medians.get(&Measure::EntriesPerSecond))
            .collect();
        let values = medians.iter().map(|median| median.value);
        let (least, most) = (
            values.clone().fold(f64::INFINITY, f64::min),
            values.fold(0.0, f64::max),
        );
        let (least, most) = (units::number(least), units::number(most));
        let rate = match least == most {
            true => format!("{least}/s"),
            false => format!("{least} to {most}/s"),
        };
        let spreads = medians.iter().filter_map(|median| median.spread);
        let widest = spreads.max_by(|one, other| one.ln().total_cmp(&other.ln()));
        Row {
            family: best.family.to_string(),
            contender: best.contender.clone(),
            rate: match widest {
                Some(spread) => format!("{rate} {spread}"),
                None => rate,
            },
            beside: match (best.of, best.tied.as_slice()) {
                (1, _) => "alone".into(),
                (of, []) => format!("of {of}"),
                (of, tied) => format!("of {of}; tied: {}", tied.join(", ")),
            },
        }
    }
}

/// Adds a line, cut where a terminal ends.
pub fn line(text: &mut String, line: &str) {
    let line = line.trim_end();
    match line.chars().count() > COLUMNS {
        true => text.extend(line.chars().take(COLUMNS - 1).chain(['…', '\n'])),
        false => writeln!(text, "{line}").expect("a string takes everything"),
    }
}

/// Adds a sentence, in as many lines as it takes.
pub fn wrap(text: &mut String, sentence: &str) {
    let mut current = String::new();
    for word in sentence.split_whitespace() {
        let length = current.chars().count() + 1 + word.chars().count();
        if length > COLUMNS && !current.trim().is_empty() {
            line(text, &current);
            current = " ".into();
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    line(text, &current);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_run_ends_with_who_is_best_and_who_is_wrong() {
        let text = short(&fixture::report());
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn sentences_end_at_the_80th_column() {
        let mut text = String::new();
        wrap(&mut text, &"word ".repeat(40));
        assert_eq!(text.lines().count(), 3);
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS));
        assert_eq!(text.matches("word").count(), 40);
        let mut text = String::new();
        line(&mut text, &"x".repeat(100));
        assert_eq!(text.trim_end().chars().count(), COLUMNS);
    }
}
