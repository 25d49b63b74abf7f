//! Merging: sealed files are copied without their garbage, a piece at a time,
//! beside reads and writes.
//!
//! A *run* of files that follow one another in the order is copied to
//! one new file, which takes their place. What the keydir leads to is copied,
//! and so are tombstones, as long as there is an older file that could hold
//! what they delete.
//!
//! ```text
//! before   1.data  2.data  3.data  4.data  5.active
//!                  └─────run─────┘
//! copying  1.data  2.data  3.data  4.data  5.active  6.new
//! after    1.data  6.data (in place of 2 to 3)  4.data  5.active
//! ```
//!
//! A value that is left out is superseded by a later record, unless it has
//! expired. So before the new file counts, everything that was written is made durable, and a mark after
//! it, too: or else a power cut could take the later record, or damage to it
//! pass for a torn tail.

use std::sync::Arc;

use engine::{Maintenance, Progress, Result};

use crate::data_file::DataFile;
use crate::garbage::{Weight, due};
use crate::header::{HEADER_BYTES, Header};
use crate::index::{At, Copied};
use crate::keydir::KeyHash;
use crate::names::{Kind, Name};
use crate::opening::hint_by_reading;
use crate::place::Place;
use crate::record::{Record, Says};
use crate::replacement::Replacement;
use crate::store::Bitcask;

/// How many bytes of a file one step looks at.
const PIECE_BYTES: u32 = 1 << 20;
/// How many records the keydir follows at one moment.
const FOLLOWED: usize = 64;

/// The merge that goes on, and what earlier ones have left.
#[derive(Debug, Default)]
pub(crate) struct Merging {
    merge: Option<Merge>,
    /// Files that were merged, until nobody reads them any more …
    merged: Vec<Arc<DataFile>>,
    /// … and then their numbers, until they are removed.
    unread: Vec<u32>,
}

/// A merge that goes on.
#[derive(Debug)]
struct Merge {
    /// The files that are merged, in their order.
    run: Vec<Arc<DataFile>>,
    /// No tombstone in the run hides anything that is older than the run.
    behind_pure: bool,
    /// Which of the files is copied.
    index: usize,
    /// The piece of it that is copied.
    piece: Piece,
    copy: Replacement,
}

/// What becomes of a record in a merge.
enum Fate {
    /// It is its key's newest.
    Copied,
    /// Its key has no value, and this record keeps it so: it hides older ones, and
    /// is copied, too.
    Buried,
    /// It is its key's newest, and has expired.
    Expired,
    /// Nobody needs it.
    LeftOut,
}

impl Maintenance for Bitcask {
    /// Syncs what is not durable, before a writer has to wait for that; or removes
    /// a file that was merged and that nobody reads any more; or copies a piece of
    /// what is being merged; or begins a merge; or writes a hint file.
    fn step(&self) -> Result<Progress> {
        if self.sync_long_tail()? {
            return Ok(Progress::Worked);
        }
        self.step_from(self.options.garbage_percent)
    }
}

impl Bitcask {
    /// Merges until nothing is left that could be given back: the active file
    /// takes no more writes, and of the sealed ones no garbage remains but what
    /// is written meanwhile.
    ///
    /// # Errors
    ///
    /// As for [`step`](Maintenance::step).
    pub fn merge(&self) -> Result<()> {
        self.seal_active()?;
        while self.step_from(0)? == Progress::Worked {}
        Ok(())
    }

    fn step_from(&self, garbage_percent: u32) -> Result<Progress> {
        let mut merging = self.merging.lock();
        self.device.check()?;
        if self.remove_one(&mut merging)? {
            return Ok(Progress::Worked);
        }
        if merging.merge.is_none() {
            merging.merge = self.begin_merge(garbage_percent)?;
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

    /// The sealed data files, the oldest records first.
    fn sealed_files(&self) -> Vec<Arc<DataFile>> {
        let files = self.index.files();
        let sealed = files.values().filter(|file| file.name().kind == Kind::Data);
        let mut sealed: Vec<_> = sealed.cloned().collect();
        sealed.sort_by_key(|file| file.header().last);
        sealed
    }

    /// Begins the merge that is due, if one is.
    fn begin_merge(&self, garbage_percent: u32) -> Result<Option<Merge>> {
        let files = self.sealed_files();
        let weights: Vec<Weight> = files.iter().map(|file| Weight::of(file)).collect();
        let run = due(&weights, garbage_percent, self.options.file_bytes_max);
        if run.is_empty() {
            return Ok(None);
        }
        let behind_pure = weights[..run.start].iter().all(|weight| weight.is_pure());
        let kept = weights[run.clone()]
            .iter()
            .map(|weight| weight.kept(behind_pure));
        let kept = kept.fold(0, u32::saturating_add);
        let run = files[run].to_vec();
        let header = Header {
            number: self.writer.lock().next_number()?,
            first: run[0].header().first,
            last: run[run.len() - 1].header().last,
        };
        let copy = Replacement::create(&self.device, header, HEADER_BYTES + kept)
            .inspect_err(|_| self.writer.lock().give_back(header.number))?;
        self.index.add_file(copy.file());
        Ok(Some(Merge {
            run,
            behind_pure,
            index: 0,
            piece: Piece::at(HEADER_BYTES),
            copy,
        }))
    }

    /// Copies the next piece, and answers whether there was one. Where that
    /// fails it can be tried again: what was copied by then is kept.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](engine::Error::Corrupt) where a file that is merged is
    /// damaged; [`Error::NoSpace`](engine::Error::NoSpace),
    /// [`Error::Io`](engine::Error::Io) and
    /// [`Error::Poisoned`](engine::Error::Poisoned).
    ///
    /// # Exercise 2.13
    fn copy_piece(&self, merge: &mut Merge) -> Result<bool> {
        todo!("exercise 2.13: Copies the next piece, and answers whether there was one")
    }

    /// Copies records of `file` from where the piece has come to, until it is
    /// long enough or the file ends.
    fn copy_records(
        &self,
        file: &DataFile,
        behind_pure: bool,
        copy: &mut Replacement,
        piece: &mut Piece,
    ) -> Result<()> {
        while !piece.is_last && piece.next - piece.start < PIECE_BYTES {
            let place = Place {
                file: file.number(),
                offset: piece.next,
            };
            file.read(place.offset, |record| {
                let len = record.encoded_len();
                self.copy_record(record, At { place, len }, behind_pure, copy, piece)
            })??;
        }
        Ok(())
    }

    /// Copies a record if anybody needs it. Where that fails nothing changed.
    fn copy_record(
        &self,
        record: &Record<'_>,
        at: At,
        behind_pure: bool,
        copy: &mut Replacement,
        piece: &mut Piece,
    ) -> Result<()> {
        if let Some(key) = record.key() {
            let hash = KeyHash::of(key);
            match self.fate(record, key, hash, at.place, behind_pure)? {
                Fate::Copied => {
                    let place = copy.push(&Record::last(record.says))?;
                    piece.copied.push(Copied {
                        hash,
                        from: at.place,
                        to: At { place, len: at.len },
                    });
                }
                Fate::Buried => {
                    copy.push(&Record::last(record.says))?;
                    piece.graves += at.len;
                }
                Fate::Expired => piece.expired.push((key.to_vec(), at)),
                Fate::LeftOut => {}
            }
        }
        piece.next += at.len;
        piece.is_last = record.says == Says::Seal;
        Ok(())
    }

    /// What becomes of the record of `key` at `place` in a merge.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](engine::Error::Corrupt) and
    /// [`Error::Io`](engine::Error::Io).
    ///
    /// # Exercise 2.13
    fn fate(
        &self,
        record: &Record<'_>,
        key: &[u8],
        hash: KeyHash,
        place: Place,
        behind_pure: bool,
    ) -> Result<Fate> {
        todo!("exercise 2.13: What becomes of the record of `key` at `place` in a merge")
    }

    /// Lets the copy count in place of the files that were merged.
    ///
    /// What superseded the records that were left out is made durable before,
    /// and proved to be: or else a power cut could take that, too, or damage to
    /// it pass for a torn tail.
    ///
    /// # Errors
    ///
    /// As for [`copy_piece`](Self::copy_piece), and it can be tried again.
    ///
    /// # Exercise 2.13
    fn publish(&self, merge: &mut Merge) -> Result<()> {
        todo!("exercise 2.13: Lets the copy count in place of the files that were merged")
    }

    /// Removes one of the files that were merged, if nobody reads it any more,
    /// and answers whether it did.
    fn remove_one(&self, merging: &mut Merging) -> Result<bool> {
        let Merging { merged, unread, .. } = merging;
        if let Some(index) = merged.iter().position(|file| Arc::strong_count(file) == 1) {
            unread.push(merged.swap_remove(index).number());
        }
        let Some(&number) = unread.last() else {
            return Ok(false);
        };
        self.remove(number)?;
        unread.pop();
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
        while self.remove_one(&mut merging)? {}
        while self.write_hint()? == Progress::Worked {}
        Ok(())
    }
}

/// A piece of a file, and what came of copying it so far.
#[derive(Debug)]
struct Piece {
    /// Where it begins.
    start: u32,
    /// Where the next record stands …
    next: u32,
    /// … unless the last one was the file's seal.
    is_last: bool,
    copied: Vec<Copied>,
    expired: Vec<(Vec<u8>, At)>,
    /// The bytes of tombstones, and of what else hides older records, among what
    /// was copied.
    graves: u32,
}

impl Piece {
    fn at(offset: u32) -> Self {
        Piece {
            start: offset,
            next: offset,
            is_last: false,
            copied: Vec::new(),
            expired: Vec::new(),
            graves: 0,
        }
    }
}
