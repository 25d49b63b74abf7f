//! Chapter 4.

use engine::{Durability, Maintenance};

use crate::{Engine, Registered};

/// The engine of a crate, under a name with this prefix, and what it can do.
macro_rules! chapter {
    ($registered:ident, $crate_name:ident, $prefix:literal) => {
        pub(crate) static $registered: [Engine; 1] = [Engine {
            name: concat!($prefix, "btree"),
            sentence: "A B+tree of pages that are copied on write.",
            settings: "pages of 4 KiB, read through a map; up to 128 MiB of changed ones in memory \
                       between two syncs",
            // What is between two syncs is in memory alone; so `Os` is `Always`.
            durabilities: &[Durability::Buffered, Durability::Always],
            formats: &[$crate_name::layout::PAGES_FILE],
            judge: Some($crate_name::judge::JUDGE),
            open: |disk, durability| {
                let options = $crate_name::Options {
                    durability,
                    ..Default::default()
                };
                Ok(Box::new($crate_name::CowTree::open(disk, options)?))
            },
        }];

        impl Registered for $crate_name::CowTree {
            fn maintenance(&self) -> Option<&dyn Maintenance> {
                Some(self)
            }
        }
    };
}

chapter!(REFERENCE, btree, "");
#[cfg(feature = "mine")]
chapter!(MINE, my_btree, "mine-");
