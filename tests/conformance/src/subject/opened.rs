//! An engine that was opened, whatever its type.

use std::fmt;
use std::ops::Deref;

use engine::{Check, Maintenance, Progress, Result, Snapshots, StorageEngine, Transactional};

/// What an engine can do beyond the contract, lent by it.
#[derive(Clone, Copy, Default)]
pub struct Powers<'e> {
    /// It owes work, which can be stepped.
    pub maintenance: Option<&'e dyn Maintenance>,
    /// It can prove itself sound.
    pub check: Option<&'e dyn Check>,
    /// It can hold on to one moment.
    pub snapshots: Option<&'e dyn Snapshots>,
    /// It has transactions.
    pub transactional: Option<&'e dyn Transactional>,
}

impl fmt::Debug for Powers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Powers")
            .field("maintenance", &self.maintenance.is_some())
            .field("check", &self.check.is_some())
            .field("snapshots", &self.snapshots.is_some())
            .field("transactional", &self.transactional.is_some())
            .finish()
    }
}

/// An engine that a [`Subject`](crate::Subject) opened. It derefs to the engine; dropping it
/// drops the engine.
pub struct Opened(Box<dyn Open>);

impl Opened {
    /// `engine`, which lends its powers through `powers`.
    pub(super) fn new<E: StorageEngine + 'static>(engine: E, powers: fn(&E) -> Powers<'_>) -> Self {
        Opened(Box::new(Engine { engine, powers }))
    }

    /// Closes the engine.
    ///
    /// # Errors
    ///
    /// What the engine answers.
    pub fn close(self) -> Result<()> {
        self.0.close()
    }

    /// What the engine can do beyond the contract.
    pub fn powers(&self) -> Powers<'_> {
        self.0.powers()
    }

    /// Does one piece of the work that the engine owes, if it owes any.
    ///
    /// # Errors
    ///
    /// What the engine answers.
    pub fn step(&self) -> Result<Progress> {
        match self.powers().maintenance {
            Some(maintenance) => maintenance.step(),
            None => Ok(Progress::Idle),
        }
    }
}

impl Deref for Opened {
    type Target = dyn StorageEngine;

    fn deref(&self) -> &Self::Target {
        self.0.engine()
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Opened").field(&self.powers()).finish()
    }
}

trait Open: Send + Sync {
    fn engine(&self) -> &(dyn StorageEngine + 'static);
    fn powers(&self) -> Powers<'_>;
    fn close(self: Box<Self>) -> Result<()>;
}

struct Engine<E> {
    engine: E,
    powers: fn(&E) -> Powers<'_>,
}

impl<E: StorageEngine + 'static> Open for Engine<E> {
    fn engine(&self) -> &(dyn StorageEngine + 'static) {
        &self.engine
    }

    fn powers(&self) -> Powers<'_> {
        (self.powers)(&self.engine)
    }

    fn close(self: Box<Self>) -> Result<()> {
        Box::new(self.engine).close()
    }
}
