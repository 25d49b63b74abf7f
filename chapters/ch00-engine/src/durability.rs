//! What survives which accident.

/// How much a finished [`write`](crate::StorageEngine::write) has been made
/// safe by the time it returns. An engine is opened with one of these, and may
/// do more than was asked, never less.
///
/// Whatever was chosen, a [`sync`](crate::StorageEngine::sync) makes every
/// write that finished before it survive a power loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Durability {
    /// In the process's memory: before a sync it survives nothing.
    #[default]
    Buffered,
    /// In the operating system's memory: it survives a killed process, not a
    /// power loss.
    Os,
    /// On the device: it survives a power loss.
    Always,
}
