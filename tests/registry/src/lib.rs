//! Every engine by name: what opens it, what it promises, how its files look.
//!
//! The program behind `cargo run` and the benches open engines here and
//! nowhere else, so that an engine is known to all of them with one entry.
//! With the feature `mine` the reader's own chapters are among them, each
//! beside its reference: `memory` and `mine-memory`.
//!
//! A chapter is registered by a macro of its own, over the crate that it is
//! in, since the reader's crate and the reference differ in nothing else.

use std::fmt;
use std::sync::Arc;

use engine::disk::Disk;
use engine::layout::{Format, Judge};
use engine::{Durability, Maintenance, Result, StorageEngine};

mod bitcask;
mod btree;
mod lsm;
mod memory;

/// An engine, and what it can do beyond the contract.
pub trait Registered: StorageEngine {
    /// Its maintenance, where it owes any work that no caller waits for.
    /// Whoever opens the engine steps it.
    fn maintenance(&self) -> Option<&dyn Maintenance> {
        None
    }
}

/// Any other engine, as it is.
impl Registered for Box<dyn StorageEngine> {}

/// An engine that can be opened by its name.
#[derive(Clone, Copy)]
pub struct Engine {
    /// What it is called at the command line.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub sentence: &'static str,
    /// How it is set up, where that differs from its defaults or is to be known
    /// by whoever compares it with others: a phrase.
    pub settings: &'static str,
    /// What it can be asked to promise of a write, the weakest first.
    pub durabilities: &'static [Durability],
    /// The files that it keeps; none if it keeps nothing.
    pub formats: &'static [Format],
    /// What is said of its files only by all of them together.
    pub judge: Option<Judge>,
    open: Open,
}

type Open = fn(Arc<dyn Disk>, Durability) -> Result<Box<dyn Registered>>;

impl Engine {
    /// Opens the engine on `disk`.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](engine::Error::Unsupported) where `durability`
    /// is none of [`durabilities`](Self::durabilities); else what the engine
    /// answers.
    pub fn open(&self, disk: Arc<dyn Disk>, durability: Durability) -> Result<Box<dyn Registered>> {
        if !self.durabilities.contains(&durability) {
            let what = "this durability";
            return Err(engine::Error::Unsupported { what });
        }
        (self.open)(disk, durability)
    }

    /// Answers whether anything is left of it when it is closed.
    pub fn keeps_files(&self) -> bool {
        !self.formats.is_empty()
    }

    /// Answers whether it could have written a file of this name.
    pub fn owns(&self, file: &str) -> bool {
        self.formats.iter().any(|format| (format.is_named)(file))
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({})", self.name)
    }
}

/// All engines, in the order of their chapters; the reader's own behind them.
pub fn engines() -> impl Iterator<Item = &'static Engine> {
    let references = [
        memory::REFERENCE.as_slice(),
        &bitcask::REFERENCE,
        &lsm::REFERENCE,
        &btree::REFERENCE,
    ];
    #[cfg(feature = "mine")]
    let mine = [
        memory::MINE.as_slice(),
        &bitcask::MINE,
        &lsm::MINE,
        &btree::MINE,
    ];
    #[cfg(not(feature = "mine"))]
    let mine: [&[Engine]; 0] = [];
    references.into_iter().chain(mine).flatten()
}

/// The engine of that name.
pub fn find(name: &str) -> Option<&'static Engine> {
    engines().find(|engine| engine.name == name)
}

/// The format of a file: by its name, or else by how it begins.
pub fn format_of(file: &str, bytes: &[u8]) -> Option<&'static Format> {
    let formats = || engines().flat_map(|engine| engine.formats);
    let begins = |format: &&Format| !format.magic.is_empty() && bytes.starts_with(format.magic);
    let named = |format: &&Format| (format.is_named)(file);
    formats().find(named).or_else(|| formats().find(begins))
}

/// Who says of a file of this name, and of the others in its directory, what no
/// file says alone.
///
/// The references come first, so that nothing the reader has still to write is
/// asked.
pub fn judge_about(file: &str) -> Option<&'static Judge> {
    let mut judges = engines().filter_map(|engine| engine.judge.as_ref());
    judges.find(|judge| (judge.is_about)(file))
}

#[cfg(test)]
mod tests;
