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
    let shown = [1.0, 1.001, 1.124, 0.6, 3.12, 0.25, 1000.0, 0.001].map(change);
    let expected = [
        "0 %", "0 %", "+12 %", "-40 %", "×3.1", "÷4.0", "×1000", "÷1000",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn what_one_run_alone_measured_is_counted() {
    let mut new = fixture::report();
    new.trials.retain(|done| done.workload != "put");
    let comparison = Comparison::of(&fixture::report(), &new).unwrap();
    assert_eq!(comparison.standings, ["4 of the old run alone."]);
    let comparison = Comparison::of(&new, &fixture::report()).unwrap();
    assert_eq!(comparison.standings, ["4 of the new run alone."]);
}
