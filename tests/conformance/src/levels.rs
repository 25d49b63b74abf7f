//! The checks, level by level.

pub mod concurrent;
pub mod core;
pub mod crash;
pub mod faults;
pub(crate) mod playing;
pub mod reopen;
pub mod snapshot;
