//! Opening: what the manifest lists, in its order, and nothing else.

use std::sync::Arc;

use engine::disk::{Disk, File, Mode};
use engine::{Error, Result};

use super::files::{MANIFEST, decode_manifest, hint_name, read_file, segment_name};
use super::segment::{Active, Keys, Listed, Table, Writer, note, replay};
use super::steps::Steps;
use crate::log_engine::format::{HEADER_BYTES, decode_header, encode_header};
use crate::log_engine::replay::Read;

/// Reads what is there, and goes on with a new active segment, which holds what
/// the old one held.
pub(super) fn open(steps: &dyn Steps, disk: &dyn Disk) -> Result<(Table, Writer)> {
    let found = disk.list()?;
    let listed = match found.iter().any(|name| name == MANIFEST) {
        true => decode_manifest(&read_file(&*disk.open(MANIFEST, Mode::Read)?)?)?,
        false => Vec::new(),
    };
    let number = steps.next_number(&found, &listed);
    let mut table = Table::default();
    let mut sealed = Vec::new();
    let mut bytes = encode_header(0);
    let mut keys = Keys::new();
    for segment in steps.order(listed) {
        match segment.len {
            Some(len) => {
                let (file, held) = open_sealed(steps, disk, segment.number, len)?;
                table.files.insert(segment.number, file);
                table.apply(&held);
                sealed.push(segment);
            }
            None => {
                bytes = read_file(&*disk.open(&segment_name(segment.number), Mode::Read)?)?;
                keys = replay_active(&mut bytes, segment, number)?;
                table.apply(&keys);
            }
        }
    }
    let base = bytes.len() as u64;
    bytes[..HEADER_BYTES].copy_from_slice(&encode_header(base));
    let file: Arc<dyn File> = steps.create_segment(disk, number, &bytes)?.into();
    table.files.insert(number, Arc::clone(&file));
    let writer = Writer {
        sealed,
        active: Active {
            number,
            file,
            len: base,
            synced: base,
            keys,
        },
        next: number + 1,
        merge: None,
        retired: Vec::new(),
        poison: None,
    };
    steps.sync_names(disk)?;
    steps.install(disk, &writer.listed())?;
    steps.clear(disk, &writer.listed())?;
    Ok((table, writer))
}

/// The file of a sealed segment, and the keys that its hint file lists.
fn open_sealed(
    steps: &dyn Steps,
    disk: &dyn Disk,
    number: u64,
    len: u64,
) -> Result<(Arc<dyn File>, Keys)> {
    let name = segment_name(number);
    let file = disk.open(&name, Mode::Read)?;
    if file.len()? != len {
        return Err(Error::corrupt(&name, len, "the segment does not end here"));
    }
    let mut header = vec![0; HEADER_BYTES];
    file.read_exact_at(0, &mut header)?;
    decode_header(&name, &header)?;
    let name = hint_name(number);
    let hint = read_file(&*disk.open(&name, Mode::Read)?)?;
    Ok((file.into(), steps.decode_hint(number, &hint)?))
}

/// The keys of the active segment, and where they will be in the segment
/// `number`, which takes its place. Its torn tail is cut off.
fn replay_active(bytes: &mut Vec<u8>, segment: Listed, number: u64) -> Result<Keys> {
    let name = segment_name(segment.number);
    let base = decode_header(&name, bytes)?;
    let mut keys = Keys::new();
    let read = Read::new(&name, bytes, base);
    let end = replay(&read, number, |changes, place| {
        note(&mut keys, changes, place);
    })?;
    bytes.truncate(end);
    Ok(keys)
}
