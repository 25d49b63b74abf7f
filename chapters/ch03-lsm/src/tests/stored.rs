use engine::Error;

use proptest::prelude::*;

use super::hex::same_bytes;
use super::tables::{Opened, disk_with, faults, is_corrupt};
use crate::compression::Compression;
use crate::table::TableInfo;
use crate::table::footer::Footer;
use crate::table::stored::{Handle, Stored};

#[test]
fn the_bytes_of_a_handle() {
    let handle = Handle {
        offset: 300,
        len: 128,
    };
    let mut bytes = Vec::new();
    handle.append_to(&mut bytes);
    same_bytes(&bytes, &[("ac 02", "offset"), ("80 01", "len")]);
    assert_eq!(Handle::decode(&bytes), Some(handle));
    assert_eq!(Handle::decode(&bytes[..3]), None);
    assert_eq!(Handle::decode(&[&bytes[..], &[0]].concat()), None);
}

#[test]
fn a_block_is_sound_in_its_place_alone() {
    let compression = Compression::Snappy;
    let stored = Stored {
        compression,
        bytes: b"block",
    };
    let mut bytes = Vec::new();
    stored.append_to(&mut bytes, 7, 4096);
    assert_eq!(Stored::decode(&bytes, 7, 4096), Ok(stored));
    assert!(Stored::decode(&bytes, 8, 4096).is_err());
    assert!(Stored::decode(&bytes, 7, 4097).is_err());
    for len in 0..bytes.len() {
        assert!(Stored::decode(&bytes[..len], 7, 4096).is_err(), "{len}");
    }
}

#[test]
fn a_footer_comes_back_and_one_that_leads_astray_is_refused() {
    let footer = Footer {
        filter: Handle {
            offset: 1000,
            len: 95,
        },
        index: Handle {
            offset: 1100,
            len: 195,
        },
        entries: 30,
        tombstones: 4,
        blocks: 3,
        number: 7,
    };
    let decode =
        |footer: Footer, number, offset| Footer::decode("name", number, offset, &footer.to_bytes());
    assert_eq!(decode(footer, 7, 1300), Ok(footer));
    assert!(is_corrupt(&decode(footer, 8, 1300)));
    assert!(is_corrupt(&decode(footer, 7, 1299)));
    let (mut filter, mut index, mut blocks) = (footer, footer, footer);
    filter.filter.offset = u64::MAX;
    index.index.len = u32::MAX;
    blocks.blocks = u32::MAX;
    for footer in [filter, index, blocks] {
        assert!(is_corrupt(&decode(footer, 7, 1300)), "{footer:?}");
    }
}

proptest! {
    #[test]
    fn a_table_of_any_bytes_is_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        faults in faults(),
    ) {
        let info = TableInfo {
            number: 7,
            bytes: bytes.len() as u64,
            entries: 1,
            tombstones: 0,
            smallest: b"a".to_vec(),
            largest: b"z".to_vec(),
        };
        let disk = disk_with(7, bytes);
        disk.set_faults(faults);
        let refused = Opened::of(disk, info).err();
        let is_damage = matches!(refused, Some(Error::Corrupt { .. } | Error::Version { .. }));
        prop_assert!(is_damage, "{:?}", refused);
    }
}
