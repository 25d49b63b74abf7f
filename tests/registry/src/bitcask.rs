//! Chapter 2.

use engine::{Durability, Maintenance};

use crate::{Engine, Registered};

macro_rules! chapter {
    ($crate_name:ident, $prefix:literal) => {
        [Engine {
            name: concat!($prefix, "bitcask"),
            sentence: "An append-only log with an index in memory.",
            settings: "none",
            durabilities: &[Durability::Buffered, Durability::Os, Durability::Always],
            formats: &[
                $crate_name::layout::DATA_FILE,
                $crate_name::layout::HINT_FILE,
            ],
            judge: Some($crate_name::judge::JUDGE),
            open: |disk, durability| {
                let options = $crate_name::Options {
                    durability,
                    ..Default::default()
                };
                Ok(Box::new($crate_name::Bitcask::open(disk, options)?))
            },
        }]
    };
}

impl Registered for bitcask::Bitcask {
    fn maintenance(&self) -> Option<&dyn Maintenance> {
        Some(self)
    }
}
#[cfg(feature = "mine")]
impl Registered for my_bitcask::Bitcask {
    fn maintenance(&self) -> Option<&dyn Maintenance> {
        Some(self)
    }
}

pub(crate) static REFERENCE: [Engine; 1] = chapter!(bitcask, "");
#[cfg(feature = "mine")]
pub(crate) static MINE: [Engine; 1] = chapter!(my_bitcask, "mine-");
