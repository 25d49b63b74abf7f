//! Making tables of entries: what a flush and a compaction have in common.

use std::ops::Bound;
use std::sync::Arc;

use engine::{Order, Result};

use crate::files::Files;
use crate::levels::Levels;
use crate::manifest::Edit;
use crate::merging::Merging;
use crate::sorted::{LevelSource, Sorted};
use crate::source::Source;
use crate::state::Logged;
use crate::table::{Table, TableBuilder};

/// How many bytes of entries one piece has.
const PIECE_BYTES: usize = 1 << 20;

/// Tables that are made of the entries of a memtable or of other tables, a piece
/// at a time.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) inputs: Inputs,
    /// The level to which the tables go.
    pub(crate) into: usize,
    /// How long they get.
    table_bytes: u64,
    /// What there is, which a tombstone may hide.
    levels: Arc<Levels<Arc<Table>>>,
    entries: Merging<Sorted>,
    /// The number of the first table, until that is begun. It was taken when the
    /// job began: in level 0 the order of the numbers is that of the entries, and
    /// a memtable may be flushed meanwhile.
    first_number: Option<u32>,
    /// The number of the table that is being made, and the table.
    pub(crate) unfinished: Option<(u32, TableBuilder)>,
    /// The number of a table that could not be finished. It has a file.
    pub(crate) failed: Option<u32>,
    /// Those that are made. They are durable, but for their names.
    pub(crate) made: Vec<Arc<Table>>,
}

/// What a job makes superfluous.
#[derive(Debug)]
pub(crate) enum Inputs {
    /// A memtable, and its log.
    Memtable(Arc<Logged>),
    /// Tables.
    Tables(Vec<Arc<Table>>),
}

impl Job {
    /// A memtable that becomes a table of level 0.
    pub(crate) fn flush(
        files: &Files,
        frozen: &Arc<Logged>,
        levels: &Arc<Levels<Arc<Table>>>,
    ) -> Result<Self> {
        let entries = frozen.memtable.source(u64::MAX, Order::Ascending);
        let inputs = Inputs::Memtable(Arc::clone(frozen));
        let sources = vec![Sorted::Memtable(entries)];
        Job::new(files, inputs, sources, (0, u64::MAX), levels)
    }

    /// Tables of one level, the newest first, and of the level `into`, which
    /// become tables of that one, each this long.
    pub(crate) fn compaction(
        files: &Files,
        upper: &[Arc<Table>],
        lower: &[Arc<Table>],
        (into, table_bytes): (usize, u64),
        levels: &Arc<Levels<Arc<Table>>>,
    ) -> Result<Self> {
        let source = |table: &Arc<Table>| Sorted::Table(table.source(Order::Ascending));
        let mut sources: Vec<Sorted> = upper.iter().map(source).collect();
        let lower_source = LevelSource::new(Arc::from(lower), Order::Ascending);
        sources.push(Sorted::Level(lower_source));
        let inputs = Inputs::Tables([upper, lower].concat());
        Job::new(files, inputs, sources, (into, table_bytes), levels)
    }

    fn new(
        files: &Files,
        inputs: Inputs,
        sources: Vec<Sorted>,
        (into, table_bytes): (usize, u64),
        levels: &Arc<Levels<Arc<Table>>>,
    ) -> Result<Self> {
        let mut entries = Merging::new(sources, Order::Ascending);
        entries.seek(Bound::Unbounded)?;
        Ok(Job {
            inputs,
            into,
            table_bytes,
            levels: Arc::clone(levels),
            entries,
            first_number: Some(files.next_number()?),
            unfinished: None,
            failed: None,
            made: Vec::new(),
        })
    }

    /// What the manifest has to tell of the job: its tables instead of what they
    /// are made of. Logs count from number `log` on; once a memtable is flushed,
    /// from the one after its own on.
    pub(crate) fn edit(&self, log: u32) -> Edit {
        let into = level(self.into);
        let made = self.made.iter();
        let (removed, log) = match &self.inputs {
            Inputs::Memtable(frozen) => {
                let own = frozen.log.get();
                (Vec::new(), own.map_or(log, |own| own.number() + 1))
            }
            Inputs::Tables(tables) => {
                let numbers = tables.iter().map(|table| table.info().number);
                (numbers.collect(), log)
            }
        };
        Edit {
            added: made.map(|table| (into, table.info().clone())).collect(),
            removed,
            log,
        }
    }

    /// The memtable that is flushed, if it is a flush.
    pub(crate) fn flushed(&self) -> Option<&Arc<Logged>> {
        match &self.inputs {
            Inputs::Memtable(frozen) => Some(frozen),
            Inputs::Tables(_) => None,
        }
    }

    /// Does the next piece, and answers whether there is more to do.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](engine::Error::Corrupt) where a table that is read is
    /// damaged; [`Error::NoSpace`](engine::Error::NoSpace),
    /// [`Error::Io`](engine::Error::Io) and
    /// [`Error::Poisoned`](engine::Error::Poisoned). It cannot go on then.
    ///
    /// # Exercise 3.17
    pub(crate) fn piece(&mut self, files: &Files) -> Result<bool> {
        todo!("exercise 3.17: Does the next piece, and answers whether there is more to do")
    }

    fn finish_table(&mut self, files: &Files) -> Result<()> {
        if let Some((number, table)) = self.unfinished.take() {
            let finished = files.finish_table(table);
            let table = finished.inspect_err(|_| self.failed = Some(number))?;
            self.made.push(table);
        }
        Ok(())
    }
}

/// Whether a tombstone of `key` that is written to level `into` may hide
/// anything: an entry in a deeper level or, where `into` is level 0, in another
/// table of level 0. The job's `inputs` become superfluous, and do not count.
///
/// # Exercise 3.17
fn hides_something(levels: &Levels<Arc<Table>>, inputs: &Inputs, into: usize, key: &[u8]) -> bool {
    todo!(
        "exercise 3.17: Whether a tombstone of `key` that is written to level `into` may hide anything: an entry in a deeper level or, where `into` is level 0, in another table of level 0"
    )
}

/// The number of a level, as the manifest has it.
pub(crate) fn level(level: usize) -> u8 {
    u8::try_from(level).expect("levels are few")
}
