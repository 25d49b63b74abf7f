use engine::Write;

use super::{drawn, faults, with};
use crate::layout::LOG_FILE;
use crate::log::header::{HEADER_BYTES, Header};
use crate::log::record::{Changes, Record, Says};

/// Log 7: a batch, a mark, another batch, the end, and room.
pub(super) fn log() -> Vec<u8> {
    let header = Header {
        number: 7,
        previous: 5,
    };
    let mut bytes = header.to_bytes().to_vec();
    let first = [Write::put(b"apple", b"red"), Write::delete(b"fig")];
    let second = [Write::put(b"", b"")];
    for says in [
        Says::Batch(Changes::Writes(&first)),
        Says::Synced { up_to: 24 },
        Says::Batch(Changes::Writes(&second)),
        Says::End,
    ] {
        let offset = u32::try_from(bytes.len()).unwrap();
        let record = Record {
            log: 7,
            offset,
            says,
        };
        record.append_to(&mut bytes);
    }
    bytes.resize(bytes.len() + 5, 0);
    bytes
}

const LOG: &str = r#"     0 magic "STRATA3L"
     8 crc32 0xb02c36f5
    12 version 1
    16 number 7
    20 previous 5
    24 batch of 2 changes
    24 crc32 0x77b602fa
    28 kind 1
    29 number 25
    33 put
    33 kind 1
    34 key_len 5
    36 value_len 3
    40 key "apple"
    45 value "red"
    48 delete
    48 kind 2
    49 key_len 3
    51 value_len 0
    55 key "fig"
    58 a mark: durable up to 24
    58 crc32 0x26752686
    62 kind 2
    63 number 24
    67 batch of 1 change
    67 crc32 0xfdce2d4e
    71 kind 1
    72 number 7
    76 put
    76 kind 1
    77 key_len 0
    79 value_len 0
    83 the end
    83 crc32 0x7e7847b9
    87 kind 3
    88 number 0
    92 room that was not needed
    92 zeros "\x00\x00\x00\x00\x00"
"#;

#[test]
fn a_log_is_drawn_record_by_record() {
    assert_eq!(drawn(LOG_FILE, &log()), LOG);
    // One that was cut off after a batch.
    let (until_then, _) = LOG.split_once("    83 ").unwrap();
    assert_eq!(drawn(LOG_FILE, &log()[..83]), until_then);
}

#[test]
fn a_delete_that_has_a_value_is_said_to_be_wrong() {
    let parts = drawn(LOG_FILE, &with(&log(), 51, 1));
    let wrong = faults(&parts);
    assert_eq!(wrong[1], "51 value_len 1  <- a delete has no value");
}

#[test]
fn what_is_no_record_is_said_and_those_behind_it_are_drawn() {
    let parts = drawn(LOG_FILE, &with(&log(), 40, 9));
    let crc32 = "24 crc32 0x77b602fa  <- the checksum of a record does not match";
    assert_eq!(faults(&parts), [crc32]);
    assert!(parts.contains(" no record\n"), "{parts}");
    assert!(parts.contains(" the end\n"), "{parts}");
}

#[test]
fn room_is_told_from_what_is_no_record() {
    let log = log();
    let header = &log[..HEADER_BYTES as usize];
    let parts = drawn(LOG_FILE, &[header, &[0; 9]].concat());
    assert!(parts.contains(" room for more\n"), "{parts}");
    assert_eq!(faults(&parts), [""; 0]);
    let blank = "     0 room; nothing was written yet\n     0 zeros \"\\x00\\x00\"\n";
    assert_eq!(drawn(LOG_FILE, &[0; 2]), blank);
    assert_eq!(drawn(LOG_FILE, b""), "");
    let behind_the_end = drawn(LOG_FILE, &with(&log, log.len() - 1, 1));
    let unread = r#"92 unread "\x00\x00\x00\x00\x01"  <- nothing says what these bytes are"#;
    assert_eq!(faults(&behind_the_end), [unread]);
}
