//! Engines that are wrong about what they count.

use conformance::{Clause, Level};
use engine::disk::File;
use engine::{Counter, Counters, Durability, Entry, Result, StorageEngine, Write};

use crate::calls::{Calls, Inner};
use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::format::RECORD_HEAD_BYTES;
use crate::log_engine::log::Log;
use crate::log_engine::steps::{Right, Steps};
use crate::log_engine::table::Table;

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_steps(
        &ChunksCounted,
        Charge(
            "chunks-counted",
            Clause::CountedCosts,
            Level::Core,
            "counts one visited entry whenever a cursor copies some",
            "a chunk is what a cursor visits",
        ),
    ),
    Exhibit::of_calls::<ChangesCounted>(Charge(
        "changes-counted",
        Clause::CountedCosts,
        Level::Core,
        "counts the changes of a batch instead of the batch",
        "one put is one of either",
    )),
    Exhibit::of_steps(
        &SyncsNotCounted,
        Charge(
            "syncs-not-counted",
            Clause::CountedCosts,
            Level::Faults,
            "does not count the syncs that durability Always makes by itself",
            "the count stands in `sync`, where else",
        ),
    ),
    Exhibit::of_steps(
        &PayloadsCounted,
        Charge(
            "payloads-counted",
            Clause::CountedCosts,
            Level::Faults,
            "counts the bytes of its records without their heads",
            "that is what the user wrote",
        ),
    ),
    Exhibit::of_steps(
        &OpeningNotCounted,
        Charge(
            "opening-not-counted",
            Clause::CountedCosts,
            Level::Faults,
            "does not count what it reads while it is opened",
            "the counters came into being after the replay",
        ),
    ),
];

/// Makes a scan of everything look as cheap as its first entry.
struct ChunksCounted;

impl Steps for ChunksCounted {
    fn visited(&self, _chunk: &[Entry]) -> u64 {
        1
    }
}

/// Makes large batches look like many small ones, so that batching looks of no
/// use.
#[derive(Default)]
struct ChangesCounted;

impl Calls for ChangesCounted {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        inner.write(batch)?;
        let more = batch.len().saturating_sub(1) as u64;
        inner.counters.add(Counter::Batches, more);
        Ok(())
    }
}

/// Looks as fast as an engine that does not sync, and nobody can see why it is
/// not.
struct SyncsNotCounted;

impl Steps for SyncsNotCounted {
    fn commit(
        &self,
        log: &mut Log,
        table: &Table,
        batch: &[Write<'_>],
        durability: Durability,
    ) -> Result<()> {
        Right.commit(log, table, batch, durability.min(Durability::Os))?;
        if durability == Durability::Always {
            log.file.sync().map_err(|cause| log.poison(cause))?;
            log.synced = log.len;
        }
        Ok(())
    }
}

/// Hides its write amplification: for small values the heads are the larger
/// part.
struct PayloadsCounted;

impl Steps for PayloadsCounted {
    fn write_at(
        &self,
        file: &dyn File,
        offset: u64,
        bytes: &[u8],
        counters: &Counters,
    ) -> Result<()> {
        let payload = bytes.len().saturating_sub(RECORD_HEAD_BYTES);
        counters.add(Counter::BytesWritten, payload as u64);
        file.write_at(offset, bytes)
    }
}

/// Starts to count when the work of opening is done, however long that took.
struct OpeningNotCounted;

impl Steps for OpeningNotCounted {
    fn read_file(&self, file: &dyn File, _counters: &Counters) -> Result<Vec<u8>> {
        let len = usize::try_from(file.len()?).expect("the log fits in memory");
        let mut bytes = vec![0; len];
        file.read_exact_at(0, &mut bytes)?;
        Ok(bytes)
    }
}
