//! The engine.

use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use engine::disk::{Counted, Disk, Lock};
use engine::sync::Mutex;
use engine::{
    Counter, Counters, Cursor, Durability, Error, KeyRange, Limits, Order, Result, Stats,
    StorageEngine, Write,
};

use crate::cursor::BitcaskCursor;
use crate::data_file::{DataFile, TAIL_BYTES};
use crate::device::Device;
use crate::header::{HEADER_BYTES, Header};
use crate::index::{At, Index, Move};
use crate::keydir::KeyHash;
use crate::merge::Merging;
use crate::names::Kind;
use crate::opening::{self, Opened, next_number};
use crate::options::Options;
use crate::place::{Place, file_len};
use crate::record::SEAL_BYTES;
use crate::record::{Record, Says};
use crate::syncing::{End, Syncing};

/// The largest key, value and batch.
pub const LIMITS: Limits = Limits {
    key_bytes_max: u16::MAX as usize,
    value_bytes_max: 16 << 20,
    batch_bytes_max: 64 << 20,
};

/// The largest batch as records, in bytes: an empty key weighs nothing against
/// the limits, but its record does.
pub(crate) const RECORDS_BYTES_MAX: u32 = 1 << 30;

/// The longest that data files are allowed to get: offsets have 32 bits.
const FILE_BYTES_MAX: u32 = 1 << 31;

/// How many bytes may be pending before they go to the file.
const BUFFER_BYTES: usize = 64 << 10;

/// An append-only log with an index in memory.
pub struct Bitcask {
    pub(crate) options: Options,
    pub(crate) device: Device,
    pub(crate) index: Index,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) merging: Mutex<Merging>,
    pub(crate) syncing: Syncing,
    pub(crate) counters: Arc<Counters>,
    _lock: Lock,
}

/// Whoever holds this writes.
#[derive(Debug)]
pub(crate) struct Writer {
    /// The data file that takes writes, once there has been one.
    active: Option<Arc<DataFile>>,
    /// Up to where the last mark says that the active file is durable.
    marked: u32,
    /// The number of the next file.
    number: u32,
    /// Records on their way to the file.
    scratch: Vec<u8>,
}

impl Bitcask {
    /// Opens the engine on `disk`.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] where another owner has it open; [`Error::Corrupt`] and
    /// [`Error::Version`] where a file is not sound; [`Error::NoSpace`],
    /// [`Error::Io`] and [`Error::Poisoned`]. Nothing is lost in any of these
    /// cases.
    pub fn open(disk: Arc<dyn Disk>, mut options: Options) -> Result<Self> {
        options.file_bytes_max = options.file_bytes_max.min(FILE_BYTES_MAX);
        let lock = disk.lock()?;
        let counters = Arc::new(Counters::new());
        let device = Device::new(Counted::new(disk, Arc::clone(&counters)));
        let Opened { index, number } = opening::open(&device)?;
        Ok(Bitcask {
            options,
            device,
            index,
            writer: Mutex::new(Writer {
                active: None,
                marked: 0,
                number,
                scratch: Vec::new(),
            }),
            merging: Mutex::default(),
            syncing: Syncing::default(),
            counters,
            _lock: lock,
        })
    }

    /// Stores `value` under `key` until the time `expires`, since 1970, to the
    /// millisecond: from then on the key is absent.
    ///
    /// # Errors
    ///
    /// As for [`write`](StorageEngine::write).
    pub fn put_until(&self, key: &[u8], value: &[u8], expires: Duration) -> Result<()> {
        self.write_until(&[Write::Put { key, value }], Some(expires))
    }

    /// Reads the value of `key` into `value`, and answers whether there is one.
    pub(crate) fn look_up(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        value.clear();
        let hash = KeyHash::of(key);
        let found = self.index.find(key, hash, |at, record| match record.says {
            Says::Put {
                value: found,
                expires,
                ..
            } if !expires.is_some_and(|time| self.is_over(time)) => {
                value.extend_from_slice(found);
                None
            }
            _ => Some(at),
        })?;
        match found {
            Some(Some(expired)) => {
                // If somebody writes just now, the next to look will do it.
                if let Some(_writer) = self.writer.try_lock() {
                    self.index.forget(key, hash, expired);
                }
                Ok(false)
            }
            Some(None) => Ok(true),
            None => Ok(false),
        }
    }

    /// Makes the changes of a batch whose puts all expire then, or never.
    fn write_until(&self, batch: &[Write<'_>], expires: Option<Duration>) -> Result<()> {
        LIMITS.check(batch)?;
        let len = batch_len(batch, expires)?;
        let end = {
            let mut writer = self.writer.lock();
            while writer.has_long_tail(len) {
                let end = writer.end();
                drop(writer);
                self.sync_to(end)?;
                writer = self.writer.lock();
            }
            self.device.check()?;
            if !batch.is_empty() {
                let mut moves = self.moves(batch)?;
                let places = self.append(&mut writer, batch, expires, len)?;
                for step in &mut moves {
                    step.to = Some(places[step.index]);
                }
                self.index.apply(&moves);
            }
            writer.end()
        };
        self.counters.add(Counter::Batches, 1);
        match self.options.durability {
            Durability::Always => self.sync_to(end),
            Durability::Buffered | Durability::Os => Ok(()),
        }
    }

    /// What each key of `batch` moves away from. Of several changes to one key
    /// only the last one counts.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] and [`Error::Io`].
    ///
    /// # Exercise 2.6
    fn moves<'b>(&self, batch: &[Write<'b>]) -> Result<Vec<Move<'b>>> {
        let of = |(index, write): (usize, &Write<'b>)| Move::of(index, *write);
        let mut moves: Vec<Move<'b>> = batch.iter().enumerate().map(of).collect();
        if moves.len() > 1 {
            moves.sort_unstable_by_key(|step| (step.key, Reverse(step.index)));
            moves.dedup_by_key(|step| step.key);
        }
        for step in &mut moves {
            step.from = self.index.find(step.key, step.hash, |at, _| at)?;
        }
        Ok(moves)
    }

    /// Appends the records of `batch` to the active file, and answers where
    /// they stand. By then all that the durability asks for is done, but for the
    /// sync.
    ///
    /// # Errors
    ///
    /// An error leaves no trace of the batch, not even after reopening.
    ///
    /// # Exercise 2.6
    fn append(
        &self,
        writer: &mut Writer,
        batch: &[Write<'_>],
        expires: Option<Duration>,
        len: u32,
    ) -> Result<Vec<At>> {
        let active = self.active_with_room_for(writer, len)?;
        let is_buffered = self.options.durability == Durability::Buffered;
        if is_buffered && active.pending() + len as usize > BUFFER_BYTES {
            active.write_out()?;
        }
        let end = active.end();
        let places = writer.encode(&active, batch, expires);
        active.append(&writer.scratch);
        if is_buffered {
            return Ok(places);
        }
        match active.write_out() {
            Ok(()) => Ok(places),
            Err(error) => {
                active.take_back(end);
                self.cover(writer)?;
                Err(error)
            }
        }
    }

    /// Makes sure that nobody will read what was to be written last: all of it,
    /// or a part, may stand in the file. A seal in its place, and zeros over
    /// the rest, and all of that durable; or nothing is written any more.
    ///
    /// # Errors
    ///
    /// [`Error::Poisoned`].
    ///
    /// # Exercise 2.10
    fn cover(&self, writer: &mut Writer) -> Result<()> {
        let len = writer.scratch.len();
        self.seal(writer, len)
            .map_err(|cause| self.device.poison(cause))
    }

    /// The active file, a new one if the present one has no room for `len`
    /// bytes of records.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`], and no record was written, though the
    /// present file may have been sealed; [`Error::Poisoned`].
    fn active_with_room_for(&self, writer: &mut Writer, len: u32) -> Result<Arc<DataFile>> {
        // In front of the records a mark of the last sync, after them the seal.
        let needed = len + 2 * SEAL_BYTES;
        if let Some(active) = &writer.active {
            if active.room() >= needed {
                return Ok(Arc::clone(active));
            }
            self.seal(writer, 0)?;
        }
        let number = writer.next_number()?;
        let room = self.options.file_bytes_max.max(HEADER_BYTES + needed);
        let file = DataFile::create(&self.device, Header::of(number), room)
            .inspect_err(|_| writer.give_back(number))?;
        file.rename(self.device.disk(), Kind::Active)?;
        self.device.sync_dir()?;
        let file = Arc::new(file);
        self.index.add_file(&file);
        writer.active = Some(Arc::clone(&file));
        writer.marked = HEADER_BYTES;
        Ok(file)
    }

    /// Ends the active file, all of it durable, if there is one. After the seal
    /// zeros are written, so that the two together are `zeros` bytes long, unless
    /// the seal alone is longer.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`] where nothing was asked of the device
    /// yet, and the file goes on taking writes; [`Error::Poisoned`].
    ///
    /// # Exercise 2.10
    fn seal(&self, writer: &mut Writer, zeros: usize) -> Result<()> {
        let Some(active) = &writer.active else {
            return Ok(());
        };
        let (file, end) = (active.number(), active.end());
        let place = Place { file, offset: end };
        writer.scratch.clear();
        Record::last(Says::Seal).append_to(&mut writer.scratch, place);
        let len = zeros.max(writer.scratch.len());
        writer.scratch.resize(len, 0);
        active.append(&writer.scratch);
        active.write_out().inspect_err(|_| active.take_back(end))?;
        active.sync(&self.device)?;
        active
            .rename(self.device.disk(), Kind::Data)
            .map_err(|cause| self.device.poison(cause))?;
        self.syncing.reached((file, u32::MAX));
        writer.active = None;
        Ok(())
    }

    /// Makes everything durable up to `end`.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`] where nothing was asked of the device
    /// yet; [`Error::Poisoned`].
    ///
    /// # Exercise 2.9
    pub(crate) fn sync_to(&self, end: End) -> Result<()> {
        self.syncing.wait_for(end, || {
            let (active, reached) = {
                let writer = self.writer.lock();
                self.device.check()?;
                let Some(active) = &writer.active else {
                    return Ok(end);
                };
                active.write_out()?;
                (Arc::clone(active), writer.end())
            };
            active.sync(&self.device)?;
            Ok(reached)
        })
    }

    /// Syncs what is not durable yet, if it is more than half of what a tail may be,
    /// and answers whether it was.
    ///
    /// # Errors
    ///
    /// As for [`sync_to`](Self::sync_to).
    pub(crate) fn sync_long_tail(&self) -> Result<bool> {
        let end = {
            let writer = self.writer.lock();
            if !writer.has_long_tail(file_len(TAIL_BYTES / 2)) {
                return Ok(false);
            }
            writer.end()
        };
        self.sync_to(end)?;
        Ok(true)
    }

    /// Answers whether what expires then is gone by now.
    ///
    /// # Exercise 2.14
    pub(crate) fn is_over(&self, expires: Duration) -> bool {
        expires <= self.options.clock.now()
    }

    /// Forgets a key whose record there has expired. No write has to say so: the
    /// record is from then on what a tombstone is.
    pub(crate) fn forget(&self, key: &[u8], at: At) {
        let _writer = self.writer.lock();
        self.index.forget(key, KeyHash::of(key), at);
    }

    /// Makes everything durable that was written until now.
    pub(crate) fn sync_all(&self) -> Result<()> {
        let end = {
            let writer = self.writer.lock();
            self.device.check()?;
            match writer.active {
                Some(_) => writer.end(),
                None => return Ok(()),
            }
        };
        self.sync_to(end)
    }

    /// Makes everything durable that was written until now, and leaves evidence
    /// of that: a mark that is durable itself. Without one, whoever finds the
    /// last records damaged would take them for a torn tail.
    ///
    /// # Errors
    ///
    /// As for [`seal_active`](Self::seal_active).
    pub(crate) fn prove_all(&self) -> Result<()> {
        self.sync_all()?;
        {
            let mut writer = self.writer.lock();
            self.device.check()?;
            match writer.active.clone() {
                // The seal needs room, too.
                Some(active) if active.room() >= 2 * SEAL_BYTES => {
                    writer.encode(&active, &[], None);
                    active.append(&writer.scratch);
                }
                Some(_) => self.seal(&mut writer, 0)?,
                None => {}
            }
        }
        self.sync_all()
    }

    /// Ends the active file, if there is one, so that it can be merged.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`], [`Error::Io`] and [`Error::Poisoned`].
    pub(crate) fn seal_active(&self) -> Result<()> {
        let mut writer = self.writer.lock();
        self.device.check()?;
        self.seal(&mut writer, 0)
    }

    /// Ends the engine: seals the active file, and removes what nobody needs.
    fn finish(&self) -> Result<()> {
        self.sync_all()?;
        let active = {
            let mut writer = self.writer.lock();
            let active = writer.active.clone();
            self.seal(&mut writer, 0)?;
            active
        };
        self.end_merging()?;
        if let Some(active) = active {
            self.index.remove_file(active.number());
            if let Some(active) = Arc::into_inner(active) {
                active.cut_off_room()?;
            }
        }
        self.device.sync_dir()
    }
}

impl Writer {
    /// A number that no file has had.
    pub(crate) fn next_number(&mut self) -> Result<u32> {
        let number = self.number;
        self.number = next_number(number)?;
        Ok(number)
    }

    /// No file has got that number: the next one will, unless there is a later
    /// one by now.
    pub(crate) fn give_back(&mut self, number: u32) {
        if self.number == number + 1 {
            self.number = number;
        }
    }

    /// Whether the tail of the active file has to become shorter before `len` more
    /// bytes come.
    fn has_long_tail(&self, len: u32) -> bool {
        let active = self.active.as_ref();
        let tail = active.map_or(0, |active| active.end() - active.durable());
        tail > 0 && tail.saturating_add(len) as usize > TAIL_BYTES
    }

    /// Where the active file ends.
    fn end(&self) -> End {
        self.active
            .as_ref()
            .map_or((0, 0), |active| (active.number(), active.end()))
    }

    /// Encodes the records of `batch` for the end of the active file, after a
    /// mark of how far it is durable, if that is news.
    ///
    /// # Exercise 2.6
    pub(crate) fn encode(
        &mut self,
        active: &DataFile,
        batch: &[Write<'_>],
        expires: Option<Duration>,
    ) -> Vec<At> {
        let (file, end) = (active.number(), active.end());
        self.scratch.clear();
        let durable = active.durable();
        if durable > self.marked {
            let says = Says::Synced { up_to: durable };
            Record::last(says).append_to(&mut self.scratch, Place { file, offset: end });
            self.marked = durable;
        }
        let mut places = Vec::with_capacity(batch.len());
        for (index, &write) in batch.iter().enumerate() {
            let offset = end + file_len(self.scratch.len());
            let place = Place { file, offset };
            let goes_on = index + 1 < batch.len();
            let record = record(write, expires, goes_on);
            record.append_to(&mut self.scratch, place);
            let len = record.encoded_len();
            places.push(At { place, len });
        }
        places
    }
}

impl StorageEngine for Bitcask {
    fn get_into(&self, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        self.counters.add(Counter::Gets, 1);
        self.look_up(key, value)
    }

    fn write(&self, batch: &[Write<'_>]) -> Result<()> {
        self.write_until(batch, None)
    }

    fn scan<'s>(&'s self, range: KeyRange<'_>, order: Order) -> Result<Box<dyn Cursor + 's>> {
        Ok(Box::new(BitcaskCursor::new(self, range, order)?))
    }

    fn sync(&self) -> Result<()> {
        self.sync_all()
    }

    fn close(self: Box<Self>) -> Result<()> {
        let finished = self.finish();
        // Only now may another owner look at the files.
        drop(self);
        finished
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn stats(&self) -> Stats {
        self.counters.stats()
    }
}

/// A change as a record.
fn record(write: Write<'_>, expires: Option<Duration>, goes_on: bool) -> Record<'_> {
    let says = match write {
        Write::Put { key, value } => Says::Put {
            key,
            value,
            expires,
        },
        Write::Delete { key } => Says::Delete { key },
    };
    Record { says, goes_on }
}

/// The length of a batch as records, in bytes.
///
/// # Errors
///
/// [`Error::TooLarge`].
pub(crate) fn batch_len(batch: &[Write<'_>], expires: Option<Duration>) -> Result<u32> {
    let len = |write: &Write<'_>| record(*write, expires, false).encoded_len() as usize;
    let bytes = batch.iter().map(len).fold(0, usize::saturating_add);
    match u32::try_from(bytes) {
        Ok(len) if len <= RECORDS_BYTES_MAX => Ok(len),
        _ => Err(Error::TooLarge {
            what: "batch",
            bytes,
            bytes_max: RECORDS_BYTES_MAX as usize,
        }),
    }
}

impl fmt::Debug for Bitcask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bitcask")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
