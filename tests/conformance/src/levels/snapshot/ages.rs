//! Snapshots beside a thread that puts one key again and again: how old is
//! what they hold, and does it stay?

use engine::Snapshot;
use engine::sync::atomic::{AtomicU32, Ordering};

use super::racing::{done, snapshot};
use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::concurrent::random::Random;
use crate::levels::concurrent::together::together;
use crate::levels::concurrent::values::{stamp_of, value_of};
use crate::levels::playing::opened;
use crate::report::Failure;
use crate::script::shown;
use crate::subject::{Opened, Subject};

const CLAUSE: Clause = Clause::OrderedScans;

pub(super) fn a_snapshot_is_not_older_than_a_finished_write(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let housed = opened(s, CLAUSE)?;
    let engine: &Opened = &housed;
    let put = |stamp| done(engine.put(b"a", &value_of(stamp)));
    put(0)?;
    // The last stamp that was begun to be written, and the last finished.
    let (begun, ended) = (&AtomicU32::new(0), &AtomicU32::new(0));
    let seed = budget.seed_of("a_snapshot_is_not_older_than_a_finished_write");
    together(budget, 2, 10_000, |thread, gate| {
        let mut random = Random::new(seed, thread);
        if !gate.wait() {
            return Ok(());
        }
        if thread > 0 {
            while !gate.has_ended() {
                let oldest = ended.load(Ordering::SeqCst);
                let snapshot = snapshot(engine)?;
                let newest = begun.load(Ordering::SeqCst);
                if newest > oldest {
                    gate.met();
                }
                let first = stamp_in(&*snapshot)?;
                random.dawdle();
                let again = stamp_in(&*snapshot)?;
                check_age((oldest, newest), first, again)?;
            }
            return Ok(());
        }
        for stamp in 1.. {
            begun.store(stamp, Ordering::SeqCst);
            put(stamp)?;
            ended.store(stamp, Ordering::SeqCst);
            random.dawdle();
            if stamp % 64 == 0 && (gate.has_ended() || gate.is_enough()) {
                break;
            }
        }
        gate.end();
        Ok(())
    })
}

fn check_age((oldest, newest): (u32, u32), first: u32, again: u32) -> Result<(), Failure> {
    if !(oldest..=newest).contains(&first) {
        return Err(Failure::new(
            CLAUSE,
            "A key is put again and again, and a snapshot of another thread does not hold the \
             put that was the last when it was taken.",
        )
        .expected(match oldest == newest {
            true => format!("put number {oldest}"),
            false => format!("put number {oldest}, which had returned, or one up to {newest}"),
        })
        .found(format!("put number {first}")));
    }
    if first == again {
        return Ok(());
    }
    Err(Failure::new(
        CLAUSE,
        "A key is put again and again, and a snapshot of another thread changes with it.",
    )
    .expected(format!("put number {first}, as at the first look"))
    .found(format!("put number {again}")))
}

fn stamp_in(snapshot: &dyn Snapshot) -> Result<u32, Failure> {
    let mut value = Vec::new();
    let is_there = done(snapshot.get_into(b"a", &mut value))?;
    let stamp = is_there.then(|| stamp_of(&value)).flatten();
    stamp.ok_or_else(|| {
        Failure::new(
            CLAUSE,
            "A snapshot beside a writer holds what nobody wrote.",
        )
        .expected("the value of one write")
        .found(match is_there {
            true => shown(&value),
            false => "absent".to_owned(),
        })
    })
}
