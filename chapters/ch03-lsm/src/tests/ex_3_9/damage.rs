use conformance::sim::{Faults, SimDisk};
use engine::{Error, Order, Result};
use proptest::prelude::*;

use crate::block::Block;
use crate::compression::Compression;
use crate::table::footer::FOOTER_BYTES;
use crate::table::stored::{Handle, Stored};
use crate::table::{TableInfo, TableOptions};
use crate::tests::tables::{
    Entries, Opened, bytes_of, disk_with, faults, in_order, no_map, numbered, options,
    some_entries, some_options, write,
};

/// A right answer, or one that says that there is damage.
#[track_caller]
fn right_or_damage<T: PartialEq + std::fmt::Debug>(answer: Result<T>, right: &T) {
    match answer {
        Ok(answer) => assert_eq!(answer, *right),
        Err(Error::Corrupt { .. } | Error::Version { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}

/// Opens a table and reads everything from it, and answers whether it was
/// found to be damaged.
fn examine(disk: SimDisk, info: &TableInfo, entries: &Entries) -> bool {
    let opened = match Opened::of(disk, info.clone()) {
        Ok(opened) => opened,
        Err(Error::Corrupt { .. } | Error::Version { .. }) => return true,
        Err(other) => panic!("{other}"),
    };
    for (key, value) in entries {
        right_or_damage(opened.get(key), &Some(value.clone()));
        let behind = [key, &b"\0"[..]].concat();
        right_or_damage(opened.get(&behind), &entries.get(&behind).cloned());
    }
    let mut found = opened.get(&info.smallest).is_err();
    for order in [Order::Ascending, Order::Descending] {
        let walked = opened.walk(order);
        found |= walked.is_err();
        right_or_damage(walked, &in_order(entries, order));
    }
    found
}

/// Few entries in several blocks, some of which can be compressed.
fn small(compression: Compression) -> (TableInfo, Vec<u8>, Entries) {
    let mut entries = Entries::new();
    for n in 0..6_u8 {
        let value = (n != 4).then(|| vec![n; usize::from(n) * 9]);
        entries.insert(vec![b'k', n / 3, n], value);
    }
    let options = TableOptions {
        block_bytes: 50,
        compression,
        bloom_bits_per_key: 10,
    };
    let disk = SimDisk::new();
    let info = write(&disk, 7, options, &entries);
    let bytes = bytes_of(&disk, 7);
    (info, bytes, entries)
}

/// Turns every bit of a table over, one at a time.
fn flip_every_bit(compression: Compression, faults: &Faults) {
    let (info, bytes, entries) = small(compression);
    let image = disk_with(7, bytes.clone()).image();
    assert!(!examine(SimDisk::from_image(&image), &info, &entries));
    let name = crate::table::file_name(7);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let disk = SimDisk::from_image(&image.with_flipped_bit(&name, at as u64, bit));
            disk.set_faults(faults.clone());
            assert!(examine(disk, &info, &entries), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn ex_3_9_every_flipped_bit_is_found_in_a_table_that_is_mapped() {
    for compression in Compression::ALL {
        flip_every_bit(compression, &Faults::default());
    }
}

#[test]
fn ex_3_9_every_flipped_bit_is_found_in_a_table_that_is_read() {
    for compression in Compression::ALL {
        flip_every_bit(compression, &no_map());
    }
}

#[test]
fn a_table_that_was_cut_off_is_found_at_once() {
    let (info, bytes, entries) = small(Compression::None);
    for len in 0..bytes.len() {
        let disk = disk_with(7, bytes[..len].to_vec());
        assert!(examine(disk, &info, &entries), "{len} bytes are left");
        // Where even the manifest says that it is so long.
        let info = TableInfo {
            bytes: len as u64,
            ..info.clone()
        };
        let disk = disk_with(7, bytes[..len].to_vec());
        assert!(examine(disk, &info, &entries), "{len} bytes are left");
    }
}

#[test]
fn ex_3_9_the_damage_is_told_where_it_is() {
    let (info, mut bytes, _) = small(Compression::None);
    bytes[3] ^= 1;
    let opened = Opened::of(disk_with(7, bytes), info.clone()).unwrap();
    let error = opened.get(&info.smallest).unwrap_err();
    let expected = Error::corrupt(
        "0000000007.table",
        0,
        "the checksum of a block does not match",
    );
    assert_eq!(error, expected);
}

/// The checksum tells that a block is what was written, and not that it makes
/// sense.
#[test]
fn ex_3_9_a_sound_block_that_makes_no_sense_is_damage_in_its_place() {
    let options = TableOptions {
        bloom_bits_per_key: 0,
        ..options()
    };
    let disk = SimDisk::new();
    let info = write(&disk, 7, options, &numbered(50));
    let mut bytes = bytes_of(&disk, 7);
    let opened = Opened::of(disk, info.clone()).unwrap();
    let index = opened.table.footer().index;
    let start = usize::try_from(index.offset).unwrap();
    let block = Block::new(&bytes[start..][..index.len as usize]).unwrap();
    let handle = Handle::decode(block.nth(0).unwrap().unwrap()).unwrap();
    let mut senseless = Vec::new();
    let stored = Stored {
        compression: Compression::None,
        bytes: &vec![0xff; handle.len as usize],
    };
    stored.append_to(&mut senseless, 7, 0);
    bytes[..senseless.len()].copy_from_slice(&senseless);
    let opened = Opened::of(disk_with(7, bytes), info).unwrap();
    assert!(opened.get(b"key098").unwrap().is_some(), "in another block");
    let error = opened.get(b"key000").unwrap_err();
    let is_told = matches!(&error, Error::Corrupt { file, offset: 0, .. }
        if file == "0000000007.table");
    assert!(is_told, "{error}");
}

#[test]
fn ex_3_9_an_index_that_leads_to_more_blocks_than_there_are_is_damage() {
    let disk = SimDisk::new();
    let info = write(&disk, 7, options(), &numbered(50));
    let mut bytes = bytes_of(&disk, 7);
    let opened = Opened::of(disk, info.clone()).unwrap();
    let mut footer = *opened.table.footer();
    footer.blocks -= 1;
    let end = bytes.len() - FOOTER_BYTES;
    bytes[end..].copy_from_slice(&footer.to_bytes());
    let opened = Opened::of(disk_with(7, bytes), info).unwrap();
    assert!(opened.get(b"key000").unwrap().is_some(), "in the first one");
    let what = "the index leads to where no blocks can be";
    let damage = Error::corrupt("0000000007.table", footer.index.offset, what);
    assert_eq!(opened.get(b"key098"), Err(damage));
}

proptest! {
    #[test]
    fn ex_3_9_damage_anywhere_is_found_or_does_no_harm(
        entries in some_entries(),
        options in some_options(),
        faults in faults(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let disk = SimDisk::new();
        let info = write(&disk, 7, options, &entries);
        let sound = bytes_of(&disk, 7);
        let mut bytes = sound.clone();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let is_damaged = bytes != sound;
        let disk = disk_with(7, bytes);
        disk.set_faults(faults);
        let found = examine(disk, &info, &entries);
        prop_assert!(!found || is_damaged);
    }
}
