//! Engines that are wrong about which bytes are keys and values.

use std::collections::HashMap;

use conformance::{Clause, Level};
use engine::sync::Mutex;
use engine::{Cursor, Error, KeyRange, Limits, Order, Result, StorageEngine, Write};

use crate::calls::{Calls, Inner};
use crate::exhibit::{Charge, Exhibit};
use crate::log_engine::format;
use crate::log_engine::steps::{Right, Steps};

/// The exhibits of this room.
pub static EXHIBITS: &[Exhibit] = &[
    Exhibit::of_calls::<SignedBytes>(Charge(
        "signed-bytes",
        Clause::OrderedScans,
        Level::Core,
        "orders keys by signed bytes, so that 0x80 comes before 0x00",
        "in Java and often in C a byte is signed, and every test key is ASCII",
    )),
    Exhibit::of_calls::<EmptyKeyRefused>(Charge(
        "empty-key-refused",
        Clause::AnyBytes,
        Level::Core,
        "refuses the empty key",
        "an empty key looks like a caller's mistake",
    )),
    Exhibit::of_calls::<EmptyValueAbsent>(Charge(
        "empty-value-absent",
        Clause::AnyBytes,
        Level::Core,
        "takes an empty value for no value",
        "the length says whether there is one, and saves a flag",
    )),
    Exhibit::of_steps(
        &EmptyValueBuried,
        Charge(
            "empty-value-buried",
            Clause::AnyBytes,
            Level::Reopen,
            "logs an empty value as it logs a delete",
            "an empty value makes a fine tombstone",
        ),
    ),
    Exhibit::of_steps(
        &LengthInTwoBytes,
        Charge(
            "length-in-two-bytes",
            Clause::AnyBytes,
            Level::Reopen,
            "keeps a record's length in two bytes, though a value may take more",
            "no value in any test has 64 KiB",
        ),
    ),
    Exhibit::of_calls::<FoundByHash>(Charge(
        "found-by-hash",
        Clause::AnyBytes,
        Level::Core,
        "finds a key by a hash of 32 bits, and does not compare the key",
        "two keys have the same hash once in four billion",
    )),
    Exhibit::of_calls::<KeyLimitExcluded>(Charge(
        "key-limit-excluded",
        Clause::AnyBytes,
        Level::Core,
        "refuses a key that is exactly as long as the limit",
        "`>=` where `>` was meant",
    )),
    Exhibit::of_calls::<LimitUnderstated>(Charge(
        "limit-understated",
        Clause::AnyBytes,
        Level::Core,
        "takes values that are a byte longer than its limits say",
        "the limit once left room for a terminator",
    )),
    Exhibit::of_calls::<DeleteOfAbsentFails>(Charge(
        "delete-of-absent-fails",
        Clause::AnyBytes,
        Level::Core,
        "answers an error when it is to delete what is absent",
        "whoever deletes a key that is not there has surely mistyped it",
    )),
    Exhibit::of_calls::<GetAppends>(Charge(
        "get-appends",
        Clause::AnyBytes,
        Level::Core,
        "appends the value to what the caller's buffer holds",
        "every test hands in a fresh buffer",
    )),
    Exhibit::of_calls::<MissKeepsBuffer>(Charge(
        "miss-keeps-buffer",
        Clause::AnyBytes,
        Level::Core,
        "leaves the last value in the caller's buffer when the key is absent",
        "the answer is `false`, so who would look",
    )),
];

/// Takes the last key with the same hash for the key. With a hundred thousand
/// keys, some two have one; and who knows the hash can make as many as they
/// like.
#[derive(Default)]
struct FoundByHash {
    keys: Mutex<HashMap<u32, Vec<u8>>>,
}

impl Calls for FoundByHash {
    fn get_into(&self, inner: &Inner, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        let keys = self.keys.lock();
        let found = keys.get(&crc32fast::hash(key));
        inner.get_into(found.map_or(key, Vec::as_slice), value)
    }

    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        let mut keys = self.keys.lock();
        inner.write(batch)?;
        for write in batch {
            keys.insert(crc32fast::hash(write.key()), write.key().to_vec());
        }
        Ok(())
    }
}

/// Compares `0x80` as -128. Whoever scans a range of binary keys (hashes,
/// big-endian integers, UTF-8 beyond ASCII) misses half of it.
///
/// Seen in ScyllaDB's Alternator (scylladb/scylladb#6573), Spark's
/// key-value store (apache/spark#56740).
#[derive(Default)]
struct SignedBytes;

impl Calls for SignedBytes {
    fn get_into(&self, inner: &Inner, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        inner.get_into(&turned(key), value)
    }

    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        let keys: Vec<_> = batch.iter().map(|write| turned(write.key())).collect();
        let mut batch = batch.to_vec();
        for (write, turned) in batch.iter_mut().zip(&keys) {
            match write {
                Write::Put { key, .. } | Write::Delete { key } => *key = turned,
            }
        }
        inner.write(&batch)
    }

    fn scan<'s>(
        &'s self,
        inner: &'s Inner,
        range: KeyRange<'_>,
        order: Order,
    ) -> Result<Box<dyn Cursor + 's>> {
        let (start, end) = (range.start().map(turned), range.end().map(turned));
        let range = KeyRange::new(
            start.as_ref().map(Vec::as_slice),
            end.as_ref().map(Vec::as_slice),
        );
        let mut cursor = Turned {
            cursor: inner.scan(range, order)?,
            key: Vec::new(),
        };
        cursor.turn_back();
        Ok(Box::new(cursor))
    }
}

/// The unsigned order of turned keys is the signed order of keys.
fn turned(key: &[u8]) -> Vec<u8> {
    key.iter().map(|byte| byte ^ 0x80).collect()
}

struct Turned<'s> {
    cursor: Box<dyn Cursor + 's>,
    key: Vec<u8>,
}

impl Turned<'_> {
    fn turn_back(&mut self) {
        self.key = self
            .cursor
            .entry()
            .map_or(Vec::new(), |(key, _)| turned(key));
    }
}

impl Cursor for Turned<'_> {
    fn entry(&self) -> Option<(&[u8], &[u8])> {
        self.cursor.entry().map(|(_, value)| (&*self.key, value))
    }

    fn advance(&mut self) -> Result<()> {
        self.cursor.advance()?;
        self.turn_back();
        Ok(())
    }

    fn seek(&mut self, key: &[u8]) -> Result<()> {
        self.cursor.seek(&turned(key))?;
        self.turn_back();
        Ok(())
    }
}

/// Refuses a key of no bytes. The user who keeps one setting under the empty
/// prefix of a key space cannot.
#[derive(Default)]
struct EmptyKeyRefused;

impl Calls for EmptyKeyRefused {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        if batch.iter().any(|write| write.key().is_empty()) {
            return Err(Error::Unsupported {
                what: "an empty key",
            });
        }
        inner.write(batch)
    }
}

/// Says "absent" for a key whose value is empty. Sets kept as keys without
/// values lose all their members.
#[derive(Default)]
struct EmptyValueAbsent;

impl Calls for EmptyValueAbsent {
    fn get_into(&self, inner: &Inner, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        inner.get_into(key, value)?;
        Ok(!value.is_empty())
    }
}

/// Writes a put of an empty value as the delete that it would not be told from
/// if lengths alone marked deletes. All is well until the log is replayed.
struct EmptyValueBuried;

impl Steps for EmptyValueBuried {
    fn encode_change(&self, bytes: &mut Vec<u8>, write: &Write<'_>) {
        match write {
            Write::Put { key, value: [] } => {
                format::encode_change(bytes, &Write::Delete { key });
            }
            _ => format::encode_change(bytes, write),
        }
    }
}

/// Cuts a record's length to sixteen bits. What was written is there until the
/// engine is opened again, and then the log is damaged.
struct LengthInTwoBytes;

impl Steps for LengthInTwoBytes {
    fn record_len(&self, len: usize) -> u32 {
        Right.record_len(len) & 0xffff
    }
}

/// Refuses what is exactly as long as `limits()` allows.
#[derive(Default)]
struct KeyLimitExcluded;

impl Calls for KeyLimitExcluded {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        let bytes_max = inner.limits().key_bytes_max;
        match batch.iter().find(|write| write.key().len() >= bytes_max) {
            Some(write) => Err(Error::TooLarge {
                what: "key",
                bytes: write.key().len(),
                bytes_max,
            }),
            None => inner.write(batch),
        }
    }
}

/// States a limit that is not the one that it checks. What it takes beyond is
/// what the next version, or a replica, refuses.
#[derive(Default)]
struct LimitUnderstated;

impl Calls for LimitUnderstated {
    fn limits(&self, inner: &Inner) -> Limits {
        let limits = inner.limits();
        Limits {
            value_bytes_max: limits.value_bytes_max - 1,
            ..limits
        }
    }
}

/// Answers an error where nothing is left to do. A retry of a delete that had
/// succeeded then fails for ever.
#[derive(Default)]
struct DeleteOfAbsentFails;

impl Calls for DeleteOfAbsentFails {
    fn write(&self, inner: &Inner, batch: &[Write<'_>]) -> Result<()> {
        if let [Write::Delete { key }] = batch
            && !inner.contains(key)?
        {
            return Err(Error::Unsupported {
                what: "deleting an absent key",
            });
        }
        inner.write(batch)
    }
}

/// Extends the caller's buffer. Who reuses one buffer for many reads, as the
/// call is made for, gets all the values in one.
#[derive(Default)]
struct GetAppends;

impl Calls for GetAppends {
    fn get_into(&self, inner: &Inner, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        match inner.get(key)? {
            Some(found) => value.extend_from_slice(&found),
            None => {
                value.clear();
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Does not touch the caller's buffer on a miss: the last key's value stands
/// there as if it were this one's.
#[derive(Default)]
struct MissKeepsBuffer;

impl Calls for MissKeepsBuffer {
    fn get_into(&self, inner: &Inner, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        let found = inner.get(key)?;
        let is_found = found.is_some();
        if let Some(found) = found {
            *value = found;
        }
        Ok(is_found)
    }
}
