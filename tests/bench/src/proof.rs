//! Whether a contender's class is what it says.
//!
//! | claim | is tried by |
//! |---|---|
//! | in memory | using it: no file is left |
//! | survives nothing | a sync, then a killed process: all is there; a close: all is there |
//! | survives a killed process | a killed process right after the last answer: all is there |
//! | survives a power loss | the power, cut after answers: all is there |
//!
//! A process is killed for real. Where a contender opens its files on any disk,
//! that is a simulated one, which then keeps only what was synced; where it
//! opens them itself, what would be kept is worked out from a trace of its
//! system calls.

use std::fs;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use conformance::sim::{Cut, SimDisk};
use engine::Write;

use crate::class::Class;
use crate::contender::{Contender, Open};
use crate::data::{Values, key};
use crate::ledger::{Ledger, Wrong};
use crate::program::Program;
use crate::report::Proof;
use crate::trial::{Outcome, Plan};

pub mod cut;
pub mod files;
pub mod image;
pub mod trace;

/// How many entries a claim is tried on, and how many of them are overwritten.
const ENTRIES: u64 = 200;
const HELD: u64 = 150;
/// Long enough not to fit a buffer that nobody has yet written out, short
/// enough to leave one half full.
const VALUE_BYTES: usize = 100;

/// Tries the claim of `contender` that its writes are of `class`, in a
/// directory that is empty.
///
/// A store that does not do what it is asked breaks its claim, whatever the
/// reason.
pub fn try_claim(
    contender: &Contender,
    class: Class,
    program: &Program,
    directory: &Path,
) -> Proof {
    let tried = match class {
        Class::InMemory => leaves_nothing(contender, directory),
        Class::Nothing => survives_a_kill(contender, class, program, directory, true),
        Class::Kill => survives_a_kill(contender, class, program, directory, false),
        Class::Power => match contender.open {
            Open::OnDisk(_) => survives_power_cuts(contender),
            _ => cut::survives_traced_cuts(contender, class, program, directory, false),
        },
    };
    tried.unwrap_or_else(|error| Proof::Broken(format!("{error:#}")))
}

fn leaves_nothing(contender: &Contender, directory: &Path) -> Result<Proof> {
    let store = contender.open_in(directory, Class::InMemory)?;
    let mut value = Vec::new();
    Values::new(VALUE_BYTES).fill(0, 1, &mut value);
    store.write(&[Write::put(&key(0), &value)])?;
    store.sync()?;
    store.close()?;
    let left = fs::read_dir(directory)?.count();
    Ok(match left {
        0 => Proof::Holds("it was used, and left no file".into()),
        _ => Proof::Broken(format!("it leaves {left} files, so it is not in memory")),
    })
}

/// Loads, closes, overwrites, kills and looks.
fn survives_a_kill(
    contender: &Contender,
    class: Class,
    program: &Program,
    directory: &Path,
    synced: bool,
) -> Result<Proof> {
    let plan = |workload, held| tried_on(contender, workload, class, directory, held);
    let loaded = program.trial(&plan("load-random", 0))?;
    if let Some(broken) = refuted(loaded, "after a close") {
        return Ok(broken);
    }
    let plan = plan("reopen-killed", HELD);
    program
        .hold(&plan, synced)
        .context("overwriting before the kill")?;
    let after = if synced {
        "its sync"
    } else {
        "its last answer"
    };
    let when = format!("after its process was killed right after {after}");
    Ok(match refuted(program.trial(&plan)?, &when) {
        Some(broken) => broken,
        None => Proof::Holds(format!(
            "its process was killed right after {after}: all is there"
        )),
    })
}

/// What a process does with the store in a directory when a claim is tried.
fn tried_on(
    contender: &Contender,
    workload: &str,
    class: Class,
    directory: &Path,
    held: u64,
) -> Plan {
    Plan {
        contender: contender.name.into(),
        workload: workload.into(),
        opened: class,
        directory: directory.to_path_buf(),
        entries: ENTRIES,
        value_bytes: VALUE_BYTES,
        seed: 1,
        busy_max: Duration::MAX,
        held,
        memory: None,
    }
}

fn refuted(outcome: Outcome, when: &str) -> Option<Proof> {
    match outcome {
        Outcome::Measured(_) => None,
        Outcome::Wrong(what) | Outcome::Failed(what) => {
            Some(Proof::Broken(format!("{when}: {what}")))
        }
    }
}

/// Cuts the power after every answer. Each processor does all the calls, and
/// tries its share of the cuts.
fn survives_power_cuts(contender: &Contender) -> Result<Proof> {
    let lanes = thread::available_parallelism().map_or(1, usize::from);
    let (sender, found) = mpsc::channel();
    thread::scope(|scope| {
        for lane in 0..lanes {
            let sender = sender.clone();
            scope.spawn(move || {
                let is_tried = |answer| answer % lanes == lane;
                let tried = first_broken_cut(contender, is_tried);
                sender.send(tried).expect("somebody waits for it");
            });
        }
    });
    drop(sender);
    let broken = found.into_iter().collect::<Result<Vec<_>>>()?;
    let first = broken
        .into_iter()
        .flatten()
        .min_by_key(|(answer, _)| *answer);
    Ok(match first {
        Some((answer, wrong)) => Proof::Broken(format!(
            "the power was cut right after answer {answer}: {wrong}"
        )),
        None => {
            let answers = calls().count();
            Proof::Holds(format!(
                "the power was cut right after each of {answers} answers: all is there"
            ))
        }
    })
}

/// The entries that are written, in their order: each is stored, then every
/// third one is overwritten or deleted.
fn calls() -> impl Iterator<Item = u64> {
    (0..ENTRIES).chain((0..ENTRIES).step_by(3))
}

/// Does all the calls, and cuts the power after those answers that are to be
/// tried, counted from one.
fn first_broken_cut(
    contender: &Contender,
    is_tried: impl Fn(usize) -> bool,
) -> Result<Option<(usize, Wrong)>> {
    let disk = SimDisk::new();
    let store = contender.open_on(Arc::new(disk.clone()), Class::Power)?;
    let ledger = Ledger::new(Values::new(VALUE_BYTES), 0, ENTRIES);
    let mut value = Vec::new();
    for (turn, number) in calls().enumerate() {
        let key = key(number);
        if turn as u64 >= ENTRIES && number % 2 == 0 {
            ledger.begin_delete(number);
            store.write(&[Write::delete(&key)])?;
        } else {
            ledger.begin_put(number, &mut value);
            store.write(&[Write::put(&key, &value)])?;
        }
        ledger.done(number);
        let answer = turn + 1;
        if is_tried(answer)
            && let Err(wrong) = check_after_cut(contender, &disk, &ledger)?
        {
            return Ok(Some((answer, wrong)));
        }
    }
    Ok(None)
}

/// Opens what is left when nothing survives but what was synced.
fn check_after_cut(
    contender: &Contender,
    disk: &SimDisk,
    ledger: &Ledger,
) -> Result<Result<(), Wrong>> {
    let cut = Cut {
        at: disk.changes(),
        image: 0,
    };
    let left = SimDisk::from_image(&disk.cut(cut));
    let store = contender.open_on(Arc::new(left), Class::Power)?;
    let checked = ledger.check_all(&*store);
    match checked {
        Ok(()) => Ok(Ok(())),
        Err(error) => error.downcast::<Wrong>().map(Err),
    }
}
