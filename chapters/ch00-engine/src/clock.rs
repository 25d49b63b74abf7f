//! Time, handed in: an engine that read a clock of its own could not be
//! replayed.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What time it is, as a duration since 1970-01-01T00:00:00Z.
///
/// A clock may be set back; an engine never relies on its going forward.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time now.
    fn now(&self) -> Duration;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO)
    }
}
