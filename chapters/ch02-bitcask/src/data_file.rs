//! A data file: records one after the other, read while they are written.
//!
//! What was synced is read from the file, through its map where the disk has
//! maps. What was not synced yet is read from memory, and stays there until it is:
//! after a failed sync the file may hold anything in its place.
//!
//! ```text
//!              0          durable        written        end        room
//!              ├─────────────┼──────────────┼────────────┤ ─ ─ ─ ─ ─ ─ ┤
//! in the file  ██████████████████████████████
//! in memory                  ████████████████████████████
//! read from    the map       └──────── the tail ─────────┘
//! ```

use std::fmt;
use std::hint::black_box;

use engine::disk::{Disk, File, Map, Mode};
use engine::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use engine::sync::{Mutex, RwLock};
use engine::{Error, Result};

use crate::device::Device;
use crate::header::{HEADER_BYTES, Header};
use crate::names::{Kind, Name};
use crate::place::{Place, file_len};
use crate::record::{Record, record_len};

/// A data file, shared by whoever reads it.
pub struct DataFile {
    header: Header,
    /// What its name says that it is.
    kind: Mutex<Kind>,
    file: Box<dyn File>,
    map: Option<Box<dyn Map>>,
    /// How long the file is: there is room for so many bytes.
    room: u32,
    /// What lies before is read from the file. It only grows, and together
    /// with the tail's start.
    durable: AtomicU32,
    tail: RwLock<Tail>,
    /// The bytes of records that the keydir leads to.
    live: AtomicU32,
    /// The bytes of tombstones, and of what else hides older records.
    graves: AtomicU32,
    has_hint: AtomicBool,
}

/// The bytes of a data file that are not durable yet.
#[derive(Debug)]
struct Tail {
    /// Where they begin in the file.
    start: u32,
    bytes: Vec<u8>,
    /// How many of them were written to the file.
    written: usize,
}

/// How long a tail gets, unless one batch is longer. So much memory it keeps for
/// what comes next: to ask the system for it again costs as much as to fill it.
pub(crate) const TAIL_BYTES: usize = 4 << 20;

/// How many bytes are looked at before it is known how long a record is: most
/// are no longer.
const GUESS_BYTES: u32 = 256;

impl Tail {
    fn end(&self) -> u32 {
        self.start + file_len(self.bytes.len())
    }
}

impl DataFile {
    /// A new data file with this header and room for `room` bytes, all of
    /// which is durable but the name: it is called `.new`, and nobody reads it
    /// under that name.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`], and nothing is left of it that
    /// anybody minds; [`Error::Poisoned`].
    pub(crate) fn create(device: &Device, header: Header, room: u32) -> Result<Self> {
        let file = create_new(device.disk(), header.number)?;
        let prepared = (|| {
            file.allocate(u64::from(room))?;
            file.write_at(0, &header.to_bytes())?;
            device.sync(&*file)?;
            mapped(&*file)
        })();
        match prepared {
            Ok(map) => Ok(DataFile::with(
                header,
                Kind::New,
                file,
                map,
                room,
                HEADER_BYTES,
            )),
            Err(error) => {
                drop(file);
                // Room that is scarce, perhaps. An opening removes it, too.
                let name = Name::new(header.number, Kind::New).to_string();
                let _ = device.disk().remove(&name);
                Err(error)
            }
        }
    }

    /// The sealed data file of this number. Where its records end, the caller
    /// finds out and [says](Self::ends_at).
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] and [`Error::Version`] where its header is not sound;
    /// [`Error::Io`].
    pub(crate) fn open(disk: &dyn Disk, number: u32) -> Result<Self> {
        let name = Name::new(number, Kind::Data).to_string();
        let file = disk.open(&name, Mode::Read)?;
        let mut bytes = [0; HEADER_BYTES as usize];
        file.read_exact_at(0, &mut bytes)?;
        let header = Header::decode(&name, number, &bytes)?;
        let len = u32::try_from(file.len()?)
            .map_err(|_| Error::corrupt(&name, 0, "the file is longer than data files are"))?;
        let map = mapped(&*file)?;
        Ok(DataFile::with(header, Kind::Data, file, map, len, len))
    }

    fn with(
        header: Header,
        kind: Kind,
        file: Box<dyn File>,
        map: Option<Box<dyn Map>>,
        room: u32,
        durable: u32,
    ) -> Self {
        DataFile {
            header,
            kind: Mutex::new(kind),
            file,
            map,
            room,
            durable: AtomicU32::new(durable),
            tail: RwLock::new(Tail {
                start: durable,
                bytes: Vec::new(),
                written: 0,
            }),
            live: AtomicU32::new(0),
            graves: AtomicU32::new(0),
            has_hint: AtomicBool::new(false),
        }
    }

    /// Its number.
    pub(crate) fn number(&self) -> u32 {
        self.header.number
    }

    /// What it is called.
    pub(crate) fn name(&self) -> Name {
        Name::new(self.number(), *self.kind.lock())
    }

    /// Gives it the name that says that it is `kind`. That is durable after the
    /// next sync of the directory. One that is sealed needs no memory for more
    /// records.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub(crate) fn rename(&self, disk: &dyn Disk, kind: Kind) -> Result<()> {
        let new = Name::new(self.number(), kind);
        disk.rename(&self.name().to_string(), &new.to_string())?;
        *self.kind.lock() = kind;
        if kind == Kind::Data {
            self.tail.write().bytes.shrink_to_fit();
        }
        Ok(())
    }

    /// What its header says.
    pub(crate) fn header(&self) -> Header {
        self.header
    }

    /// Where its last record ends.
    pub(crate) fn end(&self) -> u32 {
        self.tail.read().end()
    }

    /// Its last record ends here: what lies after it is room that nobody needs.
    pub(crate) fn ends_at(&mut self, end: u32) {
        self.durable = AtomicU32::new(end);
        self.tail = RwLock::new(Tail {
            start: end,
            bytes: Vec::new(),
            written: 0,
        });
    }

    /// How long the file is, room included.
    pub(crate) fn len(&self) -> u32 {
        self.room
    }

    /// How many more bytes it has room for.
    pub(crate) fn room(&self) -> u32 {
        self.room.saturating_sub(self.end())
    }

    /// Up to where it is durable.
    pub(crate) fn durable(&self) -> u32 {
        self.durable.load(Ordering::Acquire)
    }

    /// Calls `look` with the record at `offset`, checked.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] and [`Error::Io`].
    ///
    /// # Exercise 2.2
    pub(crate) fn read<T>(&self, offset: u32, look: impl FnOnce(&Record<'_>) -> T) -> Result<T> {
        todo!("exercise 2.2: Calls `look` with the record at `offset`, checked")
    }

    /// Reads a record that lies before `durable`.
    fn read_file<T>(
        &self,
        offset: u32,
        durable: u32,
        look: impl FnOnce(&Record<'_>) -> T,
    ) -> Result<T> {
        let (start, left) = (u64::from(offset), (durable - offset) as usize);
        let Some(map) = self.map_to(durable) else {
            let mut bytes = vec![0; left.min(GUESS_BYTES as usize)];
            self.file.read_exact_at(start, &mut bytes)?;
            let len = record_len(&bytes).min(left);
            if len > bytes.len() {
                let read = bytes.len();
                bytes.resize(len, 0);
                self.file
                    .read_exact_at(start + read as u64, &mut bytes[read..])?;
            }
            return self.decode(offset, &bytes, look);
        };
        let guess = map.slice(start, left.min(GUESS_BYTES as usize))?;
        let len = record_len(&guess).min(left);
        if len <= guess.len() {
            return self.decode(offset, &guess, look);
        }
        drop(guess);
        self.decode(offset, &map.slice(start, len)?, look)
    }

    fn decode<T>(
        &self,
        offset: u32,
        bytes: &[u8],
        look: impl FnOnce(&Record<'_>) -> T,
    ) -> Result<T> {
        let file = self.number();
        match Record::decode(bytes, Place { file, offset }) {
            Ok(record) => Ok(look(&record)),
            Err(what) => Err(Error::corrupt(
                &self.name().to_string(),
                u64::from(offset),
                what,
            )),
        }
    }

    /// The map, if it reaches to `end`: what goes beyond the room that there was
    /// at first is not mapped.
    fn map_to(&self, end: u32) -> Option<&dyn Map> {
        self.map.as_deref().filter(|_| end <= self.room)
    }

    /// Calls `look` with all of a sealed file, the room after its seal included.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], and what `look` answers.
    pub(crate) fn read_all<T>(&self, look: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        let end = self.room.max(self.durable());
        let len = end as usize;
        if let Some(map) = self.map_to(end) {
            return look(&map.slice(0, len)?);
        }
        let mut bytes = vec![0; len];
        self.file.read_exact_at(0, &mut bytes)?;
        look(&bytes)
    }

    /// Has the system read these bytes, if they are mapped, and nothing around
    /// them.
    pub(crate) fn prefetch(&self, offset: u32, len: u32) {
        if let Some(map) = &self.map {
            map.prefetch(u64::from(offset), len as usize);
        }
    }

    /// Has the processor fetch the record at `offset`, if it is mapped. It goes
    /// on without the bytes, and can have several of them under way at a time.
    pub(crate) fn fetch(&self, offset: u32) {
        /// What a processor fetches in one piece.
        const LINE_BYTES: usize = 64;
        let durable = self.durable();
        let Some(map) = self.map_to(durable).filter(|_| offset < durable) else {
            return;
        };
        let len = (durable - offset).min(GUESS_BYTES);
        // Borrowed where it was answered: to copy what was just written, in
        // another width, would wait for everything before it.
        if let Ok(bytes) = &map.slice(u64::from(offset), len as usize) {
            bytes.iter().step_by(LINE_BYTES).for_each(|byte| {
                black_box(*byte);
            });
        }
    }

    /// Puts records after the last one, in memory only.
    pub(crate) fn append(&self, records: &[u8]) {
        self.tail.write().bytes.extend_from_slice(records);
    }

    /// How many bytes were appended and not written.
    pub(crate) fn pending(&self) -> usize {
        let tail = self.tail.read();
        tail.bytes.len() - tail.written
    }

    /// Writes to the file what was appended. One thread at a time may do this,
    /// and nobody may append meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`]; any part of it may have been
    /// written then.
    ///
    /// # Exercise 2.2
    pub(crate) fn write_out(&self) -> Result<()> {
        todo!("exercise 2.2: Writes to the file what was appended")
    }

    /// Takes back what was appended from `end` on. The write of it may have failed,
    /// but none that succeeded is taken back.
    pub(crate) fn take_back(&self, end: u32) {
        let mut tail = self.tail.write();
        let len = end.saturating_sub(tail.start) as usize;
        tail.bytes.truncate(len);
        tail.written = tail.written.min(len);
    }

    /// Makes durable what was written, and from then on reads it from the file.
    ///
    /// # Errors
    ///
    /// [`Error::Poisoned`].
    ///
    /// # Exercise 2.2
    pub(crate) fn sync(&self, device: &Device) -> Result<()> {
        todo!(
            "exercise 2.2: Makes durable what was written, and from then on reads it from the file"
        )
    }

    /// Gives back the room that nobody needs. The file must be nobody else's:
    /// one that is mapped cannot shrink.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub(crate) fn cut_off_room(self) -> Result<()> {
        let end = self.end();
        let DataFile { file, map, .. } = self;
        drop(map);
        file.set_len(u64::from(end))
    }

    /// Whether there is a hint file of it.
    pub(crate) fn has_hint(&self) -> bool {
        self.has_hint.load(Ordering::Relaxed)
    }

    /// There is a hint file of it from now on.
    pub(crate) fn gets_hint(&self) {
        self.has_hint.store(true, Ordering::Relaxed);
    }

    /// The bytes of records that the keydir leads to.
    pub(crate) fn live(&self) -> u32 {
        self.live.load(Ordering::Relaxed)
    }

    /// The bytes of tombstones, and of what else hides older records.
    pub(crate) fn graves(&self) -> u32 {
        self.graves.load(Ordering::Relaxed)
    }

    /// The keydir leads to a record of this many bytes from now on. Only one
    /// thread at a time may say so, or say that one dies: whoever holds the
    /// index's places to change them.
    pub(crate) fn lives(&self, bytes: u32) {
        // Not in one step, which would have to wait for all that was read before.
        let live = self.live().wrapping_add(bytes);
        self.live.store(live, Ordering::Relaxed);
    }

    /// The keydir leads to a record of this many bytes no more; see
    /// [`lives`](Self::lives).
    pub(crate) fn dies(&self, bytes: u32) {
        let live = self.live().wrapping_sub(bytes);
        self.live.store(live, Ordering::Relaxed);
    }

    /// So many more bytes of records hide older ones.
    pub(crate) fn buries(&self, bytes: u32) {
        self.graves.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// A new file that is called `.new` after this number, in place of one that an
/// earlier attempt has left.
pub(crate) fn create_new(disk: &dyn Disk, number: u32) -> Result<Box<dyn File>> {
    let name = Name::new(number, Kind::New).to_string();
    match disk.open(&name, Mode::CreateNew) {
        Err(Error::Io {
            kind: std::io::ErrorKind::AlreadyExists,
            ..
        }) => {
            disk.remove(&name)?;
            disk.open(&name, Mode::CreateNew)
        }
        created => created,
    }
}

/// The map of a file, where the disk has maps.
pub(crate) fn mapped(file: &dyn File) -> Result<Option<Box<dyn Map>>> {
    match file.map() {
        Ok(map) => Ok(Some(map)),
        Err(Error::Unsupported { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl fmt::Debug for DataFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataFile({})", self.name())
    }
}
