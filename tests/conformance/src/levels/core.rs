//! Level core.

use crate::level::Check;

/// The level's checks.
pub const CHECKS: &[Check] = &[];
