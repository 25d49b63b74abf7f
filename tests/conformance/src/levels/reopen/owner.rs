//! Owning a directory and letting go of it.

use engine::{Counter, Error};

use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::playing::outcome;
use crate::panics;
use crate::report::Failure;
use crate::subject::Subject;

pub(super) fn dropping_syncs_nothing(s: &Subject, _: &Budget) -> Result<(), Failure> {
    let place = s.place();
    // Only the simulated disk tells what was asked of it.
    let Some(disk) = place.simulation() else {
        return Ok(());
    };
    let work = || {
        let engine = s.open(place.disk(), s.supported()[0])?;
        engine.put(b"a", b"1")?;
        let before = disk.counts().syncs;
        drop(engine);
        Ok(disk.counts().syncs - before)
    };
    let syncs = outcome(Clause::Sync, panics::caught(work))?;
    if syncs == 0 {
        return Ok(());
    }
    Err(Failure::new(
        Clause::Sync,
        "The engine was dropped with an unsynced write, and synced. (A drop cannot say that a \
         sync failed; that is what `close` is for.)",
    )
    .expected("no sync")
    .found(format!("{syncs} syncs")))
}

pub(super) fn a_directory_has_one_owner(s: &Subject, _: &Budget) -> Result<(), Failure> {
    const CLAUSE: Clause = Clause::OneOwner;
    let place = s.place();
    let open = || s.open(place.disk(), s.supported()[0]);
    let work = || {
        let first = open()?;
        first.put(b"a", b"1")?;
        let second = open().map(drop);
        // The first owner must not notice.
        first.put(b"b", b"2")?;
        let held = first.get(b"a")?;
        first.close()?;
        let third = open().map(drop);
        Ok((second, held, third))
    };
    let (second, held, third) = outcome(CLAUSE, panics::caught(work))?;
    let failure = |what: &str, expected: &str, found: String| {
        Err(Failure::new(CLAUSE, what).expected(expected).found(found))
    };
    let shown = |result: &engine::Result<()>| match result {
        Ok(()) => "it was opened".to_owned(),
        Err(error) => format!("the error \"{error}\""),
    };
    if !matches!(second, Err(Error::Locked { .. })) {
        let what = "The directory was open, and was opened a second time.";
        return failure(what, "the error Locked", shown(&second));
    }
    if held.as_deref() != Some(b"1") {
        let what = "Another tried to open the directory, and its owner lost an entry.";
        return failure(
            what,
            "a holds 1",
            crate::play::value_shown(b"a", held.as_deref()),
        );
    }
    match third {
        Ok(()) => Ok(()),
        Err(_) => failure(
            "The engine was closed, and its directory could not be opened again.",
            "it is opened",
            shown(&third),
        ),
    }
}

pub(super) fn counts_begin_at_zero_when_opened(s: &Subject, _: &Budget) -> Result<(), Failure> {
    const CLAUSE: Clause = Clause::CountedCosts;
    let place = s.place();
    let open = || s.open(place.disk(), s.supported()[0]);
    let work = || {
        let engine = open()?;
        engine.put(b"a", b"1")?;
        engine.get(b"a")?;
        engine.close()?;
        Ok(open()?.stats())
    };
    let stats = outcome(CLAUSE, panics::caught(work))?;
    for counter in [Counter::Gets, Counter::Batches] {
        if stats[counter] != 0 {
            return Err(Failure::new(
                CLAUSE,
                "The engine was opened again, and its counts did not begin anew.",
            )
            .expected(format!("0 {counter:?}"))
            .found(format!("{} {counter:?}", stats[counter])));
        }
    }
    Ok(())
}
