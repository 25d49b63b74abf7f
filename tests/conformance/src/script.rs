//! Scripts: what is done to an engine, one operation after the other.
//!
//! A script has a text form of one line that a person can read and type:
//!
//! ```text
//! put a 1; write [put b x*4096, delete a]; scan a..=b desc; sync; kill; get b
//! ```
//!
//! | operation | what it does |
//! |---|---|
//! | `put KEY VALUE` | stores a value |
//! | `delete KEY` | removes a key |
//! | `write [put KEY VALUE, delete KEY]` | writes a batch, which may be `[]` |
//! | `get KEY` | looks a key up |
//! | `scan RANGE` | reads a scan from end to end |
//! | `scan_prefix KEY` | reads the keys that begin so |
//! | `entries RANGE` | reads a scan through the iterator |
//! | `cursor RANGE` | opens a cursor, which stays open for the next operations |
//! | `next` | advances the open cursor |
//! | `seek KEY` | seeks with the open cursor |
//! | `sync` | syncs |
//! | `step` | lets the engine do one piece of the work that it owes |
//! | `reopen` | closes the engine and opens it again |
//! | `drop` | drops the engine and opens it again |
//! | `kill` | ends the engine as a killed process ends, and opens it again |
//! | `durability LEVEL` | `buffered`, `os` or `always`, at the script's beginning only |
//!
//! A RANGE is `..`, `a..`, `..b`, `a..b` or `a..=b`, and `a<..b` leaves `a`
//! itself out. `desc` behind it scans backwards. Operations are separated by
//! `;` or stand on lines of their own. How keys and values are spelled is said
//! at [`Bytes`].

use std::fmt;
use std::ops::Bound;
use std::str::FromStr;

use engine::{Durability, KeyRange, Limits, Order};

use crate::model::{Batch, Change};

mod bytes;
mod parse;
mod shrink;
mod strategy;

pub use bytes::{Bytes, shown};
pub use parse::ParseError;
pub use shrink::shrink;
pub use strategy::{Vocabulary, scripts};

/// What is done to an engine, one operation after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// The durability that the engine is opened with, unless the subject's
    /// first.
    pub durability: Option<Durability>,
    /// The operations.
    pub ops: Vec<Op>,
}

/// One operation of a [`Script`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Stores a value through [`put`](engine::StorageEngine::put).
    Put(Bytes, Bytes),
    /// Removes a key through [`delete`](engine::StorageEngine::delete).
    Delete(Bytes),
    /// Writes a batch.
    Write(Vec<Edit>),
    /// Looks a key up.
    Get(Bytes),
    /// Reads a scan from end to end.
    Scan(Span, Order),
    /// Reads the keys that begin so, from end to end.
    ScanPrefix(Bytes, Order),
    /// Reads a scan through the iterator.
    Entries(Span, Order),
    /// Opens a cursor, in place of the one that was open.
    Cursor(Span, Order),
    /// Advances the open cursor.
    Next,
    /// Seeks with the open cursor.
    Seek(Bytes),
    /// Syncs.
    Sync,
    /// Does one piece of the work that the engine owes.
    Step,
    /// Closes the engine and opens it again.
    Reopen,
    /// Drops the engine and opens it again.
    Drop,
    /// Ends the engine as a killed process ends, and opens it again.
    Kill,
}

/// One change of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Stores a value.
    Put(Bytes, Bytes),
    /// Removes a key.
    Delete(Bytes),
}

/// The bounds of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Where it starts.
    pub start: Bound<Bytes>,
    /// Where it ends.
    pub end: Bound<Bytes>,
}

impl Script {
    /// The script of `ops`.
    pub fn new(ops: Vec<Op>) -> Self {
        Script {
            durability: None,
            ops,
        }
    }

    /// The script that `text` spells, for tests and checks that spell theirs
    /// out.
    ///
    /// # Panics
    ///
    /// Where `text` is no script.
    #[track_caller]
    pub fn of(text: &str) -> Self {
        match text.parse() {
            Ok(script) => script,
            Err(error) => panic!("{error}"),
        }
    }
}

impl Op {
    /// The batch that the operation writes, if it writes.
    pub fn batch(&self, limits: &Limits) -> Option<Batch> {
        let changes = match self {
            Op::Put(key, value) => vec![Change::put(key, value, limits)],
            Op::Delete(key) => vec![Change::delete(key, limits)],
            Op::Write(edits) => edits.iter().map(|edit| edit.change(limits)).collect(),
            _ => return None,
        };
        Some(Batch(changes))
    }
}

impl Edit {
    fn change(&self, limits: &Limits) -> Change {
        match self {
            Edit::Put(key, value) => Change::put(key, value, limits),
            Edit::Delete(key) => Change::delete(key, limits),
        }
    }
}

impl Change {
    fn put(key: &Bytes, value: &Bytes, limits: &Limits) -> Self {
        Change {
            key: key.to_vec(limits.key_bytes_max),
            value: Some(value.to_vec(limits.value_bytes_max)),
        }
    }

    fn delete(key: &Bytes, limits: &Limits) -> Self {
        Change {
            key: key.to_vec(limits.key_bytes_max),
            value: None,
        }
    }
}

impl Span {
    /// Every key.
    pub const ALL: Span = Span {
        start: Bound::Unbounded,
        end: Bound::Unbounded,
    };

    /// The range that it spells, for an engine with these limits.
    pub fn range(&self, limits: &Limits) -> KeyRange<'static> {
        let bound = |bound: &Bound<Bytes>| {
            bound
                .as_ref()
                .map(|bytes| bytes.to_vec(limits.key_bytes_max))
        };
        let (start, end) = (bound(&self.start), bound(&self.end));
        KeyRange::new(
            start.as_ref().map(Vec::as_slice),
            end.as_ref().map(Vec::as_slice),
        )
        .into_owned()
    }
}

impl FromStr for Script {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse::script(text)
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let durability = self.durability.map(|durability| match durability {
            Durability::Buffered => "durability buffered",
            Durability::Os => "durability os",
            Durability::Always => "durability always",
        });
        let mut separator = "";
        if let Some(durability) = durability {
            f.write_str(durability)?;
            separator = "; ";
        }
        for op in &self.ops {
            write!(f, "{separator}{op}")?;
            separator = "; ";
        }
        Ok(())
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Put(key, value) => write!(f, "put {key} {value}"),
            Op::Delete(key) => write!(f, "delete {key}"),
            Op::Write(edits) => {
                f.write_str("write [")?;
                for (place, edit) in edits.iter().enumerate() {
                    let separator = if place == 0 { "" } else { ", " };
                    write!(f, "{separator}{edit}")?;
                }
                f.write_str("]")
            }
            Op::Get(key) => write!(f, "get {key}"),
            Op::Scan(span, order) => write!(f, "scan {span}{}", suffix(*order)),
            Op::ScanPrefix(prefix, order) => write!(f, "scan_prefix {prefix}{}", suffix(*order)),
            Op::Entries(span, order) => write!(f, "entries {span}{}", suffix(*order)),
            Op::Cursor(span, order) => write!(f, "cursor {span}{}", suffix(*order)),
            Op::Next => f.write_str("next"),
            Op::Seek(key) => write!(f, "seek {key}"),
            Op::Sync => f.write_str("sync"),
            Op::Step => f.write_str("step"),
            Op::Reopen => f.write_str("reopen"),
            Op::Drop => f.write_str("drop"),
            Op::Kill => f.write_str("kill"),
        }
    }
}

fn suffix(order: Order) -> &'static str {
    match order {
        Order::Ascending => "",
        Order::Descending => " desc",
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Edit::Put(key, value) => write!(f, "put {key} {value}"),
            Edit::Delete(key) => write!(f, "delete {key}"),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.start {
            Bound::Included(start) => write!(f, "{start}..")?,
            Bound::Excluded(start) => write!(f, "{start}<..")?,
            Bound::Unbounded => f.write_str("..")?,
        }
        match &self.end {
            Bound::Included(end) => write!(f, "={end}"),
            Bound::Excluded(end) => write!(f, "{end}"),
            Bound::Unbounded => Ok(()),
        }
    }
}
