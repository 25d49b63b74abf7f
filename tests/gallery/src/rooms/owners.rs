//! Engines that are wrong about who may open a directory.

use std::mem;
use std::sync::Arc;

use conformance::{Clause, Level};
use engine::Result;
use engine::disk::{Disk, Lock};
use engine::sync::Mutex;

use crate::calls::{Calls, Inner};
use crate::exhibit::{Charge, Exhibit};
use crate::log_engine;
use crate::log_engine::steps::Steps;

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_steps(
        &LockNotTaken,
        Charge(
            "lock-not-taken",
            Clause::OneOwner,
            Level::Reopen,
            "takes no lock, so two engines write one directory",
            "nobody would start it twice",
        ),
    ),
    Exhibit::of_calls::<DropKeepsLock>(Charge(
        "drop-keeps-lock",
        Clause::OneOwner,
        Level::Reopen,
        "gives the directory up when it is closed, but not when it is dropped",
        "a background task holds a handle until close ends it",
    )),
    Exhibit::new(
        Charge(
            "failed-open-keeps-lock",
            Clause::OneOwner,
            Level::Faults,
            "keeps the directory locked after an opening that failed",
            "only close unlocks, and there is nothing to close",
        ),
        |disk, durability| {
            log_engine::open(Arc::clone(&disk), durability).inspect_err(|_| keep_lock(&*disk))
        },
    ),
];

/// Opens what is open. Each of the two then replaces the other's files.
struct LockNotTaken;

impl Steps for LockNotTaken {
    fn lock(&self, _disk: &dyn Disk) -> Result<Lock> {
        Ok(Lock::new(()))
    }
}

/// Hands itself to a task that lives until `close`. An error path that drops
/// the engine instead leaves the directory locked until the process ends.
///
/// Seen in sled (spacejam/sled#1234).
#[derive(Default)]
struct DropKeepsLock;

static TASKS: Mutex<Vec<Arc<Inner>>> = Mutex::new(Vec::new());

impl Calls for DropKeepsLock {
    fn opened(&self, inner: &Arc<Inner>) {
        TASKS.lock().push(Arc::clone(inner));
    }

    fn closing(&self, inner: &Arc<Inner>) {
        TASKS.lock().retain(|task| !Arc::ptr_eq(task, inner));
    }
}

/// Leaves the lock behind. The operator mends what kept the engine from
/// opening, and finds it "already open elsewhere".
///
/// Seen in ArcadeDB (ArcadeData/arcadedb#4511).
fn keep_lock(disk: &dyn Disk) {
    if let Ok(lock) = disk.lock() {
        mem::forget(lock);
    }
}
