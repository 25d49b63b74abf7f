//! The simulated disk itself: [`engine::disk::Disk`] in memory.

use std::fmt;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::disk::{Disk, File, Lock, Mode, check_name};
use engine::{Error, Result};

use super::change::{Change, FileId, NameChange};
use super::choice::Cut;
use super::faults::{Faults, Operation};
use super::file::SimFile;
use super::image::Image;
use super::live::{Counts, Live, refuse};
use super::medium::Medium;
use super::reach::Reach;
use super::walk::Walk;
use crate::schedules::stage;

/// A disk in memory whose power can be cut at any operation.
///
/// Clones are handles to one disk, held by one process: when that is
/// [killed](SimDisk::kill), they and all they opened are dead.
#[derive(Clone)]
pub struct SimDisk {
    live: Arc<Mutex<Live>>,
    deaths: u64,
}

impl SimDisk {
    /// An empty disk.
    pub fn new() -> Self {
        SimDisk::on(Medium::default())
    }

    /// A disk that was switched on and holds `image`, all of it durable.
    pub fn from_image(image: &Image) -> Self {
        SimDisk::on(Medium::new(image))
    }

    /// A disk over `medium`, under power, with nothing open.
    pub(super) fn on(medium: Medium) -> Self {
        SimDisk {
            live: Arc::new(Mutex::new(Live::new(medium))),
            deaths: 0,
        }
    }

    /// Kills the process that has the disk open, without cutting the power:
    /// what was written is still there, and no more durable than it was.
    /// The answer is the next process's handle. This one, and every file, map
    /// and lock that came from it, can no longer touch the disk.
    #[must_use]
    pub fn kill(&self) -> SimDisk {
        let mut live = self.live();
        live.die();
        SimDisk {
            live: self.live.clone(),
            deaths: live.deaths,
        }
    }

    /// What the files hold now, while there is power.
    pub fn image(&self) -> Image {
        let live = self.live();
        let mut image = Image::new();
        for (name, file) in &live.names {
            image.insert(name.clone(), live.files[file.0].content.clone());
        }
        image
    }

    /// How many changes the disk has taken in: the last place for a
    /// [`Cut`].
    pub fn changes(&self) -> usize {
        self.live().log.len()
    }

    /// The changes that the disk has taken in, one line each.
    pub fn trace(&self) -> Vec<String> {
        let live = self.live();
        live.log.iter().map(Change::to_string).collect()
    }

    /// A walk over every place at which the power may be cut.
    pub fn walk(&self) -> Walk {
        let live = self.live();
        Walk::new(live.start.clone(), live.log.clone())
    }

    /// The image that is left where the power was cut there.
    pub fn cut(&self, cut: Cut) -> Image {
        let mut walk = self.walk();
        let mut reach = Reach::default();
        while walk.at() < cut.at && walk.advance(&mut reach) {}
        walk.image(cut.image, &mut reach)
    }

    /// What goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.live().faults = faults;
    }

    /// The operations that the disk was asked for, failed ones included.
    pub fn operations(&self) -> Vec<Operation> {
        self.live().operations.clone()
    }

    /// What the disk counted.
    pub fn counts(&self) -> Counts {
        self.live().counts
    }

    /// What an engine did that the contract of [`engine::disk`] forbids, one
    /// sentence each.
    pub fn violations(&self) -> Vec<String> {
        self.live().violations.clone()
    }

    /// What is shared. Its lock is not one of an engine's: it is never held
    /// while a thread is steered.
    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is shared, where this process is alive.
    pub(super) fn alive(&self) -> Option<MutexGuard<'_, Live>> {
        let live = self.live();
        (live.deaths == self.deaths).then_some(live)
    }

    /// Begins an operation: counts it, and fails where the process is dead or
    /// a fault hits it. In the second case the answer comes with the error, for
    /// operations that leave something behind when they fail.
    pub(super) fn begin(&self, operation: Operation, file: &str) -> Result<Begun<'_>> {
        let dead = || refuse(operation, file, ErrorKind::Other, "the process was killed");
        stage::at_disk(operation, file);
        let mut live = self.alive().ok_or_else(dead)?;
        let number = live.operations.len();
        live.operations.push(operation);
        let hit = live.faults.fail.is_some_and(|fail| fail.hits(number));
        live.counts.failed += u64::from(hit);
        let takes_room = matches!(operation, Operation::Write | Operation::Allocate);
        let is_full = live.faults.full && takes_room;
        Ok(Begun {
            live,
            failure: hit.then(|| {
                if is_full {
                    let file = file.to_owned();
                    return Error::NoSpace { file };
                }
                refuse(
                    operation,
                    file,
                    ErrorKind::Other,
                    "input/output error (simulated)",
                )
            }),
        })
    }

    /// Begins an operation that leaves nothing behind when it fails.
    pub(super) fn enter(&self, operation: Operation, file: &str) -> Result<MutexGuard<'_, Live>> {
        let Begun { live, failure } = self.begin(operation, file)?;
        failure.map_or(Ok(live), Err)
    }

    fn file(&self, live: &mut Live, name: &str, file: FileId, writable: bool) -> Box<dyn File> {
        live.files[file.0].open += 1;
        Box::new(SimFile::new(self.clone(), name, file, writable))
    }
}

/// An operation that has begun.
pub(super) struct Begun<'d> {
    pub(super) live: MutexGuard<'d, Live>,
    /// The error with which it is to fail.
    pub(super) failure: Option<Error>,
}

const DIRECTORY: &str = "the simulated disk";

impl Disk for SimDisk {
    fn open(&self, name: &str, mode: Mode) -> Result<Box<dyn File>> {
        check_name(name)?;
        if mode == Mode::CreateNew {
            let mut live = self.enter(Operation::Create, name)?;
            if live.names.contains_key(name) {
                let (kind, what) = (ErrorKind::AlreadyExists, "the file exists");
                return Err(refuse(Operation::Create, name, kind, what));
            }
            let file = FileId(live.files.len());
            live.change_names(NameChange::Create(name.into(), file));
            return Ok(self.file(&mut live, name, file, true));
        }
        let mut live = self.enter(Operation::Open, name)?;
        let file = live.find(Operation::Open, name)?;
        Ok(self.file(&mut live, name, file, mode == Mode::Write))
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let operation = Operation::Rename;
        check_name(from)?;
        check_name(to)?;
        let mut live = self.enter(operation, from)?;
        let file = live.find(operation, from)?;
        if let Some(replaced) = live.names.get(to).copied()
            && live.files[replaced.0].open > 0
        {
            return Err(live.forbid(operation, to, "the file in its place is open"));
        }
        if from != to {
            live.change_names(NameChange::Rename(from.into(), to.into(), file));
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<()> {
        let operation = Operation::Remove;
        check_name(name)?;
        let mut live = self.enter(operation, name)?;
        let file = live.find(operation, name)?;
        if live.files[file.0].open > 0 {
            return Err(live.forbid(operation, name, "the file is open"));
        }
        live.change_names(NameChange::Remove(name.into()));
        Ok(())
    }

    fn list(&self) -> Result<Vec<String>> {
        let live = self.enter(Operation::List, DIRECTORY)?;
        Ok(live.names.keys().map(|name| name.to_string()).collect())
    }

    fn sync_dir(&self) -> Result<()> {
        let Begun { mut live, failure } = self.begin(Operation::SyncDir, DIRECTORY)?;
        live.attempt_sync(None, "the directory");
        live.end_sync_dir(failure.is_none());
        failure.map_or(Ok(()), Err)
    }

    fn lock(&self) -> Result<Lock> {
        let mut live = self.enter(Operation::Lock, DIRECTORY)?;
        if live.locked {
            return Err(Error::Locked {
                path: DIRECTORY.to_owned(),
            });
        }
        live.unlock();
        live.locked = true;
        Ok(Lock::new(Unlock(self.clone())))
    }
}

/// Gives the directory up when it is dropped.
struct Unlock(SimDisk);

impl Drop for Unlock {
    fn drop(&mut self) {
        if let Some(mut live) = self.0.alive() {
            live.unlock();
        }
    }
}

impl Default for SimDisk {
    fn default() -> Self {
        SimDisk::new()
    }
}

impl fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimDisk({} changes)", self.changes())
    }
}
