//! Random scripts.

use proptest::prelude::*;

use super::{Bytes, Op, Script};

/// Which operations a random script may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vocabulary {
    /// Batches of several changes.
    pub batches: bool,
    /// Scans and cursors.
    pub scans: bool,
    /// Syncs, and steps of the work that the engine owes.
    pub syncs: bool,
    /// Closing, dropping and killing, each with opening again.
    pub endings: bool,
}

/// Scripts of up to `ops_max` operations.
pub fn scripts(vocabulary: Vocabulary, ops_max: usize) -> impl Strategy<Value = Script> {
    let _ = vocabulary;
    prop::collection::vec(Just(Op::Get(Bytes::from("a"))), 1..=ops_max).prop_map(Script::new)
}
