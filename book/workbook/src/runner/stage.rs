//! How far a long piece of work has come.

use std::fmt;
use std::sync::Arc;

/// A step of building and testing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage<'a> {
    /// There is more to compile than takes a moment.
    Compiling {
        /// Whether the suite is compiled, too, which takes a minute or two.
        suite: bool,
    },
    /// Nothing is compiled until the book that is open has compiled this
    /// chapter.
    Waiting(u32),
    /// A package has just been compiled.
    Compiled(&'a str),
    /// A test is about to be run.
    Test {
        /// Which, counted from 1.
        number: usize,
        /// How many there are.
        of: usize,
    },
}

/// Somebody who wants to hear of each [`Stage`]; nobody by default.
#[derive(Clone, Default)]
pub struct Listener(Option<Arc<Hear>>);

type Hear = dyn Fn(Stage<'_>) + Send + Sync;

impl Listener {
    /// Calls `hear` at each stage, from whichever thread is at work.
    pub fn new(hear: impl Fn(Stage<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hear)))
    }

    /// Tells whoever listens.
    pub fn tell(&self, stage: Stage<'_>) {
        if let Some(hear) = &self.0 {
            hear(stage);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").field(&self.0.is_some()).finish()
    }
}
