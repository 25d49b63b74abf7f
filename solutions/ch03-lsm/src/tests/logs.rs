use std::sync::Arc;

use conformance::sim::{Faults, SimDisk};
use engine::disk::Counted;
use engine::{Error, Write};

use super::hex::same_bytes;
use crate::device::Device;
use crate::log::Log;
use crate::log::header::{HEADER_BYTES, Header};
use crate::log::record::{Changes, Record, Says, record_len};
use crate::log::replay::{Ended, replay};

pub(super) const LOG: u32 = 7;

pub(super) const NAME: &str = "0000000007.log";

/// The header of that log.
const HEADER: Header = Header {
    number: LOG,
    previous: 0,
};

/// A disk, and the device over it.
fn counted_disk() -> (SimDisk, Device) {
    let disk = SimDisk::new();
    let device = Device::new(Counted::new(Arc::new(disk.clone()), Arc::default()));
    (disk, device)
}

/// A log with these records, and where each begins.
pub(super) fn log(records: &[Says<'_>]) -> (Vec<u8>, Vec<u32>) {
    let mut bytes = HEADER.to_bytes().to_vec();
    let mut offsets = Vec::new();
    for says in records {
        let offset = u32::try_from(bytes.len()).unwrap();
        offsets.push(offset);
        let record = Record {
            log: LOG,
            offset,
            says: *says,
        };
        record.append_to(&mut bytes);
    }
    (bytes, offsets)
}

pub(super) fn batch<'a>(writes: &'a [Write<'a>]) -> Says<'a> {
    Says::Batch(Changes::Writes(writes))
}

pub(super) fn put(key: &'static str, value: &'static str) -> Write<'static> {
    Write::put(key, value)
}

#[test]
fn a_header_has_these_bytes() {
    let header = Header {
        number: 7,
        previous: 5,
    };
    same_bytes(
        &header.to_bytes(),
        &[
            ("53 54 52 41 54 41 33 4c", "magic"),
            ("f5 36 2c b0", "crc32"),
            ("01 00 00 00", "version"),
            ("07 00 00 00", "number"),
            ("05 00 00 00", "previous"),
        ],
    );
    let decoded = Header::decode(NAME, 7, &header.to_bytes());
    assert_eq!(decoded, Ok(header));
}

#[test]
fn a_record_is_as_long_as_it_was_said_to_be() {
    let writes = [put("pear", "green"), Write::delete("fig"), put("", "")];
    let (bytes, _) = log(&[batch(&writes)]);
    assert_eq!(
        record_len(&writes).unwrap() as usize,
        bytes.len() - HEADER_BYTES as usize
    );
}

#[test]
fn a_batch_that_is_too_long_as_a_record_is_refused() {
    let key = vec![b'k'; usize::from(u16::MAX)];
    let writes = vec![Write::delete(&key); (1 << 30) / (7 + key.len()) + 1];
    let (_, fits) = writes.split_first().unwrap();
    assert!(record_len(fits).is_ok());
    let error = record_len(&writes).unwrap_err();
    assert!(matches!(error, Error::TooLarge { what: "batch", .. }));
}

/// What fails for want of room must not leave a log that cannot be ended for want
/// of room.
#[test]
fn a_log_that_is_full_is_ended_in_the_room_that_it_was_given() {
    let writes = [put("pear", "green")];
    let len = record_len(&writes).unwrap();
    for is_written in [false, true] {
        let (disk, device) = counted_disk();
        let (log, mut tail) = Log::create(&device, HEADER, 2 * len).unwrap();
        log.make_room(&mut tail, 2 * len).unwrap();
        disk.set_faults(Faults {
            capacity: Some(disk.image().get(NAME).unwrap().len()),
            ..Faults::default()
        });
        log.append(&mut tail, batch(&writes));
        log.write_out(&mut tail).unwrap();
        log.sync(&device, tail.end()).unwrap();
        // A mark tells of that sync, in front of the second one.
        assert!(log.takes(&tail, len) && !log.takes(&tail, len + 1));
        log.make_room(&mut tail, len).unwrap();
        log.append(&mut tail, batch(&writes));
        if is_written {
            // Of this sync, too, in front of the end.
            log.write_out(&mut tail).unwrap();
            log.sync(&device, tail.end()).unwrap();
        }
        log.end(&device, &mut tail, 0).unwrap();
        let (image, mut changes) = (disk.image(), 0);
        let bytes = image.get(NAME).unwrap().bytes();
        let ended = replay(NAME, LOG, bytes, |_| changes += 1);
        assert_eq!((ended, changes), (Ok(Ended::Here), 2));
    }
}

/// Few enough that syncs hardly pay for it, and short enough that an opening after
/// a crash reads little that nobody wrote.
#[test]
fn a_log_gets_its_room_in_sixteen_steps() {
    let writes = [put("pear", "green")];
    let len = record_len(&writes).unwrap();
    let (disk, device) = counted_disk();
    let (log, mut tail) = Log::create(&device, HEADER, 160 * len).unwrap();
    let bytes = || disk.image().get(NAME).unwrap().len();
    let mut lens = vec![bytes()];
    while log.takes(&tail, len) {
        log.make_room(&mut tail, len).unwrap();
        if bytes() > *lens.last().unwrap() {
            lens.push(bytes());
        }
        log.append(&mut tail, batch(&writes));
        log.write_out(&mut tail).unwrap();
        assert_eq!(bytes(), *lens.last().unwrap(), "a write needs no more room");
    }
    let grown: Vec<u64> = lens.windows(2).map(|lens| lens[1] - lens[0]).collect();
    assert_eq!(lens.len(), 16, "steps: {lens:?}");
    let step = lens[0];
    assert!(
        grown[..14].iter().all(|&grown| grown == step) && grown[14] <= step,
        "each is as long as the first, {step} bytes, but for the last: {grown:?}"
    );
}

/// However much the records before it have left of the last step.
#[test]
fn where_there_is_no_more_room_a_log_takes_what_fits_and_can_be_ended() {
    for value_len in 0..40 {
        let value = "x".repeat(value_len);
        let writes = [Write::put("pear", &value)];
        let len = record_len(&writes).unwrap();
        let (disk, device) = counted_disk();
        let (log, mut tail) = Log::create(&device, HEADER, 1600).unwrap();
        disk.set_faults(Faults {
            capacity: Some(300),
            ..Faults::default()
        });
        let mut made = 0;
        let failed = loop {
            if let Err(error) = log.make_room(&mut tail, len) {
                break error;
            }
            log.append(&mut tail, batch(&writes));
            // A mark tells of each sync.
            log.write_out(&mut tail).unwrap();
            log.sync(&device, tail.end()).unwrap();
            made += 1;
        };
        assert!(matches!(failed, Error::NoSpace { .. }), "{failed:?}");
        let most = (300 - tail.end()) / (9 + len);
        assert!(
            made > 0 && most <= 1,
            "{made} were made, and {most} more fit"
        );
        log.end(&device, &mut tail, 0).unwrap();
        let mut changes = 0;
        let image = disk.image();
        let ended = replay(NAME, LOG, image.get(NAME).unwrap().bytes(), |_| {
            changes += 1;
        });
        assert_eq!((ended, changes), (Ok(Ended::Here), made));
    }
}

#[test]
fn a_log_for_which_there_is_no_room_leaves_nothing() {
    let (disk, device) = counted_disk();
    disk.set_faults(Faults {
        capacity: Some(10),
        ..Faults::default()
    });
    let failed = Log::create(&device, HEADER, 1600).map(drop);
    assert!(matches!(failed, Err(Error::NoSpace { .. })), "{failed:?}");
    assert!(disk.image().get(NAME).is_none(), "the file is gone again");
}
