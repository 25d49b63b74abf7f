//! What an engine promises to cost.

/// What an engine promises to cost at most, beyond what the contract asks of
/// every engine; see [`Subject::costs_at_most`](crate::Subject::costs_at_most).
/// All of it is counted: see [`Counter`](engine::Counter).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// `BytesWritten` for each byte of a key or a value, while small entries
    /// are put in random order and all maintenance that is due is stepped.
    pub bytes_written_per_byte: u64,
    /// `PagesTouched` by a hundred gets of keys that are not there, after that
    /// load.
    pub pages_per_100_misses: u64,
}
