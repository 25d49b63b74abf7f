//! Which bytes of closed files nothing depends on.

use std::collections::BTreeMap;
use std::ops::Range;

use conformance::sim::Image;

use crate::header::Header;
use crate::names::{Kind, Name};
use crate::record::{Record, Says};
use crate::replay::{Ended, Records};

/// The dead bytes of a data file that has a hint file: there, only the records
/// that the keydir leads to are ever read, and the seal.
pub(super) fn dead_bytes(image: &Image, file: &str) -> Vec<Range<usize>> {
    let name = Name::parse(file).expect("there are no other files");
    let hint = Name::new(name.number, Kind::Hint).to_string();
    if name.kind != Kind::Data || image.get(&hint).is_none() {
        return Vec::new();
    }
    let newest = newest(image);
    let bytes = bytes(image, name);
    let mut records = Records::all(name.number, bytes);
    let mut dead = Vec::new();
    for (offset, record) in records.by_ref() {
        let is_put = matches!(record.says, Says::Put { .. });
        let is_newest = || newest.get(&record.key()) == Some(&(name.number, offset));
        if !(is_put && is_newest()) {
            dead.push(range(offset, &record));
        }
    }
    let Some(Ended::Sealed(seal)) = records.ended() else {
        panic!("{file} is closed and has no seal");
    };
    let seal = range(seal, &Record::last(Says::Seal));
    dead.push(seal.end..bytes.len());
    dead
}

/// Where the newest record of each key is: the number of the file, and the
/// offset there.
fn newest(image: &Image) -> BTreeMap<Option<&[u8]>, (u32, u32)> {
    let names = image.files().filter_map(|(name, _)| Name::parse(name));
    let mut files: Vec<(u32, Name)> = names
        .filter(|name| name.kind == Kind::Data)
        .map(|name| {
            let file = bytes(image, name);
            let header = Header::decode("", name.number, file).unwrap();
            (header.last, name)
        })
        .collect();
    files.sort_unstable();
    let records = files.into_iter().flat_map(|(_, name)| {
        let records = Records::all(name.number, bytes(image, name));
        records.map(move |(offset, record)| (record.key(), (name.number, offset)))
    });
    records.collect()
}

fn bytes(image: &Image, name: Name) -> &[u8] {
    let content = image.get(&name.to_string());
    content.expect("its name was listed").bytes()
}

fn range(offset: u32, record: &Record<'_>) -> Range<usize> {
    let start = offset as usize;
    start..start + record.encoded_len() as usize
}
