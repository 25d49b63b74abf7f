//! Data files, made by hand and read by a person.

use conformance::sim::{Content, Image, SimDisk};

use crate::header::Header;
use crate::names::{Kind, Name};
use crate::place::Place;
use crate::record::{Record, Says};
use crate::replay::{Ended, Records};
use crate::tests::text;

pub(super) fn put<'a>(key: &'a str, value: &'a str) -> Record<'a> {
    Record::last(Says::Put {
        key: key.as_bytes(),
        value: value.as_bytes(),
        expires: None,
    })
}

pub(super) fn delete(key: &str) -> Record<'_> {
    let key = key.as_bytes();
    Record::last(Says::Delete { key })
}

pub(super) fn synced(up_to: u32) -> Record<'static> {
    Record::last(Says::Synced { up_to })
}

pub(super) fn seal() -> Record<'static> {
    Record::last(Says::Seal)
}

/// The same record, whose batch goes on with the next.
pub(super) fn and(record: Record<'_>) -> Record<'_> {
    let goes_on = true;
    Record { goes_on, ..record }
}

/// The bytes of a record at this offset of file 1.
pub(super) fn bytes_at(offset: u32, record: Record<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.append_to(&mut bytes, Place { file: 1, offset });
    bytes
}

/// The data file with this header that holds these records.
pub(super) fn file(header: Header, records: &[Record<'_>]) -> Vec<u8> {
    let mut bytes = header.to_bytes().to_vec();
    for record in records {
        let offset = u32::try_from(bytes.len()).unwrap();
        let place = Place {
            file: header.number,
            offset,
        };
        record.append_to(&mut bytes, place);
    }
    bytes
}

/// The name of a file.
pub(super) fn name(number: u32, kind: Kind) -> String {
    Name::new(number, kind).to_string()
}

/// A disk that holds these files, all of it durable.
pub(super) fn disk_with(files: &[(String, Vec<u8>)]) -> SimDisk {
    let mut image = Image::new();
    for (name, bytes) in files {
        image.insert(name.as_str(), Content::new(bytes.clone()));
    }
    SimDisk::from_image(&image)
}

/// The bytes of a file.
#[track_caller]
pub(super) fn bytes_of(disk: &SimDisk, name: &str) -> Vec<u8> {
    let image = disk.image();
    let Some(content) = image.get(name) else {
        let names: Vec<_> = image.files().map(|(name, _)| name.to_string()).collect();
        panic!("there is no `{name}`, only {names:?}");
    };
    content.bytes().to_vec()
}

/// A record as text: `put a=1`, `delete a …`, where the dots say that its
/// batch goes on.
pub(super) fn shown(record: &Record<'_>) -> String {
    let says = match record.says {
        Says::Put { key, value, .. } => format!("put {}={}", text(key), text(value)),
        Says::Delete { key } => format!("delete {}", text(key)),
        Says::Synced { up_to } => format!("synced {up_to}"),
        Says::Seal => "seal".to_owned(),
    };
    says + if record.goes_on { " …" } else { "" }
}

/// What the records of a data file say, and the seal after them.
#[track_caller]
pub(super) fn said(disk: &SimDisk, number: u32, kind: Kind) -> Vec<String> {
    let bytes = bytes_of(disk, &name(number, kind));
    let mut records = Records::all(number, &bytes);
    let mut said: Vec<String> = records.by_ref().map(|(_, record)| shown(&record)).collect();
    if let Some(Ended::Sealed(_)) = records.ended() {
        said.push("seal".to_owned());
    }
    said
}

/// The names of all files.
pub(super) fn names(disk: &SimDisk) -> Vec<String> {
    let image = disk.image();
    image.files().map(|(name, _)| name.to_string()).collect()
}
