//! What led to a verdict, and what to read about it.

use serde::{Deserialize, Serialize};

use super::Place;

/// How a test went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// It compared, and found something else than it expected.
    Test,
    /// The suite found that a clause of the contract is broken.
    Clause,
    /// What the reader wrote panicked.
    Panic,
    /// It went on computing until it was stopped.
    EndlessLoop,
    /// It waited, and computed nothing, until it was stopped.
    Deadlock,
    /// It did not end, and nobody can tell whether it computed or waited.
    NeverEnded,
    /// A function called itself until its stack was full.
    StackOverflow,
    /// There was no memory left.
    OutOfMemory,
    /// A panic during another panic ended the process.
    DoublePanic,
    /// The process ended itself, by `exit`.
    Exit,
    /// The process was ended some other way.
    Abort,
}

/// A function of the exercise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// `name`, or `Type::name`.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

/// A test that fails beside the one that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// What happened, in a sentence that names the test.
    pub sentence: String,
    /// What the test says.
    pub message: String,
}

/// A page, or a part of one, to read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Its title.
    pub title: String,
    /// Its source, from the root of the repository, with the heading's anchor
    /// if it is a part of a page.
    pub source: String,
    /// Where it stands in the rendered book.
    pub url: String,
}
