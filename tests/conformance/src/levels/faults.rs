//! Level faults.

use crate::level::{Check, Replay};

/// The level's checks.
pub const CHECKS: &[Check] = &[];

/// Replays one script of the level.
pub const REPLAY: Option<Replay> = None;
