//! A table: sorted entries in a file that never changes.

use serde::{Deserialize, Serialize};

/// What is known of a table without opening it; the manifest tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableInfo {
    /// The number in its name.
    pub number: u32,
    /// The length of its file, in bytes.
    pub bytes: u64,
    /// How many entries it has, tombstones included.
    pub entries: u64,
    /// How many of them are tombstones.
    pub tombstones: u64,
    /// The smallest key.
    #[serde(with = "serde_bytes")]
    pub smallest: Vec<u8>,
    /// The largest key.
    #[serde(with = "serde_bytes")]
    pub largest: Vec<u8>,
}
