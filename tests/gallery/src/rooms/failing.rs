//! Engines that are wrong about appends that fail.

use std::mem;

use conformance::{Clause, Level};
use engine::{Durability, Error, Result, Write};

use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::log::Log;
use crate::log_engine::steps::{Right, Steps};
use crate::log_engine::table::Table;

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_steps(
        &NotTakenBack,
        Charge(
            "not-taken-back",
            Clause::WholeOrNothing,
            Level::Faults,
            "leaves in the file what a failed append wrote",
            "the next append overwrites it",
        ),
    ),
    Exhibit::of_steps(
        &TakenBackInCache,
        Charge(
            "taken-back-in-cache",
            Clause::WholeOrNothing,
            Level::Faults,
            "cuts a failed append off and does not sync the cut",
            "the file is short again, as anyone can see",
        ),
    ),
    Exhibit::of_steps(
        &TakingBackFails,
        Charge(
            "taking-back-fails",
            Clause::WholeOrNothing,
            Level::Faults,
            "goes on when it could not take back a failed append",
            "there is one error to return already",
        ),
    ),
    Exhibit::of_steps(
        &AppendsBehindGarbage,
        Charge(
            "appends-behind-garbage",
            Clause::Sync,
            Level::Faults,
            "goes on after what a failed append left",
            "append mode does, and asks nobody",
        ),
    ),
    Exhibit::of_steps(
        &FailedStaysPending,
        Charge(
            "failed-stays-pending",
            Clause::WholeOrNothing,
            Level::Faults,
            "keeps a failed batch in its buffer, and writes it with the next one",
            "the buffer is cleared on success, and this was none",
        ),
    ),
    Exhibit::of_steps(
        &VisibleBeforeLogged,
        Charge(
            "visible-before-logged",
            Clause::WholeOrNothing,
            Level::Faults,
            "changes the map before the log, and leaves it changed when the log fails",
            "memory first is faster for readers",
        ),
    ),
    Exhibit::of_steps(
        &NoSpaceEmptiesBuffer,
        Charge(
            "no-space-empties-buffer",
            Clause::Sync,
            Level::Faults,
            "empties its buffer before the append that then finds no space",
            "`mem::take` pleases the borrow checker",
        ),
    ),
    Exhibit::of_steps(
        &NoSpacePoisons,
        Charge(
            "no-space-poisons",
            Clause::Poison,
            Level::Faults,
            "poisons itself when the device is full",
            "an error is an error, and poisoning is the safe side",
        ),
    ),
];

/// Leaves the torn append in place. If all of it was written, the next opening
/// finds a record whose write was answered by an error.
///
/// Seen in Timeplus Proton, until it rolled torn tails back
/// (timeplus-io/proton#1229).
struct NotTakenBack;

impl Steps for NotTakenBack {
    fn take_back(&self, _log: &mut Log) -> Result<()> {
        Ok(())
    }
}

/// Takes the append back in the page cache alone. The device may have it
/// already, and after a power cut has it again.
struct TakenBackInCache;

impl Steps for TakenBackInCache {
    fn take_back(&self, log: &mut Log) -> Result<()> {
        log.file.set_len(log.len)
    }
}

/// Ignores that taking back failed, too, and answers as if it had not: "nothing
/// changed", while the append still stands in the file.
struct TakingBackFails;

impl Steps for TakingBackFails {
    fn take_back(&self, log: &mut Log) -> Result<()> {
        let _one_error_is_enough = Right.take_back(log);
        Ok(())
    }
}

/// Appends at the file's end, wherever a failed append has moved that. The
/// next opening stops reading in between.
///
/// Seen in rocksdb-js, in its transaction log (HarperFast/rocksdb-js#748).
struct AppendsBehindGarbage;

impl Steps for AppendsBehindGarbage {
    fn take_back(&self, log: &mut Log) -> Result<()> {
        log.len = log.file.len()?;
        Ok(())
    }
}

/// Forgets to drop what failed. The caller was told "no", tries something else,
/// and gets both.
struct FailedStaysPending;

impl Steps for FailedStaysPending {
    fn commit(
        &self,
        log: &mut Log,
        table: &Table,
        batch: &[Write<'_>],
        durability: Durability,
    ) -> Result<()> {
        if durability == Durability::Buffered {
            return Right.commit(log, table, batch, durability);
        }
        self.encode(log, batch);
        self.flush(log)?;
        if durability == Durability::Always {
            self.sync(log)?;
        }
        self.apply(table, batch);
        Ok(())
    }
}

/// Shows what it then cannot store. The error is returned, and `get` says that
/// all went well.
struct VisibleBeforeLogged;

impl Steps for VisibleBeforeLogged {
    fn commit(
        &self,
        log: &mut Log,
        table: &Table,
        batch: &[Write<'_>],
        durability: Durability,
    ) -> Result<()> {
        self.apply(table, batch);
        Right.commit(log, table, batch, durability)
    }
}

/// Loses the buffer to a full device. The operator makes room, the next sync
/// succeeds, and the writes that it answers for are gone.
struct NoSpaceEmptiesBuffer;

impl Steps for NoSpaceEmptiesBuffer {
    fn flush(&self, log: &mut Log) -> Result<()> {
        let pending = mem::take(&mut log.pending);
        if pending.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.write_at(&*log.file, log.len, &pending, &log.counters) {
            self.take_back(log).map_err(|cause| log.poison(cause))?;
            return Err(error);
        }
        log.len += pending.len() as u64;
        Ok(())
    }
}

/// Has to be restarted after a full device, though nothing is in doubt.
struct NoSpacePoisons;

impl Steps for NoSpacePoisons {
    fn flush(&self, log: &mut Log) -> Result<()> {
        Right.flush(log).map_err(|error| match error {
            Error::NoSpace { .. } => log.poison(error),
            error => error,
        })
    }
}
