//! What an engine is opened with.

use engine::Durability;

use crate::copy_on_write;

/// What an engine is opened with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// What a write survives by the time it returns. No meta page is written
    /// between two syncs; so [`Durability::Os`] is as much as
    /// [`Durability::Always`] here, and costs as much.
    pub durability: Durability,
    /// What the pages are kept with.
    pub pages: copy_on_write::Options,
}
