//! Reading a log from front to back, and what to make of bytes that are no
//! record.

use engine::{Error, Result, Write};

use super::header::{HEADER_BYTES, Header};
use super::record::{Record, SYNCED, Says, log_len};

/// Where the records of a log end, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// A record says so.
    Here,
    /// The bytes here are no record: this is wrong with them.
    Broken(u32, &'static str),
}

/// Calls `each` with the changes of all batches in a log with these bytes, in
/// their order, and answers how the records end.
///
/// # Errors
///
/// [`Error::Corrupt`] where the checksum of a record holds and what it covers
/// makes no sense.
///
/// # Exercise 3.3
pub fn replay<'f>(
    name: &str,
    log: u32,
    bytes: &'f [u8],
    mut each: impl FnMut(Write<'f>),
) -> Result<Ended> {
    todo!(
        "exercise 3.3: Calls `each` with the changes of all batches in a log with these bytes, in their order, and answers how the records end"
    )
}

/// Answers whether a log was never written to: its room is all that there is.
pub fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0)
}

/// Judges how a log has ended. The bytes where a record should stand may be a
/// torn tail, if it is the newest log: nobody was told that it is safe. They are
/// damage if a record farther on says that the log was durable beyond them,
/// or if a later log was written to, since this one was synced before.
///
/// # Errors
///
/// [`Error::Corrupt`].
///
/// # Exercise 3.3
pub fn judge(name: &str, log: u32, bytes: &[u8], ended: Ended, is_newest: bool) -> Result<()> {
    todo!("exercise 3.3: Judges how a log has ended")
}

/// The header of a log, or `None` where it is torn: nothing that stands in the
/// log was ever durable.
///
/// # Errors
///
/// [`Error::Corrupt`] and [`Error::Version`].
pub fn header(name: &str, log: u32, bytes: &[u8], is_newest: bool) -> Result<Option<Header>> {
    match Header::decode(name, log, bytes) {
        Err(Error::Corrupt { .. }) if is_newest && !proves_sync_beyond(log, bytes, 0) => Ok(None),
        decoded => decoded.map(Some),
    }
}

/// Answers whether a record after `end` says that the log was durable beyond
/// it. It has to be searched for at every byte: nothing that stands before it can
/// be relied on.
fn proves_sync_beyond(log: u32, bytes: &[u8], end: u32) -> bool {
    /// How far its kind stands after a record's first byte.
    const KIND_AT: usize = 4;
    /// Most of what is searched is room that was never written: so much of it is
    /// passed over at a time.
    const PART_BYTES: usize = 4096;
    let first = end as usize + 1;
    let kinds = bytes.get(first + KIND_AT..).unwrap_or_default();
    for (part, from) in kinds.chunks(PART_BYTES).zip((first..).step_by(PART_BYTES)) {
        if !part.contains(&SYNCED) {
            continue;
        }
        for (_, at) in part.iter().zip(from..).filter(|(kind, _)| **kind == SYNCED) {
            let decoded = Record::decode(&bytes[at..], log, log_len(at));
            let says = decoded.map(|(record, _)| record.says);
            if matches!(says, Ok(Says::Synced { up_to }) if up_to > end) {
                return true;
            }
        }
    }
    false
}
