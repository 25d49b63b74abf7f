//! What an engine is opened with.

use std::sync::Arc;

use engine::Durability;
use engine::clock::{Clock, SystemClock};

/// What an engine is opened with.
#[derive(Debug, Clone)]
pub struct Options {
    /// What a write survives by the time it returns.
    pub durability: Durability,
    /// How long a data file gets, in bytes; 2 GiB at most. A larger batch gets a
    /// file of its own.
    pub file_bytes_max: u32,
    /// From how many bytes of garbage on, in a hundred, files are merged.
    pub garbage_percent: u32,
    /// How long a data file has to be, in bytes, to get a hint file.
    pub hint_bytes_min: u32,
    /// What time it is: only keys that expire ask.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            durability: Durability::Buffered,
            file_bytes_max: 64 << 20,
            garbage_percent: 50,
            hint_bytes_min: 1 << 20,
            clock: Arc::new(SystemClock),
        }
    }
}
