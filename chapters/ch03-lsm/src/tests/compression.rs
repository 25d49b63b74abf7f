use proptest::prelude::*;

use crate::compression::{Compression, Compressor, restore};

fn restored(compression: Compression, stored: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut block = b"what was there before".to_vec();
    restore(compression, stored, &mut block).map(|()| block)
}

/// Bytes that no compression finds anything in.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let step = |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        state.to_le_bytes()[7]
    };
    (0..len).map(step).collect()
}

#[test]
fn what_stands_in_files_is_understood_for_ever() {
    let block = [b'a'; 40];
    let len = [40, 0, 0, 0];
    // One literal, 34 bytes from one before, and five literals.
    let lz4 = [&len[..], &[0x1f, b'a', 1, 0, 15, 0x50], b"aaaaa"].concat();
    // Its own length, one literal, and 39 bytes from one before.
    let snappy = [&len[..], &[40, 0, b'a', 38 << 2 | 2, 1, 0]].concat();
    assert_eq!(restored(Compression::None, &block).unwrap(), block);
    assert_eq!(restored(Compression::Lz4, &lz4).unwrap(), block);
    assert_eq!(restored(Compression::Snappy, &snappy).unwrap(), block);
}

#[test]
fn numbers_of_compressions_never_change() {
    assert_eq!(Compression::ALL.map(Compression::number), [0, 1, 2]);
    for number in 0..=255 {
        let compression = Compression::of(number);
        assert_eq!(
            compression.map(Compression::number),
            (number < 3).then_some(number)
        );
    }
}

#[test]
fn a_block_in_which_nothing_is_saved_stays_as_it_is() {
    let noise = noise(4096);
    for compression in Compression::ALL {
        let mut compressor = Compressor::new(compression);
        assert_eq!(compressor.compress(&noise), (Compression::None, &noise[..]));
        assert_eq!(compressor.compress(b""), (Compression::None, &b""[..]));
    }
}

#[test]
fn an_eighth_is_just_worth_it() {
    for compression in [Compression::Lz4, Compression::Snappy] {
        let mut compressor = Compressor::new(compression);
        let mut kinds = Vec::new();
        // The more zeros behind the noise, the more is saved.
        for zeros in 0..1024 {
            let mut block = noise(4096 - zeros);
            block.resize(4096, 0);
            let (kind, stored) = compressor.compress(&block);
            let is_worth_it = stored.len() <= 4096 - 512;
            assert_eq!(kind != Compression::None, is_worth_it, "{zeros} zeros");
            assert_eq!(restored(kind, stored).unwrap(), block);
            kinds.push(kind);
        }
        kinds.dedup();
        assert_eq!(kinds, [Compression::None, compression]);
    }
}

#[test]
fn a_length_that_lies_is_refused_before_room_is_made_for_it() {
    for compression in [Compression::Lz4, Compression::Snappy] {
        let zeros = [0; 1000];
        let mut compressor = Compressor::new(compression);
        let (_, sound) = compressor.compress(&zeros);
        for len in [0, 999, 1001, 100_000, u32::MAX] {
            let mut stored = sound.to_vec();
            stored[..4].copy_from_slice(&len.to_le_bytes());
            let used = allocation_counter::measure(|| {
                assert!(
                    restored(compression, &stored).is_err(),
                    "{compression:?} {len}"
                );
            });
            assert!(
                used.bytes_total < 100_000,
                "{compression:?} {len}: {used:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn blocks_are_restored_as_they_were(
        pieces in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..20), 0..60_usize), 0..30),
    ) {
        let block: Vec<u8> = pieces.iter().flat_map(|(piece, times)| piece.repeat(*times)).collect();
        for compression in Compression::ALL {
            let mut compressor = Compressor::new(compression);
            // In the memory of another block.
            compressor.compress(&[7; 5000]);
            let (kind, stored) = compressor.compress(&block);
            prop_assert!(kind == Compression::None || kind == compression);
            prop_assert_eq!(restored(kind, stored), Ok(block.clone()));
        }
    }

    #[test]
    fn bytes_of_any_kind_are_restored_to_something_or_refused(
        len in 0..3000_u32,
        bytes in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let stored = [&len.to_le_bytes()[..], &bytes].concat();
        for compression in [Compression::Lz4, Compression::Snappy] {
            if let Ok(block) = restored(compression, &stored) {
                prop_assert_eq!(block.len(), len as usize);
            }
            prop_assert!(restored(compression, &stored[..3]).is_err());
        }
    }
}
