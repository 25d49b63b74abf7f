//! The bench, tried on stores that cheat.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use bench::class::Class;
use bench::contender;
use bench::program::Program;
use bench::report::{Proof, Report, Settings};
use bench::runner::{Progress, Run};
use bench::trial::Outcome;
use bench::workload::{WORKLOADS, Workload};

/// What a run said while it ran.
#[derive(Default)]
struct Said(Vec<String>);

impl Progress for Said {
    fn begins(&mut self, _step: &str, made: usize, of: usize) {
        assert!(made < of);
    }

    fn warns(&mut self, what: &str) {
        self.0.push(what.to_string());
    }
}

fn run(contender: &str, workloads: &[&str], directory: &Path) -> (Report, String) {
    let chosen = |workload: &&Workload| workloads.is_empty() || workloads.contains(&workload.name);
    let run = Run {
        program: Program::at(env!("CARGO_BIN_EXE_bench")),
        contenders: vec![contender::find(contender).expect("it is built in")],
        workloads: WORKLOADS.iter().filter(chosen).collect(),
        settings: Settings {
            entries: 2000,
            key_bytes: 16,
            value_bytes: 100,
            rounds: 1,
            busy_ms_max: 50,
            memory_bytes: None,
            seed: 1,
        },
        directory: directory.join("stores"),
        device_bytes: 1 << 20,
        resumes: None,
    };
    let mut said = Said::default();
    let report = run.run(&mut said, &AtomicBool::new(false));
    let report = report.expect("the folder takes files");
    (report, said.0.join("\n"))
}

fn proof(report: &Report, class: Class) -> &Proof {
    let mut claims = report.claims.iter();
    let claim = claims.find(|claim| claim.class == class);
    &claim.expect("it was tried").proof
}

#[test]
fn an_honest_store_is_measured_in_every_class_that_it_claims() {
    let directory = tempfile::tempdir().unwrap();
    let (report, said) = run("honest-log", &[], directory.path());
    assert_eq!(said, "");
    for class in [Class::Nothing, Class::Kill, Class::Power] {
        assert!(matches!(proof(&report, class), Proof::Holds(_)), "{class}");
    }
    for done in &report.trials {
        assert!(matches!(done.outcome, Outcome::Measured(_)), "{done:?}");
    }
    let measured: Vec<_> = report.trials.iter().map(|done| &*done.workload).collect();
    assert!(
        WORKLOADS
            .iter()
            .all(|workload| measured.contains(&workload.name))
    );
}

#[test]
fn a_put_that_was_forgotten_is_missed() {
    let directory = tempfile::tempdir().unwrap();
    let (report, said) = run("cheat-drops-puts", &["put"], directory.path());
    assert!(!report.trials.is_empty());
    for done in &report.trials {
        assert!(
            matches!(&done.outcome, Outcome::Wrong(what) if what.contains("absent")),
            "{done:?}"
        );
    }
    assert!(
        said.starts_with("cheat-drops-puts is wrong at put: key "),
        "{said}"
    );
}

#[test]
fn a_value_that_was_overwritten_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let (report, _) = run(
        "cheat-stale-reads",
        &["ycsb-a", "ycsb-a-2"],
        directory.path(),
    );
    assert!(!report.trials.is_empty());
    for done in &report.trials {
        let stale = "had been stored";
        assert!(
            matches!(&done.outcome, Outcome::Wrong(what) if what.contains(stale)),
            "{done:?}"
        );
    }
}

#[test]
fn an_answer_before_the_sync_is_no_claim_to_survive_a_power_loss() {
    let directory = tempfile::tempdir().unwrap();
    let (report, said) = run(
        "cheat-syncs-later",
        &["put", "put-durable"],
        directory.path(),
    );
    assert!(matches!(proof(&report, Class::Kill), Proof::Holds(_)));
    let Proof::Broken(how) = proof(&report, Class::Power) else {
        panic!("the claim should be broken: {report:?}");
    };
    assert!(
        how.starts_with("the power was cut right after answer"),
        "{how}"
    );
    assert!(said.contains("survives a power loss. But"), "{said}");
    // It is still measured in the classes that it keeps.
    assert!(report.trials.iter().any(|done| done.class == Class::Kill));
    assert!(
        report
            .trials
            .iter()
            .all(|done| done.workload != "put-durable")
    );
}

#[test]
fn a_buffer_in_the_process_is_no_claim_to_survive_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let (report, _) = run("cheat-buffers-writes", &["put"], directory.path());
    let Proof::Broken(how) = proof(&report, Class::Kill) else {
        panic!("the claim should be broken: {report:?}");
    };
    assert!(how.contains("killed right after its last answer"), "{how}");
    assert!(report.trials.iter().all(|done| done.class != Class::Kill));
}

#[test]
fn a_run_that_is_stopped_answers_what_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let run = Run {
        program: Program::at("nowhere"),
        contenders: vec![contender::find("map").unwrap()],
        workloads: WORKLOADS.iter().collect(),
        settings: Settings {
            entries: 10,
            key_bytes: 16,
            value_bytes: 100,
            rounds: 1,
            busy_ms_max: 1,
            memory_bytes: None,
            seed: 1,
        },
        directory: directory.path().join("stores"),
        device_bytes: 1 << 20,
        resumes: None,
    };
    let report = run
        .run(&mut Said::default(), &AtomicBool::new(true))
        .unwrap();
    assert!(report.claims.is_empty() && report.trials.is_empty());
    assert_eq!(report.contenders[0].name, "map");
}

#[test]
fn a_run_goes_on_with_the_rounds_that_it_lacks() {
    let directory = tempfile::tempdir().unwrap();
    let run = |rounds, resumes: Option<Report>| {
        let run = Run {
            program: Program::at(env!("CARGO_BIN_EXE_bench")),
            contenders: vec![contender::find("map").unwrap()],
            workloads: WORKLOADS.iter().take(2).collect(),
            settings: Settings {
                entries: 10,
                key_bytes: 16,
                value_bytes: 100,
                rounds,
                busy_ms_max: 1,
                memory_bytes: None,
                seed: 1,
            },
            directory: directory.path().join("stores"),
            device_bytes: 1 << 20,
            resumes,
        };
        run.run(&mut Said::default(), &AtomicBool::new(false))
    };
    let two = run(2, None).unwrap();
    let three = run(3, Some(two.clone())).unwrap();
    assert_eq!(three.trials[..two.trials.len()], two.trials);
    assert_eq!(three.device[..2], two.device);
    assert_eq!(three.settings.rounds, 3);
    let rounds = three.trials.iter().map(|done| done.round);
    assert_eq!(rounds.collect::<Vec<_>>(), [1, 1, 2, 2, 3, 3]);

    // A round that was not finished is made again, and a whole one is not.
    let mut half = two.clone();
    half.trials.pop();
    let again = run(2, Some(half)).unwrap();
    assert_eq!(again.trials[..2], two.trials[..2]);
    let rounds = again.trials.iter().map(|done| done.round);
    assert_eq!(rounds.collect::<Vec<_>>(), [1, 1, 2, 2]);
    assert_eq!(again.device.len(), 2);

    let mut elsewhere = two;
    elsewhere.machine.processor = "abacus".to_owned();
    let refused = run(3, Some(elsewhere)).unwrap_err().to_string();
    assert!(refused.contains("processor: abacus before"), "{refused}");
}
