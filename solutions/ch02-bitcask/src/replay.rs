//! Reading a data file from front to back, and what to make of bytes that are
//! no record.

use engine::{Error, Result};

use crate::header::HEADER_BYTES;
use crate::place::{Place, file_len};
use crate::record::{Record, SEAL_BYTES, SYNCED, Says};

/// The records of a data file, in their order, up to the seal or to the first
/// bytes that are no record.
#[derive(Debug)]
pub struct Records<'f> {
    file: u32,
    bytes: &'f [u8],
    /// Where the next record begins.
    at: usize,
    ended: Option<Ended>,
}

/// Where the records of a file end, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// There is a seal, and it begins here.
    Sealed(u32),
    /// The bytes here are no record: this is wrong with them.
    Broken(u32, &'static str),
}

impl<'f> Records<'f> {
    /// The records in the file of this number whose bytes are these, from the
    /// one at `at` on.
    pub fn new(file: u32, bytes: &'f [u8], at: u32) -> Self {
        Records {
            file,
            bytes,
            at: at as usize,
            ended: None,
        }
    }

    /// All records of the file.
    pub fn all(file: u32, bytes: &'f [u8]) -> Self {
        Records::new(file, bytes, HEADER_BYTES)
    }

    /// Where the next record begins.
    pub fn at(&self) -> u32 {
        file_len(self.at)
    }

    /// Where they end, once there are no more.
    pub fn ended(&self) -> Option<Ended> {
        self.ended
    }

    fn decode(&self, at: usize) -> Result<Record<'f>, &'static str> {
        let offset = u32::try_from(at).map_err(|_| "data files are not so long")?;
        let place = Place {
            file: self.file,
            offset,
        };
        Record::decode(self.bytes.get(at..).unwrap_or_default(), place)
    }

    /// Answers whether a record after the last one says that the file was
    /// durable beyond `end`. It has to be searched for at every byte: nothing
    /// that stands before it can be relied on.
    fn prove_sync_beyond(&self, end: u32) -> bool {
        /// How far its kind stands after a record's first byte.
        const KIND_AT: usize = 4;
        /// Most of what is searched is room that was never written: so much of it
        /// is passed over at a time.
        const PART_BYTES: usize = 4096;
        let first = self.at + 1;
        let kinds = self.bytes.get(first + KIND_AT..).unwrap_or_default();
        for (part, from) in kinds.chunks(PART_BYTES).zip((first..).step_by(PART_BYTES)) {
            if !part.contains(&SYNCED) {
                continue;
            }
            for (_, at) in part.iter().zip(from..).filter(|(kind, _)| **kind == SYNCED) {
                let says = self.decode(at).map(|record| record.says);
                if matches!(says, Ok(Says::Synced { up_to }) if up_to > end) {
                    return true;
                }
            }
        }
        false
    }
}

impl<'f> Iterator for Records<'f> {
    type Item = (u32, Record<'f>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended.is_some() {
            return None;
        }
        let offset = file_len(self.at);
        match self.decode(self.at) {
            Ok(record) if record.says == Says::Seal => {
                self.ended = Some(Ended::Sealed(offset));
                None
            }
            Ok(record) => {
                self.at += record.encoded_len() as usize;
                Some((offset, record))
            }
            Err(what) => {
                self.ended = Some(Ended::Broken(offset, what));
                None
            }
        }
    }
}

/// Where the seal of a sealed data file ends, given where its records ended.
///
/// Every byte of such a file was synced: one that is wrong is damage. After
/// the seal there are zeros, if anything.
///
/// # Errors
///
/// [`Error::Corrupt`].
///
/// # Exercise 2.7
pub fn end_of_sealed(name: &str, bytes: &[u8], ended: Ended) -> Result<u32> {
    let damage = |at, what| Err(Error::corrupt(name, u64::from(at), what));
    let end = match ended {
        Ended::Sealed(at) => at + SEAL_BYTES,
        Ended::Broken(at, what) => return damage(at, what),
    };
    match bytes[end as usize..].iter().position(|&byte| byte != 0) {
        Some(index) => damage(end + file_len(index), "nothing should stand after the seal"),
        None => Ok(end),
    }
}

/// Where the last whole batch of an active data file ends: the answer for all
/// of its bytes.
///
/// Whoever wrote it was killed, or the power was lost. What stands after that
/// batch is a torn tail, and nobody was told that it is safe; unless a record
/// farther on says that the file was durable beyond it. Then it is damage.
///
/// # Errors
///
/// [`Error::Corrupt`].
///
/// # Exercise 2.7
pub fn end_of_active(name: &str, file: u32, bytes: &[u8]) -> Result<u32> {
    let mut records = Records::all(file, bytes);
    let mut end = records.at();
    while let Some((_, record)) = records.next() {
        if !record.goes_on {
            end = records.at();
        }
    }
    match records.ended() {
        Some(Ended::Broken(at, what)) if records.prove_sync_beyond(end) => {
            Err(Error::corrupt(name, u64::from(at), what))
        }
        _ => Ok(end),
    }
}
