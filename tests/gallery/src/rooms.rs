//! The rooms of the gallery, by what their engines are wrong about.

pub mod batches;
pub mod commits;
pub mod counts;
pub mod cursors;
pub mod damage;
pub mod failing;
pub mod flushing;
pub mod keys;
pub mod levels;
pub mod merging;
pub mod moments;
pub mod opening;
pub mod owners;
pub mod pages;
pub mod poison;
pub mod reading;
pub mod scans;
pub mod schedules;
pub mod segments;
pub mod syncing;
pub mod threads;
pub mod walks;
