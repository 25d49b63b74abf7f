//! Scripts: what is done with a store, and what may be found of it later.

use std::sync::Arc;

use conformance::sim::{Faults, SimDisk};
use engine::page::PageStore;
use engine::{Error, Result};

use super::array::{Change, all, change, change_model, commit, numbers, reachable};
use super::pausing::Pausing;
use crate::copy_on_write::{CopyOnWrite, Options, Reader};

/// A step of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tests) enum Step {
    /// Commits these changes.
    Commit(Vec<Change>),
    /// Makes these changes in a group that is dropped.
    Abort(Vec<Change>),
    /// Syncs.
    Sync,
    /// Syncs, and makes these commits when that has asked for so many writes and
    /// syncs.
    SyncBeside(usize, Vec<Vec<Change>>),
    /// Begins to read. What is seen is looked at again until the script ends, or
    /// the store is closed.
    Read,
    /// The reader that has read for the longest time ends.
    EndRead,
    /// Closes the store and opens it again.
    Close,
    /// Drops the store and opens it again.
    Drop,
}

/// A reader, and what it sees.
type Seeing<'s> = (Reader<'s>, Vec<u32>);

/// What is known where the disk has taken in so many changes: the states that may
/// be found are those from `first` to `last`.
#[derive(Debug, Clone, Copy)]
pub(in crate::tests) struct Mark {
    pub(in crate::tests) at: usize,
    pub(in crate::tests) first: usize,
    pub(in crate::tests) last: usize,
}

/// What a script has come to.
#[derive(Debug)]
pub(in crate::tests) struct Played {
    pub(in crate::tests) disk: SimDisk,
    pausing: Pausing,
    /// The numbers after each commit.
    pub(in crate::tests) states: Vec<Vec<u32>>,
    pub(in crate::tests) marks: Vec<Mark>,
    /// The store has answered `Poisoned`.
    pub(in crate::tests) poisoned: bool,
}

impl Played {
    /// Nothing was done on `disk`, where one of these states may be found.
    pub(in crate::tests) fn on(disk: SimDisk, states: &[Vec<u32>]) -> Self {
        let last = states.len() - 1;
        let mark = Mark {
            at: 0,
            first: 0,
            last,
        };
        Played {
            pausing: Pausing::new(disk.clone()),
            disk,
            states: states.to_vec(),
            marks: vec![mark],
            poisoned: false,
        }
    }

    /// What may be found where the disk has taken in `at` changes.
    pub(in crate::tests) fn at(&self, at: usize) -> &[Vec<u32>] {
        let behind = self.marks.partition_point(|mark| mark.at <= at);
        let mark = self.marks[behind - 1];
        &self.states[mark.first..=mark.last]
    }

    fn mark(&mut self, change: impl FnOnce(&mut Mark, usize)) {
        let mut mark = *self.marks.last().unwrap();
        mark.at = self.disk.changes();
        change(&mut mark, self.states.len() - 1);
        self.marks.push(mark);
    }

    fn state(&self) -> &[u32] {
        self.states.last().unwrap()
    }

    /// Opens the store. What it shows is one of the states that may be found, and
    /// durable from now on.
    ///
    /// # Errors
    ///
    /// What the opening answers.
    pub(in crate::tests) fn open(&mut self, options: Options) -> Result<CopyOnWrite> {
        let store = CopyOnWrite::open(Arc::new(self.pausing.clone()), options)?;
        let shown = all(&store)?;
        let left = self.at(self.disk.changes());
        assert!(left.contains(&shown), "{shown:?} is none of {left:?}");
        self.states.push(shown);
        self.mark(|mark, last| (mark.first, mark.last) = (last, last));
        self.poisoned = false;
        Ok(store)
    }

    /// Plays steps. Where the disk fails, they may.
    ///
    /// # Errors
    ///
    /// What kept the store from being opened again.
    pub(in crate::tests) fn play(&mut self, options: Options, steps: &[Step]) -> Result<()> {
        let mut store = self.open(options)?;
        let mut rest = steps;
        while !rest.is_empty() {
            rest = self.session(&store, rest);
            match rest.split_first() {
                Some((Step::Close, behind)) => {
                    let closed = store.close();
                    if self.may_fail(&closed) {
                        self.mark(|mark, last| mark.first = last);
                    }
                    rest = behind;
                }
                Some((_, behind)) => {
                    drop(store);
                    rest = behind;
                }
                None => return Ok(()),
            }
            // Without a power cut everything that was written is there.
            store = self.open(options)?;
        }
        Ok(())
    }

    /// Plays steps until the store is closed or dropped.
    fn session<'t>(&mut self, store: &CopyOnWrite, steps: &'t [Step]) -> &'t [Step] {
        let mut readers: Vec<Seeing<'_>> = Vec::new();
        for (done, step) in steps.iter().enumerate() {
            match step {
                Step::Commit(changes) => self.commit(store, changes),
                Step::Abort(changes) => {
                    if let Ok(mut group) = store.begin() {
                        let _ = change(&mut group, changes);
                    }
                }
                Step::Sync => {
                    let synced = store.sync();
                    if self.may_fail(&synced) {
                        self.mark(|mark, last| mark.first = last);
                    }
                }
                Step::SyncBeside(left, commits) => {
                    let (pausing, now) = (self.pausing.clone(), self.states.len() - 1);
                    let beside = || {
                        for changes in commits {
                            self.commit(store, changes);
                        }
                    };
                    let synced = pausing.beside(*left, || store.sync(), beside);
                    if self.may_fail(&synced) {
                        self.mark(|mark, _| mark.first = now);
                    }
                }
                Step::Read => readers.push((store.read().unwrap(), self.state().to_vec())),
                Step::EndRead if readers.is_empty() => {}
                Step::EndRead => drop(readers.remove(0)),
                Step::Close | Step::Drop => return &steps[done..],
            }
            self.reads_go_on(store, &mut readers, &format!("after {step:?}"));
        }
        &[]
    }

    fn commit(&mut self, store: &CopyOnWrite, changes: &[Change]) {
        let mut state = self.state().to_vec();
        change_model(&mut state, changes);
        let committed = commit(store, changes);
        if self.may_fail(&committed) {
            self.states.push(state);
            self.mark(|mark, last| mark.last = last);
        }
    }

    /// Whatever has failed, everybody sees what they saw, unless reading fails.
    fn reads_go_on(&self, store: &CopyOnWrite, readers: &mut [Seeing<'_>], when: &str) {
        let failed = self.disk.counts().failed;
        let shown = all(store);
        let mut seen = Vec::new();
        for (reader, state) in &mut *readers {
            seen.push((numbers(reader), &*state));
        }
        let books = store.check_books(|_| reachable(store));
        if self.disk.counts().failed > failed {
            return;
        }
        assert_eq!(shown.as_deref(), Ok(self.state()), "{when}");
        for (found, state) in seen {
            assert_eq!(found.as_ref(), Ok(state), "a reader {when}");
        }
        assert_eq!(books, Ok(()), "{when}");
    }

    /// Answers whether a call succeeded. It may fail where the disk did, and must
    /// where a sync did.
    fn may_fail(&mut self, result: &Result<()>) -> bool {
        match result {
            Ok(()) => assert!(!self.poisoned, "a poisoned store goes on"),
            Err(Error::Poisoned { .. }) => self.poisoned = true,
            Err(error) => {
                assert!(!self.poisoned, "a poisoned store answers {error}");
                assert!(
                    self.disk.counts().failed > 0,
                    "nothing has failed but {error}"
                );
            }
        }
        result.is_ok()
    }
}

/// A script without faults.
#[track_caller]
pub(in crate::tests) fn played(options: Options, steps: &[Step]) -> Played {
    let mut played = Played::on(SimDisk::new(), &[Vec::new()]);
    played.play(options, steps).unwrap();
    assert_eq!(played.disk.violations(), [""; 0]);
    played
}

/// Opens what is left, where one of `states` may be: that and its books are
/// sound, also after another commit, and when it is opened once more.
#[track_caller]
pub(in crate::tests) fn goes_on(disk: SimDisk, options: Options, states: &[Vec<u32>]) -> Played {
    disk.set_faults(Faults::default());
    let mut next = Played::on(disk, states);
    let steps = [
        Step::Commit(vec![Change::Push(9), Change::Set(1, 8)]),
        Step::Sync,
        Step::Commit(vec![Change::Pop, Change::Set(0, 7)]),
    ];
    next.play(options, &steps).unwrap();
    let violations = next.disk.violations();
    assert_eq!(violations, [""; 0]);
    next
}
