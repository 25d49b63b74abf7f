use super::*;
use crate::report::fixture;

fn cell<'s>(summary: &'s Summary, workload: &str, contender: &str) -> &'s Cell {
    let mut cells = summary.cells.iter();
    let found = cells.find(|cell| cell.workload == workload && cell.contender == contender);
    found.unwrap_or_else(|| panic!("no {workload} of {contender}"))
}

fn is_near(figure: Option<f64>, expected: f64) -> bool {
    figure.is_some_and(|figure| (figure / expected - 1.0).abs() < 1e-3)
}

#[test]
fn figures_are_medians_of_rounds() {
    let summary = Summary::of(&fixture::report());
    let get = cell(&summary, "get-uniform", "redb");
    assert_eq!(get.rounds, 3);
    assert!(is_near(get.rate(), 0.9e6));
    assert!(is_near(get.value(Measure::P50), 1000.0));
    assert!(is_near(get.value(Measure::Cpu), 1.1e9 / 0.9e6));
    assert!(
        get.value(Measure::Amplification).is_none(),
        "nothing was stored"
    );
    let put = cell(&summary, "put", "lsm");
    assert!(is_near(put.value(Measure::Amplification), 1.5));
    assert_eq!(put.counts["Syncs"], 11.0);
    let map = cell(&summary, "put", "btreemap");
    assert!(
        map.value(Measure::Amplification).is_none(),
        "it keeps no files"
    );
}

#[test]
fn the_best_is_of_the_same_class_and_never_the_control() {
    let summary = Summary::of(&fixture::report());
    assert_eq!(cell(&summary, "get-uniform", "rocksdb").of_best, Some(1.0));
    assert!(is_near(
        cell(&summary, "get-uniform", "redb").of_best,
        0.6 / 1.1
    ));
    assert_eq!(cell(&summary, "get-uniform", "btreemap").of_best, Some(1.0));
    assert!(is_near(
        cell(&summary, "get-uniform", "control").of_best,
        8.0
    ));
}

#[test]
fn who_is_wrong_once_is_best_of_nothing() {
    let summary = Summary::of(&fixture::report());
    let wrong = cell(&summary, "get-missing", "rocksdb");
    assert_eq!((wrong.standing, wrong.rounds), (Standing::Wrong, 2));
    assert_eq!((wrong.rate(), wrong.of_best), (None, None));
    assert_eq!(cell(&summary, "get-missing", "lsm").of_best, Some(1.0));
    assert_eq!(cell(&summary, "reopen", "redb").standing, Standing::Failed);
    let once = cell(&summary, "load-random", "redb");
    assert_eq!((once.standing, once.rounds), (Standing::Counts, 2));
}

#[test]
fn limits_are_those_of_the_device_in_the_same_round() {
    let summary = Summary::of(&fixture::report());
    let load = cell(&summary, "load-random", "lsm").of_limit;
    // 2e6 entries of 116 bytes: of 290, 300 and 310 MB, in three rounds.
    let shares = [232.0 / 290.0, 232.0 * 0.97 / 300.0, 232.0 * 1.02 / 310.0];
    assert!(is_near(load, median(shares).unwrap()));
    assert!(is_near(
        cell(&summary, "put-durable", "lsm").of_limit,
        0.105_24 / 0.45
    ));
    assert!(is_near(
        cell(&summary, "get-uniform", "lsm").of_limit,
        1.5e6 * 116.0 / 7e9
    ));
    assert_eq!(cell(&summary, "put", "lsm").of_limit, None);
}

#[test]
fn a_snapshot_for_each_durable_write_is_held_against_a_plain_file() {
    let mut report = fixture::report();
    let of_memory = |done: &&mut Done| done.workload == "put-durable" && done.contender == "memory";
    for done in report.trials.iter_mut().filter(of_memory) {
        let Outcome::Measured(figures) = &mut done.outcome else {
            panic!("the fixture measures it");
        };
        // 30 MB for each write, which a device of 300 MB/s takes 100 ms for.
        figures.cost.written_bytes = figures.entries * 30_000_000;
        figures.latency.p50_ns = 125_000_000;
    }
    let summary = Summary::of(&report);
    assert!(is_near(
        cell(&summary, "put-durable", "memory").of_limit,
        0.8
    ));
    let log = cell(&summary, "put-durable", "lsm").of_limit;
    assert!(is_near(log, 0.105_24 / 0.45), "its sync takes longer");
}

#[test]
fn scaling_is_that_of_the_control_or_less() {
    let summary = Summary::of(&fixture::report());
    let one = |contender: &str| {
        let mut all = summary.scaling.iter();
        all.find(|one| one.contender == contender).unwrap()
    };
    assert!(is_near(Some(one("lsm").ratio), 1.1 / 0.9));
    assert!(is_near(one("lsm").of_control, 1.0));
    assert_eq!(one("lsm").title, "YCSB A");
}

#[test]
fn a_ratio_of_two_rates_has_the_spread_of_both() {
    let summary = Summary::of(&fixture::report());
    let lsm = |one: &&Scaling| one.contender == "lsm";
    let spread = summary.scaling.iter().find(lsm).unwrap().spread.unwrap();
    let of = |workload| cell(&summary, workload, "lsm").medians[&Measure::EntriesPerSecond];
    let [one, two] = ["ycsb-a", "ycsb-a-2"].map(|workload| of(workload).spread.unwrap().ln());
    assert!(is_near(Some(spread.ln()), (one * one + two * two).sqrt()));
    assert!(spread.ln() > one && spread.ln() > two);
}

#[test]
fn percentiles_take_calls_enough() {
    let summary = Summary::of(&fixture::report());
    let load = cell(&summary, "load-random", "lsm");
    assert!(load.value(Measure::P90).is_some(), "there are ten batches");
    assert_eq!(load.value(Measure::P99), None);
    assert!(load.value(Measure::Max).is_some());
}

#[test]
fn one_round_has_no_spread() {
    let mut report = fixture::report();
    let spread = |report: &Report| {
        let summary = Summary::of(report);
        cell(&summary, "get-uniform", "lsm").medians[&Measure::EntriesPerSecond].spread
    };
    assert!(spread(&report).is_some());
    report.trials.retain(|done| done.round == 1);
    assert_eq!(spread(&report), None);
}

#[test]
fn classes_and_families_are_in_order() {
    let summary = Summary::of(&fixture::report());
    assert_eq!(summary.classes(), Class::ALL);
    let families = summary.families(Class::Power);
    let expected = [
        Family::Load,
        Family::DurableWrite,
        Family::Get,
        Family::Reopen,
    ];
    assert_eq!(families, expected);
    assert_eq!(summary.family(Class::Power, Family::Get).len(), 8);
}
