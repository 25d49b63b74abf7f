//! Hint files: the keys of a sealed data file, so that opening need not read
//! its values.
//!
//! A hint says of each key what the *last* record about it in that file is. It
//! can be made from the data file at any time, and is worth having only where
//! it is much smaller.

use engine::disk::Lent;
use engine::{Error, Result};

use crate::data_file::create_new;
use crate::device::Device;
use crate::names::{Kind, Name};
use crate::record::{Record, Says};

/// The first bytes of every hint file.
pub const MAGIC: [u8; 8] = *b"strata-h";
/// The version of the format that is written and read here.
pub const VERSION: u32 = 1;
const HEADER_BYTES: usize = 32;
const ENTRY_HEAD_BYTES: usize = 11;

/// The keys of a data file, as they stand in its hint file.
///
/// The numbers are little-endian.
///
/// ```text
/// offset  size  field
///      0     8  magic     "strata-h"
///      8     4  version   of this format: 1
///     12     4  crc32     over everything after it
///     16     4  number    of the data file
///     20     4  data_end  where the seal of the data file ends
///     24     8  count     of the entries
///     32     …  entries   in the order of their keys
/// ```
///
/// Each entry is
///
/// ```text
/// offset  size  field
///      0     4  offset   of the record in the data file
///      4     4  len      of the record, in bytes
///      8     1  deletes  1 where the record deletes the key, else 0
///      9     2  key_len  bytes
///     11     …  key      any bytes
/// ```
#[derive(Debug)]
pub struct Hint<'f> {
    bytes: Lent<'f>,
}

/// What a hint says of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry<'h> {
    /// The key.
    pub key: &'h [u8],
    /// Where the record is in the data file.
    pub offset: u32,
    /// The length of the record, in bytes.
    pub len: u32,
    /// Whether it deletes the key.
    pub deletes: bool,
}

impl<'f> Hint<'f> {
    /// The hint of the data file of this number, whose seal ends at `data_end`.
    /// `entries` has one for each of its records that is about a key, in the order
    /// of the records.
    ///
    /// # Exercise 2.8
    pub fn new(number: u32, data_end: u32, mut entries: Vec<Entry<'_>>) -> Self {
        // Stable: of one key the last record stays last, and is the one to keep.
        entries.sort_by_key(|entry| entry.key);
        let mut bytes = vec![0; HEADER_BYTES];
        let mut count = 0_u64;
        for (index, entry) in entries.iter().enumerate() {
            if entries
                .get(index + 1)
                .is_some_and(|next| next.key == entry.key)
            {
                continue;
            }
            let key_len = u16::try_from(entry.key.len()).expect("keys keep within the limit");
            bytes.extend_from_slice(&entry.offset.to_le_bytes());
            bytes.extend_from_slice(&entry.len.to_le_bytes());
            bytes.push(u8::from(entry.deletes));
            bytes.extend_from_slice(&key_len.to_le_bytes());
            bytes.extend_from_slice(entry.key);
            count += 1;
        }
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..20].copy_from_slice(&number.to_le_bytes());
        bytes[20..24].copy_from_slice(&data_end.to_le_bytes());
        bytes[24..32].copy_from_slice(&count.to_le_bytes());
        let crc32 = crc32fast::hash(&bytes[16..]);
        bytes[12..16].copy_from_slice(&crc32.to_le_bytes());
        Hint {
            bytes: Lent::kept_by(bytes),
        }
    }

    /// Writes the hint file of the data file of this number, which is sealed.
    /// It has its name only once it is whole and durable.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] and [`Error::Io`], and there is no such file;
    /// [`Error::Poisoned`].
    ///
    /// # Exercise 2.11
    pub(crate) fn save(&self, device: &Device, number: u32) -> Result<()> {
        let file = create_new(device.disk(), number)?;
        file.write_at(0, &self.bytes)?;
        device.sync(&*file)?;
        let name = |kind| Name::new(number, kind).to_string();
        device.disk().rename(&name(Kind::New), &name(Kind::Hint))?;
        device.sync_dir()
    }

    /// The hint of the data file of this number, from the bytes of its hint file.
    /// Whether the data file ends where the hint says, the caller finds
    /// out.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] and [`Error::Version`] where they are none.
    ///
    /// # Exercise 2.11
    pub(crate) fn decode(number: u32, bytes: Lent<'f>) -> Result<Self> {
        let name = Name::new(number, Kind::Hint).to_string();
        let damage = |offset, what: &str| {
            let data = Name::new(number, Kind::Data);
            let what = format!("{what}; without this file, `{data}` is read instead");
            Err(Error::corrupt(&name, offset, what))
        };
        if bytes.len() < HEADER_BYTES || bytes[..8] != MAGIC {
            return damage(0, "this is no hint file");
        }
        let number_at =
            |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        if number_at(8) != VERSION {
            return Err(Error::Version {
                file: name,
                found: number_at(8),
                supported: VERSION,
            });
        }
        if number_at(12) != crc32fast::hash(&bytes[16..]) {
            return damage(12, "the checksum does not match");
        }
        if number_at(16) != number {
            return damage(16, "this is the hint of another data file");
        }
        Ok(Hint { bytes })
    }

    /// Its bytes, as they stand in its file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the seal of the data file ends.
    pub fn data_end(&self) -> u32 {
        u32::from_le_bytes(self.bytes[20..24].try_into().expect("four bytes"))
    }

    /// How many keys it tells of: what its header says, and no more than there
    /// is room for.
    pub fn count(&self) -> usize {
        let count = self.bytes[24..32].try_into().expect("eight bytes");
        let room = (self.bytes.len() - HEADER_BYTES) / ENTRY_HEAD_BYTES;
        usize::try_from(u64::from_le_bytes(count)).map_or(room, |count| count.min(room))
    }

    /// What it says of each key, in the order of the keys.
    pub fn entries(&self) -> Entries<'_> {
        Entries(&self.bytes[HEADER_BYTES..])
    }
}

/// What a hint says of each key, in the order of the keys.
#[derive(Debug)]
pub struct Entries<'h>(&'h [u8]);

impl<'h> Iterator for Entries<'h> {
    type Item = Entry<'h>;

    fn next(&mut self) -> Option<Entry<'h>> {
        let (head, rest) = self.0.split_first_chunk::<ENTRY_HEAD_BYTES>()?;
        let [o0, o1, o2, o3, l0, l1, l2, l3, deletes, k0, k1] = *head;
        let (key, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes([k0, k1])))?;
        self.0 = rest;
        Some(Entry {
            key,
            offset: u32::from_le_bytes([o0, o1, o2, o3]),
            len: u32::from_le_bytes([l0, l1, l2, l3]),
            deletes: deletes != 0,
        })
    }
}

impl<'f> Entry<'f> {
    /// The entry of the record at `offset`, if that is about a key.
    pub fn of((offset, record): (u32, Record<'f>)) -> Option<Self> {
        Some(Entry {
            key: record.key()?,
            offset,
            len: record.encoded_len(),
            deletes: matches!(record.says, Says::Delete { .. }),
        })
    }
}
