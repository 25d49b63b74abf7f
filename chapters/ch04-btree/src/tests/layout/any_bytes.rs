//! Whatever the bytes: each is drawn once, and none that turns over is missed.

use proptest::prelude::*;

use super::*;

/// Counts the faults.
struct Faults(usize);

impl Draw for Faults {
    fn group(&mut self, _offset: usize, _name: Arguments<'_>) {}

    fn part(&mut self, part: Part<'_>) {
        self.0 += usize::from(part.fault.is_some());
    }
}

/// Takes in the bytes of the parts, one after the other.
struct Bytes(Vec<u8>);

impl Draw for Bytes {
    fn group(&mut self, offset: usize, _name: Arguments<'_>) {
        assert_eq!(offset, self.0.len());
    }

    fn part(&mut self, part: Part<'_>) {
        assert_eq!(part.offset, self.0.len());
        let is_cut_off = part.fault.is_some();
        assert!(is_cut_off || !part.bytes.is_empty(), "{part:?}");
        self.0.extend_from_slice(part.bytes);
    }
}

#[track_caller]
fn is_drawn_once(file: &[u8]) {
    let mut drawn = Bytes(Vec::new());
    (PAGES_FILE.dissect)(file, &mut drawn);
    assert!(drawn.0 == file);
}

#[test]
fn every_bit_that_turns_over_in_a_page_that_is_needed_is_said() {
    let mut file = with_entries(20);
    let free = free_pages(&file);
    assert!(!free.is_empty());
    for at in 0..file.len() {
        if free.contains(&(at / PAGE_BYTES)) {
            continue;
        }
        for bit in 0..8 {
            file[at] ^= 1 << bit;
            let mut faults = Faults(0);
            (PAGES_FILE.dissect)(&file, &mut faults);
            assert!(faults.0 > 0, "bit {bit} of byte {at}");
            file[at] ^= 1 << bit;
        }
    }
}

#[test]
fn every_byte_of_any_file_is_drawn_once() {
    let sound = with_entries(20);
    for len in 0..=sound.len() {
        is_drawn_once(&sound[..len]);
    }
    let mut file = sound.clone();
    for at in 0..file.len() {
        for byte in [0, 1, 2, 3, 4, 0x7f, 0x81, 255] {
            file[at] = byte;
            is_drawn_once(&file);
        }
        file[at] = sound[at];
    }
}

/// A file whose meta pages are sound and say anything.
fn any_file() -> impl Strategy<Value = Vec<u8>> {
    let number = || prop_oneof![0..12_u32, any::<u32>()];
    let size = prop_oneof![128..400_u32, any::<u32>()];
    let metas = (size, number(), number(), number(), 0..4_u64);
    let kinds = prop::collection::vec((0..6_u8, 0..3_u8, any::<[u8; 4]>()), 0..10);
    (metas, kinds, prop::collection::vec(any::<u8>(), 0..4000)).prop_map(
        |((page_bytes, pages, root, free_head, commit), kinds, mut file)| {
            let meta = Meta {
                page_bytes,
                pages,
                commit,
                root,
                free_head,
                free_count: 3,
            };
            let page_bytes = page_bytes.min(2000) as usize;
            for page in 0..3 {
                let at = page * page_bytes;
                if let Some(place) = file.get_mut(at..at + META_BYTES) {
                    place.copy_from_slice(&meta.to_bytes());
                }
            }
            for (page, (kind, level, [count, cells, garbage, shared])) in (3_u32..).zip(kinds) {
                let at = page as usize * page_bytes;
                if let Some(bytes) = file.get_mut(at..at + page_bytes)
                    && bytes.len() > 26
                {
                    bytes[4..8].copy_from_slice(&page.to_le_bytes());
                    bytes[8..16].fill(0);
                    let numbers = [count % 8, 0, cells, 0, garbage % 8, 0, shared % 8, 0];
                    bytes[16..18].copy_from_slice(&[kind, level]);
                    bytes[18..26].copy_from_slice(&numbers);
                    seal(bytes);
                }
            }
            file
        },
    )
}

proptest! {
    #[test]
    fn whatever_the_meta_pages_say_every_byte_is_drawn_once(file in any_file()) {
        is_drawn_once(&file);
    }
}
