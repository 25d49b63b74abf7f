//! Chapter 3.

use engine::{Durability, Maintenance};

use crate::{Engine, Registered};

/// The engine of a crate, under a name with this prefix, and what it can do.
macro_rules! chapter {
    ($registered:ident, $crate_name:ident, $prefix:literal) => {
        pub(crate) static $registered: [Engine; 1] = [Engine {
            name: concat!($prefix, "lsm"),
            sentence: "A log-structured merge tree: sorted tables in levels.",
            settings: "no compression, a cache of 64 MiB (idle while tables are mapped)",
            durabilities: &[Durability::Buffered, Durability::Os, Durability::Always],
            formats: &[
                $crate_name::layout::TABLE_FILE,
                $crate_name::layout::LOG_FILE,
                $crate_name::layout::MANIFEST_FILE,
            ],
            judge: Some($crate_name::judge::JUDGE),
            open: |disk, durability| {
                let options = $crate_name::Options {
                    durability,
                    // So are those of the stores that it is held against, and a
                    // block shows what is in it.
                    compression: $crate_name::compression::Compression::None,
                    ..Default::default()
                };
                Ok(Box::new($crate_name::Lsm::open(disk, options)?))
            },
        }];

        impl Registered for $crate_name::Lsm {
            fn maintenance(&self) -> Option<&dyn Maintenance> {
                Some(self)
            }
        }
    };
}

chapter!(REFERENCE, lsm, "");
#[cfg(feature = "mine")]
chapter!(MINE, my_lsm, "mine-");
