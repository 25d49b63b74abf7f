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

/// A log with these records, and where each begins.
pub(super) fn log(records: &[Says<'_>]) -> (Vec<u8>, Vec<u32>) {
    let header = Header {
        number: LOG,
        previous: 0,
    };
    let mut bytes = header.to_bytes().to_vec();
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
        let disk = SimDisk::new();
        let device = Device::new(Counted::new(Arc::new(disk.clone()), Arc::default()));
        let header = Header {
            number: LOG,
            previous: 0,
        };
        let (log, mut tail) = Log::create(&device, header, 2 * len).unwrap();
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
            log.write_out(&mut tail).unwrap();
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
fn a_log_gets_its_room_in_steps_and_where_there_is_none_it_can_be_ended() {
    let writes = [put("pear", "green")];
    let len = record_len(&writes).unwrap();
    let disk = SimDisk::new();
    let device = Device::new(Counted::new(Arc::new(disk.clone()), Arc::default()));
    let header = Header {
        number: LOG,
        previous: 0,
    };
    let (log, mut tail) = Log::create(&device, header, 160 * len).unwrap();
    let bytes = || disk.image().get(NAME).unwrap().len();
    let mut lens = vec![bytes()];
    while log.takes(&tail, len) {
        log.make_room(&mut tail, len).unwrap();
        log.append(&mut tail, batch(&writes));
        log.write_out(&mut tail).unwrap();
        if lens.last() != Some(&bytes()) {
            lens.push(bytes());
        }
        if lens.len() == 9 {
            break;
        }
    }
    let steps = lens.windows(2).map(|lens| lens[1] - lens[0]);
    let steps: Vec<u64> = steps.collect();
    let step = u64::from(10 * len);
    assert!(
        steps.iter().all(|grown| (step..step + 10).contains(grown)),
        "a sixteenth of what it may hold is {step} bytes, and it grew by {steps:?}"
    );
    disk.set_faults(Faults {
        capacity: Some(bytes()),
        ..Faults::default()
    });
    let mut appended = 0;
    let failed = loop {
        match log.make_room(&mut tail, len) {
            Ok(()) => log.append(&mut tail, batch(&writes)),
            Err(error) => break error,
        }
        appended += 1;
        assert!(appended < 12, "a step is full");
    };
    assert!(matches!(failed, Error::NoSpace { .. }), "{failed:?}");
    assert_eq!(bytes(), *lens.last().unwrap(), "nothing changed");
    log.end(&device, &mut tail, 0).unwrap();
    let ended = replay(NAME, LOG, disk.image().get(NAME).unwrap().bytes(), |_| {});
    assert_eq!(ended, Ok(Ended::Here));
}
