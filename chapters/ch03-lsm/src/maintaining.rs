//! Background work: flushes and compactions, a piece at a time, and the removal
//! of what they have made superfluous.
//!
//! ```text
//! log 4 ── memtable 4 ─┐ flush
//!                      └──> table 5 (level 0) ─┐ compaction
//!                           table 3 (level 0) ─┼──> tables 6, 7 (level 1)
//!                           table 2 (level 1) ─┘
//! ```
//!
//! In this order a crash between any two steps loses nothing, and leaves nothing
//! that the next opening does not remove: the tables are written and synced, and
//! then their names; the manifest's edit is appended and synced; readers find the
//! new tables; and what they replace is removed once nobody reads it.

use std::sync::Arc;

use engine::{Maintenance, Progress, Result};

use crate::files::Files;
use crate::job::{Inputs, Job, level};
use crate::levels::Levels;
use crate::log::Log;
use crate::manifest::{Edit, Manifest, Tables};
use crate::names::Name;
use crate::picking::{self, Pick};
use crate::shape::Shape;
use crate::state::{Logged, State};
use crate::store::Lsm;
use crate::table::Table;

/// The work that goes on, and what earlier work has left.
#[derive(Debug)]
pub(crate) struct Maintaining {
    pub(crate) manifest: Manifest,
    /// What the manifest tells.
    pub(crate) tables: Tables,
    /// Goes first: a compaction waits while a memtable is flushed.
    flush: Option<Task>,
    compaction: Option<Task>,
    /// Tables and logs that are superfluous, until nobody reads them any more …
    old_tables: Vec<Arc<Table>>,
    old_logs: Vec<Arc<Log>>,
    /// … and then their names, until they are removed.
    unread: Vec<Name>,
    /// How many writes there were at the last step.
    seen: u64,
}

/// Says what to compact, if anything.
pub(crate) type Rule = fn(&Levels<Arc<Table>>, &Shape) -> Option<Pick<Arc<Table>>>;

/// A job, and whether its tables are all made.
#[derive(Debug)]
pub(crate) struct Task {
    job: Job,
    is_made: bool,
}

impl Maintaining {
    pub(crate) fn new(manifest: Manifest, tables: Tables) -> Self {
        Maintaining {
            manifest,
            tables,
            flush: None,
            compaction: None,
            old_tables: Vec::new(),
            old_logs: Vec::new(),
            unread: Vec::new(),
            seen: 0,
        }
    }

    /// Keeps what a job has made superfluous until nobody reads it any more.
    fn retire(&mut self, inputs: &Inputs) {
        match inputs {
            Inputs::Memtable(frozen) => self.old_logs.extend(frozen.log.get().cloned()),
            Inputs::Tables(tables) => self.old_tables.extend(tables.iter().cloned()),
        }
    }
}

impl Maintenance for Lsm {
    /// Removes a file that nobody reads any more; or does a piece of a flush; or
    /// a piece of a compaction. What is due only once nobody writes is done when
    /// nobody has written since the last step.
    fn step(&self) -> Result<Progress> {
        let mut maintaining = self.maintaining.lock();
        let seen = self.present.seen();
        let rule = match maintaining.seen == seen {
            true => picking::idle,
            false => picking::urgent,
        };
        maintaining.seen = seen;
        self.step_by(&mut maintaining, rule)
    }
}

impl Lsm {
    /// A step, where what is due is told by `rule`.
    pub(crate) fn step_by(&self, maintaining: &mut Maintaining, rule: Rule) -> Result<Progress> {
        self.files.device.check()?;
        if self.remove_one(maintaining)? {
            return Ok(Progress::Worked);
        }
        let state = self.present.state();
        if maintaining.flush.is_none() {
            maintaining.flush = begin_flush(&self.files, &state)?;
        }
        if maintaining.flush.is_none() && maintaining.compaction.is_none() {
            let shape = self.shape();
            let Some(pick) = rule(&state.levels, &shape) else {
                return Ok(Progress::Idle);
            };
            if pick.is_move {
                self.move_tables(maintaining, &pick)?;
                return Ok(Progress::Worked);
            }
            maintaining.compaction = Some(self.begin_compaction(&state, &pick)?);
        }
        let slot = match maintaining.flush.is_some() {
            true => &mut maintaining.flush,
            false => &mut maintaining.compaction,
        };
        let mut task = slot.take().expect("one of them goes on");
        match self.advance(maintaining, &mut task) {
            Ok(true) => {}
            Ok(false) => self.keep(maintaining, task),
            Err(error) if task.is_made => {
                self.keep(maintaining, task);
                return Err(error);
            }
            Err(error) => {
                abandon(maintaining, task);
                return Err(error);
            }
        }
        Ok(Progress::Worked)
    }

    pub(crate) fn begin_compaction(&self, state: &State, pick: &Pick<Arc<Table>>) -> Result<Task> {
        let table_bytes = match pick.next_level {
            0 => u64::MAX,
            _ => self.files.options.table_bytes,
        };
        let job = Job::compaction(
            &self.files,
            &pick.inputs,
            &pick.next_inputs,
            (pick.next_level, table_bytes),
            &state.levels,
        )?;
        let is_made = false;
        Ok(Task { job, is_made })
    }

    /// Takes the task one piece further, and answers whether it is done.
    pub(crate) fn advance(&self, maintaining: &mut Maintaining, task: &mut Task) -> Result<bool> {
        if !task.is_made {
            task.is_made = !task.job.piece(&self.files)?;
        }
        if task.is_made {
            self.publish(maintaining, &task.job)?;
        }
        Ok(task.is_made)
    }

    fn keep(&self, maintaining: &mut Maintaining, task: Task) {
        match task.job.inputs {
            Inputs::Memtable(_) => maintaining.flush = Some(task),
            Inputs::Tables(_) => maintaining.compaction = Some(task),
        }
    }

    /// Lets the tables that a job has made count, in place of what they were made
    /// of. What that makes superfluous is kept for those who still read it.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`](engine::Error::NoSpace) and
    /// [`Error::Io`](engine::Error::Io), and it can be tried again;
    /// [`Error::Poisoned`](engine::Error::Poisoned).
    ///
    /// # Exercise 3.18
    pub(crate) fn publish(&self, maintaining: &mut Maintaining, job: &Job) -> Result<()> {
        todo!(
            "exercise 3.18: Lets the tables that a job has made count, in place of what they were made of"
        )
    }

    /// Moves tables to the next level as they are.
    fn move_tables(&self, maintaining: &mut Maintaining, pick: &Pick<Arc<Table>>) -> Result<()> {
        let tables = pick.inputs.iter().map(|table| table.info());
        let edit = Edit {
            removed: tables.clone().map(|info| info.number).collect(),
            added: tables
                .map(|info| (level(pick.next_level), info.clone()))
                .collect(),
            log: maintaining.tables.log,
        };
        self.record(maintaining, &edit)?;
        self.show(&pick.inputs, pick.next_level, &edit.removed, None)?;
        self.reckon();
        Ok(())
    }

    /// Whoever reads from now on finds these tables in that level, and neither
    /// the tables of these numbers nor the memtable that was flushed.
    fn show(
        &self,
        tables: &[Arc<Table>],
        level: usize,
        removed: &[u32],
        flushed: Option<&Arc<Logged>>,
    ) -> Result<()> {
        let added = tables.iter().map(|table| (level, Arc::clone(table)));
        let state = self.present.state();
        let levels = Arc::new(state.levels.with(added.collect(), removed)?);
        self.present.change(|state| State {
            levels,
            frozen: without(&state.frozen, flushed),
            active: Arc::clone(&state.active),
        });
        Ok(())
    }

    /// Makes an edit durable.
    fn record(&self, maintaining: &mut Maintaining, edit: &Edit) -> Result<()> {
        let mut tables = maintaining.tables.clone();
        tables
            .apply(edit.clone())
            .expect("an edit of our own makes sense");
        maintaining
            .manifest
            .append(&self.files.device, edit, &tables)?;
        maintaining.tables = tables;
        Ok(())
    }

    /// Makes sure that the manifest will be found. Nothing is written before.
    pub(crate) fn make_sure_of_manifest(&self) -> Result<()> {
        let Maintaining {
            manifest, tables, ..
        } = &mut *self.maintaining.lock();
        manifest.make_sure(&self.files.device, tables)
    }

    /// Removes one of the files that are superfluous, if nobody reads it any
    /// more, and answers whether it did.
    fn remove_one(&self, maintaining: &mut Maintaining) -> Result<bool> {
        let Maintaining {
            old_tables,
            old_logs,
            unread,
            ..
        } = maintaining;
        if let Some(index) = old_tables
            .iter()
            .position(|table| Arc::strong_count(table) == 1)
        {
            unread.push(Name::Table(old_tables.swap_remove(index).info().number));
        }
        if let Some(index) = old_logs.iter().position(|log| Arc::strong_count(log) == 1) {
            unread.push(Name::Log(old_logs.swap_remove(index).number()));
        }
        let Some(&name) = unread.last() else {
            return Ok(false);
        };
        self.files.remove(name)?;
        unread.pop();
        Ok(true)
    }

    /// Ends what goes on here: the engine is being closed, and nobody reads. What
    /// is in memory is flushed.
    pub(crate) fn end_maintaining(&self) -> Result<()> {
        let mut maintaining = self.maintaining.lock();
        if let Some(task) = maintaining.compaction.take() {
            abandon(&mut maintaining, task);
        }
        while !self.present.state().frozen.is_empty() {
            if maintaining.flush.is_none() {
                maintaining.flush = begin_flush(&self.files, &self.present.state())?;
            }
            let mut task = maintaining
                .flush
                .take()
                .expect("something waits to be flushed");
            match self.advance(&mut maintaining, &mut task) {
                Ok(true) => {}
                Ok(false) => maintaining.flush = Some(task),
                Err(error) => return Err(error),
            }
        }
        let Maintaining {
            manifest, tables, ..
        } = &mut *maintaining;
        if !manifest.is_proven() {
            manifest.rewrite(&self.files.device, tables)?;
        }
        while self.remove_one(&mut maintaining)? {}
        Ok(())
    }

    pub(crate) fn shape(&self) -> Shape {
        let options = &self.files.options;
        Shape {
            memtable_bytes: options.memtable_bytes as u64,
            table_bytes: options.table_bytes,
            level0_tables: options.level0_tables,
            ratio: options.level_ratio,
            ..Shape::default()
        }
    }
}

/// The flush of the oldest memtable that waits for one.
fn begin_flush(files: &Files, state: &State) -> Result<Option<Task>> {
    let Some(frozen) = state.frozen.last() else {
        return Ok(None);
    };
    let job = Job::flush(files, frozen, &state.levels)?;
    let is_made = false;
    Ok(Some(Task { job, is_made }))
}

/// A job cannot go on: the tables that it has made are not needed.
fn abandon(maintaining: &mut Maintaining, task: Task) {
    let Job {
        made,
        unfinished,
        failed,
        ..
    } = task.job;
    let begun = unfinished.map(|(number, _)| number).or(failed);
    maintaining.unread.extend(begun.map(Name::Table));
    maintaining.old_tables.extend(made);
}

fn without(frozen: &[Arc<Logged>], flushed: Option<&Arc<Logged>>) -> Vec<Arc<Logged>> {
    let is_flushed = |other: &&Arc<Logged>| flushed.is_some_and(|one| Arc::ptr_eq(one, other));
    let others = frozen.iter().filter(|other| !is_flushed(other));
    others.cloned().collect()
}
