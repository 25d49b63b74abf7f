//! Merging: sealed files are copied without their garbage, a piece at a time,
//! beside reads and writes.
//!
//! A *run* of files that stand one behind the other in the order is copied to
//! one new file, which takes their place. What the keydir leads to is copied,
//! and so are tombstones, as long as there is an older file that could hold
//! what they delete.
//!
//! ```text
//! before   1.data  2.data  3.data  4.data  5.active
//!                  └─────run─────┘
//! copying  1.data  2.data  3.data  4.data  5.active  6.new
//! after    1.data  6.data (in place of 2 to 3 …)  5.active
//! ```
//!
//! Whatever is left out is superseded by a later record. So before the new
//! file counts, everything that was written is made durable: or else a power
//! cut could take the later record, too.

use std::ops::Range;
use std::sync::Arc;

use engine::{Maintenance, Progress, Result};

use crate::data_file::DataFile;
use crate::header::{HEADER_BYTES, Header};
use crate::index::{At, Copied};
use crate::keydir::KeyHash;
use crate::names::{Kind, Name};
use crate::opening::hint_by_reading;
use crate::options::Options;
use crate::place::Place;
use crate::record::{Record, Says};
use crate::replacement::Replacement;
use crate::replay::{Ended, Records, SEAL_BYTES};
use crate::store::Bitcask;

/// How many bytes of a file one step looks at.
const PIECE_BYTES: u32 = 1 << 20;
/// How many records the keydir follows at one moment.
const FOLLOWED: usize = 64;

/// The merge that goes on, and what earlier ones have left.
#[derive(Debug, Default)]
pub(crate) struct Merging {
    merge: Option<Merge>,
    /// Files that were merged, until nobody reads them any more.
    merged: Vec<Arc<DataFile>>,
}

/// A merge that goes on.
#[derive(Debug)]
struct Merge {
    /// The files that are merged, in their order.
    run: Vec<Arc<DataFile>>,
    /// Nothing is older than the run: no tombstone in it deletes anything.
    is_oldest: bool,
    /// Which of the files is copied, and from where on.
    at: (usize, u32),
    copy: Replacement,
}

/// What is in a file, in bytes of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weight {
    /// All of them.
    pub(crate) all: u32,
    /// Those that the keydir leads to.
    pub(crate) live: u32,
    /// Tombstones.
    pub(crate) graves: u32,
}

impl Weight {
    fn of(file: &DataFile) -> Self {
        Weight {
            all: file.end().saturating_sub(HEADER_BYTES as u32 + SEAL_BYTES),
            live: file.live(),
            graves: file.graves(),
        }
    }

    /// What a merge would copy.
    fn kept(self, is_oldest: bool) -> u32 {
        if is_oldest {
            self.live
        } else {
            self.live + self.graves
        }
    }

    /// Answers whether so many of a hundred bytes are garbage.
    fn is_due(self, is_oldest: bool, percent: u32) -> bool {
        let garbage = self.all.saturating_sub(self.kept(is_oldest));
        garbage > 0 && u64::from(garbage) * 100 >= u64::from(self.all) * u64::from(percent)
    }
}

/// Which of the sealed files to merge, given in their order: a run of those
/// with too much garbage that fits in one file, or none.
///
/// # Exercise 2.11
pub(crate) fn due(files: &[Weight], garbage_percent: u32, bytes_max: u32) -> Range<usize> {
    let is_due = |index: usize| files[index].is_due(index == 0, garbage_percent);
    let Some(start) = (0..files.len()).find(|&index| is_due(index)) else {
        return 0..0;
    };
    let mut end = start + 1;
    let mut kept = files[start].kept(start == 0);
    while end < files.len() && is_due(end) {
        kept = kept.saturating_add(files[end].kept(start == 0));
        if kept > bytes_max {
            break;
        }
        end += 1;
    }
    start..end
}

/// What becomes of a record in a merge.
enum Fate {
    /// It is its key's newest.
    Copied,
    /// Its key has none, and this is why: it is copied, too.
    Buried,
    /// It is its key's newest, and has expired.
    Expired,
    /// Nobody needs it.
    LeftOut,
}

impl Maintenance for Bitcask {
    /// Removes a file that was merged and that nobody reads any more; or copies
    /// a piece of what is being merged; or begins a merge; or writes a hint
    /// file.
    fn step(&self) -> Result<Progress> {
        let mut merging = self.merging.lock();
        self.device.check()?;
        if self.remove_one(&mut merging.merged)? {
            return Ok(Progress::Worked);
        }
        if merging.merge.is_none() {
            merging.merge = self.begin_merge()?;
        }
        let Some(merge) = &mut merging.merge else {
            return self.write_hint();
        };
        if !self.copy_piece(merge)? {
            self.publish(merge)?;
            let done = merging.merge.take().expect("one goes on");
            merging.merged.extend(done.run);
        }
        Ok(Progress::Worked)
    }
}

impl Bitcask {
    /// The sealed data files, the oldest records first.
    fn sealed_files(&self) -> Vec<Arc<DataFile>> {
        let files = self.index.files();
        let sealed = files.values().filter(|file| file.name().kind == Kind::Data);
        let mut sealed: Vec<_> = sealed.cloned().collect();
        sealed.sort_by_key(|file| file.header().last);
        sealed
    }

    /// Begins the merge that is due, if one is.
    fn begin_merge(&self) -> Result<Option<Merge>> {
        let files = self.sealed_files();
        let weights: Vec<Weight> = files.iter().map(|file| Weight::of(file)).collect();
        let Options {
            garbage_percent,
            file_bytes_max,
            ..
        } = self.options;
        let run = due(&weights, garbage_percent, file_bytes_max);
        if run.is_empty() {
            return Ok(None);
        }
        let is_oldest = run.start == 0;
        let kept: u32 = weights[run.clone()]
            .iter()
            .map(|weight| weight.kept(is_oldest))
            .sum();
        let run = files[run].to_vec();
        let header = Header {
            number: self.writer.lock().next_number()?,
            first: run[0].header().first,
            last: run[run.len() - 1].header().last,
        };
        let copy = Replacement::create(&self.device, header, HEADER_BYTES as u32 + kept)?;
        self.index.add_file(copy.file());
        Ok(Some(Merge {
            run,
            is_oldest,
            at: (0, HEADER_BYTES as u32),
            copy,
        }))
    }

    /// Copies the next piece, and answers whether there was one. Where that
    /// fails it can be tried again: the merge has not moved on.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](engine::Error::Corrupt) where a file that is merged is
    /// damaged; [`Error::NoSpace`](engine::Error::NoSpace),
    /// [`Error::Io`](engine::Error::Io) and
    /// [`Error::Poisoned`](engine::Error::Poisoned).
    ///
    /// # Exercise 2.12
    fn copy_piece(&self, merge: &mut Merge) -> Result<bool> {
        let (index, from) = merge.at;
        let Some(file) = merge.run.get(index) else {
            return Ok(false);
        };
        let end = merge.copy.file().end();
        let piece = file
            .read_all(|bytes| {
                self.copy_records(file, bytes, from, merge.is_oldest, &mut merge.copy)
            })
            .and_then(|piece| merge.copy.sync(&self.device).map(|()| piece))
            .inspect_err(|_| merge.copy.file().take_back(end))?;
        for copies in piece.copied.chunks(FOLLOWED) {
            let _writer = self.writer.lock();
            self.index.follow(copies);
        }
        for (key, at) in piece.expired {
            self.forget(&key, at);
        }
        merge.at = match piece.next {
            Some(at) => (index, at),
            None => (index + 1, HEADER_BYTES as u32),
        };
        Ok(true)
    }

    fn copy_records(
        &self,
        file: &DataFile,
        bytes: &[u8],
        from: u32,
        is_oldest: bool,
        copy: &mut Replacement,
    ) -> Result<Piece> {
        let number = file.number();
        let mut piece = Piece::default();
        let mut records = Records::new(number, bytes, from);
        while let Some((offset, record)) = records.next() {
            let place = Place {
                file: number,
                offset,
            };
            let len = record.len() as u32;
            let (Says::Put { key, .. } | Says::Delete { key }) = record.says else {
                continue;
            };
            let hash = KeyHash::of(key);
            match self.fate(&record, hash, place, is_oldest)? {
                Fate::Copied => {
                    let to = At {
                        place: copy.push(&Record::last(record.says))?,
                        len,
                    };
                    piece.copied.push(Copied {
                        hash,
                        from: place,
                        to,
                    });
                }
                Fate::Buried => {
                    copy.push(&Record::last(record.says))?;
                    copy.file().buries(len);
                }
                Fate::Expired => piece.expired.push((key.to_vec(), At { place, len })),
                Fate::LeftOut => {}
            }
            if records.at() - from >= PIECE_BYTES {
                piece.next = Some(records.at());
                break;
            }
        }
        match records.ended() {
            Some(Ended::Broken(at, what)) => {
                let name = file.name().to_string();
                Err(engine::Error::corrupt(&name, u64::from(at), what))
            }
            _ => Ok(piece),
        }
    }

    /// What becomes of a record in a merge.
    ///
    /// # Exercise 2.12
    fn fate(
        &self,
        record: &Record<'_>,
        hash: KeyHash,
        place: Place,
        is_oldest: bool,
    ) -> Result<Fate> {
        let is_over = match record.says {
            Says::Put { expires, .. } => self.is_over(expires),
            Says::Delete { .. } => true,
            Says::Synced { .. } | Says::Seal => return Ok(Fate::LeftOut),
        };
        let key = record.key().unwrap_or_default();
        let newest = self.index.find(key, hash, |at, _| at.place)?;
        Ok(match (newest, is_over) {
            (Some(newest), _) if newest != place => Fate::LeftOut,
            (Some(_), true) if is_oldest => Fate::Expired,
            (Some(_), _) => Fate::Copied,
            // It may hide an older value.
            (None, true) if !is_oldest => Fate::Buried,
            (None, _) => Fate::LeftOut,
        })
    }

    /// Lets the copy count in place of the files that were merged.
    ///
    /// What superseded the records that were left out is made durable before:
    /// or else a power cut could take that, too.
    ///
    /// # Errors
    ///
    /// As for [`copy_piece`](Self::copy_piece), and it can be tried again.
    ///
    /// # Exercise 2.12
    fn publish(&self, merge: &mut Merge) -> Result<()> {
        self.sync_all()?;
        merge.copy.finish(&self.device)?;
        for file in &merge.run {
            self.index.remove_file(file.number());
        }
        Ok(())
    }

    /// Removes one of the files that were merged, if nobody reads it any more,
    /// and answers whether it did.
    fn remove_one(&self, merged: &mut Vec<Arc<DataFile>>) -> Result<bool> {
        let Some(index) = merged.iter().position(|file| Arc::strong_count(file) == 1) else {
            return Ok(false);
        };
        let number = merged[index].number();
        drop(merged.swap_remove(index));
        self.remove(number)?;
        Ok(true)
    }

    /// Removes a data file and its hint file from the disk.
    fn remove(&self, number: u32) -> Result<()> {
        let disk = self.device.disk();
        let hint = Name::new(number, Kind::Hint).to_string();
        if disk.list()?.contains(&hint) {
            disk.remove(&hint)?;
        }
        disk.remove(&Name::new(number, Kind::Data).to_string())
    }

    /// Writes one of the hint files that are missing.
    fn write_hint(&self) -> Result<Progress> {
        let bytes_min = self.options.hint_bytes_min;
        let lacks = |file: &&Arc<DataFile>| file.end() >= bytes_min && !file.has_hint();
        let files = self.sealed_files();
        let Some(file) = files.iter().find(lacks) else {
            return Ok(Progress::Idle);
        };
        hint_by_reading(file)?.save(&self.device, file.number())?;
        file.gets_hint();
        Ok(Progress::Worked)
    }

    /// Ends what goes on here: the engine is being closed, and nobody reads.
    pub(crate) fn end_merging(&self) -> Result<()> {
        let mut merging = self.merging.lock();
        if let Some(merge) = merging.merge.take() {
            let name = merge.copy.file().name();
            self.index.remove_file(name.number);
            drop(merge);
            self.device.disk().remove(&name.to_string())?;
        }
        while self.remove_one(&mut merging.merged)? {}
        while self.write_hint()? == Progress::Worked {}
        Ok(())
    }
}

/// What came of copying a piece of a file.
#[derive(Debug, Default)]
struct Piece {
    copied: Vec<Copied>,
    expired: Vec<(Vec<u8>, At)>,
    /// Where the next piece begins, if there is one.
    next: Option<u32>,
}
