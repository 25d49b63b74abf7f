//! Merging two sealed segments, in two steps: copy, and publish.

use std::ops::Range;
use std::sync::Arc;

use engine::disk::{Disk, File};
use engine::{Progress, Result, Write};

use super::Store;
use super::files::{hint_name, segment_name};
use super::segment::{Keys, Place, Writer, note};
use super::steps::Steps;
use crate::log_engine::format::{HEADER_BYTES, encode_header, encode_record};
use crate::log_engine::steps::Right;

/// A merge that goes on.
#[derive(Debug)]
pub(crate) struct Merge {
    /// Which of the sealed segments are merged.
    pub(crate) run: Range<usize>,
    /// The number of the new segment, and its bytes.
    pub(crate) number: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) keys: Keys,
    pub(crate) moved: Vec<Moved>,
}

/// A record that was copied.
#[derive(Debug)]
pub(crate) struct Moved {
    pub(crate) key: Vec<u8>,
    pub(crate) from: Place,
    pub(crate) to: Place,
}

/// A segment that was merged.
#[derive(Debug)]
pub(crate) struct Retired {
    pub(crate) number: u64,
    pub(crate) file: Arc<dyn File>,
}

impl Merge {
    pub(crate) fn new(run: Range<usize>, number: u64) -> Self {
        Merge {
            run,
            number,
            bytes: encode_header(HEADER_BYTES as u64),
            keys: Keys::new(),
            moved: Vec::new(),
        }
    }

    /// Copies `changes` of the record at `from` as one record.
    pub(crate) fn push(&mut self, changes: &[Write<'_>], from: Place) {
        let at = self.bytes.len();
        encode_record(
            &Right,
            &mut self.bytes,
            at as u64,
            HEADER_BYTES as u64,
            changes,
        );
        let to = Place::new(self.number, at, self.bytes.len());
        note(&mut self.keys, changes, to);
        let puts = changes.iter().filter(|change| change.value().is_some());
        self.moved.extend(puts.map(|put| Moved {
            key: put.key().to_vec(),
            from,
            to,
        }));
    }
}

/// Does one piece of the work that is due. Where it fails, it can be tried
/// again.
pub(crate) fn step(steps: &dyn Steps, store: &Store, writer: &mut Writer) -> Result<Progress> {
    if writer.merge.is_some() {
        steps.publish(store, writer)?;
        writer.merge = None;
        steps.remove_retired(&store.disk, writer)?;
        return Ok(Progress::Worked);
    }
    steps.remove_retired(&store.disk, writer)?;
    writer.merge = steps.begin_merge(store, writer)?;
    Ok(match writer.merge {
        Some(_) => Progress::Worked,
        None => Progress::Idle,
    })
}

/// Removes a segment and its hint file.
pub(crate) fn remove(disk: &dyn Disk, retired: Retired) -> Result<()> {
    let Retired { number, file } = retired;
    drop(file);
    disk.remove(&hint_name(number))?;
    disk.remove(&segment_name(number))
}
