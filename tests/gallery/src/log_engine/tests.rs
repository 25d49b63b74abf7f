use std::sync::Arc;

use conformance::sim::{Cut, Fail, Faults, Part, SimDisk};
use engine::disk::{Disk, RealDisk};
use engine::{Counter, Durability, Error, Order, Write};
use engine::{KeyRange, StorageEngine};

use super::format::{encode_base, encode_record};
use super::log::{CLOSED, OPEN};
use super::replay::replay;
use super::table::Entries;
use super::*;

/// A log with one entry below its base, then a put, a batch, and a synced put;
/// with an end, if it was closed. Answers also where each record begins.
fn log(is_closed: bool) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = encode_base(&Right, &Entries::from([(b"a".to_vec(), b"1".to_vec())]));
    let base = bytes.len() as u64;
    let mut starts = vec![24];
    let mut append = |synced: Option<u64>, batch: &[Write<'_>]| {
        let at = bytes.len() as u64;
        starts.push(bytes.len());
        encode_record(&Right, &mut bytes, at, synced.unwrap_or(at), batch);
    };
    append(Some(base), &[Write::put(b"b", b"")]);
    append(Some(base), &[Write::delete(b"a"), Write::put(b"", b"2")]);
    append(None, &[Write::put(b"c", b"3")]);
    if is_closed {
        append(None, &[]);
    }
    (bytes, starts)
}

#[test]
fn the_format_is_what_its_tables_say() {
    let (bytes, starts) = log(true);
    let hex =
        |bytes: &[u8]| -> Vec<String> { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    let mut rows = vec![hex(&bytes[..24]).join(" ")];
    for (at, &start) in starts.iter().enumerate() {
        let end = starts.get(at + 1).copied().unwrap_or(bytes.len());
        rows.push(hex(&bytes[start..end]).join(" "));
    }
    assert_eq!(
        rows,
        [
            // crc32, magic, version, base
            "6f 50 45 48 73 74 72 61 74 61 2d 6c 01 00 00 00 33 00 00 00 00 00 00 00",
            // crc32, synced, len; put, key_len, value_len, key, value
            "3b 39 5f e7 18 00 00 00 00 00 00 00 0b 00 00 00 \
             01 01 00 00 00 01 00 00 00 61 31",
            "fb 8f b3 44 33 00 00 00 00 00 00 00 0a 00 00 00 \
             01 01 00 00 00 00 00 00 00 62",
            // … delete, key_len, key; put, key_len, value_len, key, value
            "04 70 5d fe 33 00 00 00 00 00 00 00 10 00 00 00 \
             02 01 00 00 00 61 01 00 00 00 00 01 00 00 00 32",
            "10 00 87 75 6d 00 00 00 00 00 00 00 0b 00 00 00 \
             01 01 00 00 00 01 00 00 00 63 33",
            "0d 14 34 9f 88 00 00 00 00 00 00 00 00 00 00 00",
        ]
    );
}

#[test]
fn every_flipped_bit_of_a_closed_log_is_found() {
    let (bytes, _) = log(true);
    assert_eq!(replay(&Right, CLOSED, &bytes).unwrap().entries.len(), 3);
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let answer = replay(&Right, CLOSED, &flipped);
        assert!(
            matches!(answer, Err(Error::Corrupt { .. } | Error::Version { .. })),
            "bit {bit}: {answer:?}"
        );
    }
}

#[test]
fn every_shortened_closed_log_is_damaged() {
    let (bytes, _) = log(true);
    for len in 0..bytes.len() {
        let answer = replay(&Right, CLOSED, &bytes[..len]);
        assert!(matches!(answer, Err(Error::Corrupt { .. })), "{len} bytes");
    }
}

#[test]
fn of_an_open_log_only_the_torn_tail_may_be_missing() {
    let (bytes, starts) = log(false);
    for len in 0..bytes.len() {
        let answer = replay(&Right, OPEN, &bytes[..len]);
        if len < starts[1] {
            assert!(matches!(answer, Err(Error::Corrupt { .. })), "{len} bytes");
            continue;
        }
        // Zeros behind it, or what was once a log, make the tail no better.
        for garbage in [vec![], vec![0; 40], bytes.clone()] {
            let torn = [&bytes[..len], &garbage].concat();
            let whole = starts.iter().rposition(|&start| start <= len).unwrap();
            assert_eq!(replay(&Right, OPEN, &torn).unwrap().end, starts[whole]);
        }
    }
}

#[test]
fn damage_before_a_proven_sync_is_no_torn_tail() {
    let (bytes, starts) = log(false);
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        let answer = replay(&Right, OPEN, &flipped);
        // The last record proves that all before it was synced; itself it may
        // be torn.
        assert_eq!(answer.is_err(), at < starts[3], "byte {at}: {answer:?}");
    }
}

#[test]
fn what_was_closed_opens_again_on_a_real_disk() {
    let directory = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(directory.path()).unwrap());
    for durability in [Durability::Buffered, Durability::Os, Durability::Always] {
        let engine = open(Arc::clone(&disk), durability).unwrap();
        engine.put(b"a", b"1").unwrap();
        engine.put(b"b", b"2").unwrap();
        engine.sync().unwrap();
        engine.delete(b"a").unwrap();
        assert!(matches!(
            open(Arc::clone(&disk), durability).err(),
            Some(Error::Locked { .. })
        ));
        engine.close().unwrap();
        let engine = open(Arc::clone(&disk), durability).unwrap();
        assert_eq!(engine.get(b"a").unwrap(), None);
        assert_eq!(engine.get(b"b").unwrap(), Some(b"2".to_vec()));
        drop(engine);
        assert_eq!(disk.list().unwrap(), [OPEN]);
    }
}

#[test]
fn a_cursor_goes_on_where_its_chunk_ended_both_ways() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::new(RealDisk::new(directory.path()).unwrap());
    let engine = open(disk, Durability::Buffered).unwrap();
    let keys: Vec<_> = (0_u8..100).map(|byte| vec![byte]).collect();
    for key in &keys {
        engine.put(key, b"").unwrap();
    }
    let walk = |order| -> Vec<_> {
        let entries = engine.entries(KeyRange::all(), order).unwrap();
        entries.map(|entry| entry.unwrap().0).collect()
    };
    assert_eq!(walk(Order::Ascending), keys);
    assert!(walk(Order::Descending).iter().eq(keys.iter().rev()));

    let before = engine.stats();
    let mut cursor = engine
        .scan(KeyRange::half_open(&[10], &[20]), Order::Descending)
        .unwrap();
    let mut seek = |key: u8| {
        cursor.seek(&[key]).unwrap();
        cursor.entry().map(|(key, _)| key[0])
    };
    assert_eq!(seek(15), Some(15));
    assert_eq!(seek(20), Some(19));
    assert_eq!(seek(200), Some(19));
    assert_eq!(seek(9), None);
    let visited = engine.stats().since(&before)[Counter::EntriesVisited];
    assert_eq!(visited, 10 + 6 + 10 + 10);
}

/// A failed append may have been written whole. After the error nobody may
/// ever find it, whatever a power cut leaves.
#[test]
fn a_failed_append_is_taken_back_for_good() {
    for part in Part::ALL {
        let disk = SimDisk::new();
        let engine = open(Arc::new(disk.clone()), Durability::Os).unwrap();
        engine.put(b"a", b"1").unwrap();
        let next = disk.operations().len();
        disk.set_faults(Faults {
            fail: Some(Fail::Once(next)),
            failed_write: part,
            ..Faults::default()
        });
        let answer = engine.put(b"b", b"2");
        assert!(matches!(answer, Err(Error::Io { .. })), "{answer:?}");
        assert_eq!(engine.get(b"b").unwrap(), None);
        for image in 0..32 {
            let at = disk.changes();
            let left = SimDisk::from_image(&disk.cut(Cut { at, image }));
            let engine = open(Arc::new(left), Durability::Os).unwrap();
            assert_eq!(engine.get(b"a").unwrap(), Some(b"1".to_vec()));
            assert_eq!(engine.get(b"b").unwrap(), None);
        }
        engine.put(b"c", b"3").unwrap();
        engine.close().unwrap();
        let engine = open(Arc::new(disk), Durability::Os).unwrap();
        assert_eq!(engine.get(b"b").unwrap(), None);
        assert_eq!(engine.get(b"c").unwrap(), Some(b"3".to_vec()));
    }
}
