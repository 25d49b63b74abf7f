//! The checks, level by level.

pub mod concurrent;
pub mod core;
pub mod crash;
pub mod faults;
pub mod reopen;
