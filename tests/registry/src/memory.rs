//! Chapter 1.

use engine::Durability;

use crate::{Engine, Registered};

macro_rules! chapter {
    ($crate_name:ident, $prefix:literal) => {
        [
            Engine {
                name: concat!($prefix, "memory"),
                sentence: "A map in memory, saved whole to a snapshot file.",
                settings: "none",
                durabilities: &[Durability::Buffered],
                formats: &[$crate_name::layout::SNAPSHOT_FILE],
                judge: None,
                open: |disk, _| Ok(Box::new($crate_name::DurableMemory::open(disk)?)),
            },
            Engine {
                name: concat!($prefix, "map"),
                sentence: "The same map without the file: it forgets everything.",
                settings: "none",
                durabilities: &[Durability::Buffered],
                formats: &[],
                judge: None,
                open: |_, _| Ok(Box::new($crate_name::Memory::new())),
            },
        ]
    };
}

impl Registered for memory::Memory {}
impl Registered for memory::DurableMemory {}
#[cfg(feature = "mine")]
impl Registered for my_memory::Memory {}
#[cfg(feature = "mine")]
impl Registered for my_memory::DurableMemory {}

pub(crate) static REFERENCE: [Engine; 2] = chapter!(memory, "");
#[cfg(feature = "mine")]
pub(crate) static MINE: [Engine; 2] = chapter!(my_memory, "mine-");
