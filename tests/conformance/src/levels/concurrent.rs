//! Level concurrent.

use crate::level::Check;

/// The level's checks.
pub const CHECKS: &[Check] = &[];
