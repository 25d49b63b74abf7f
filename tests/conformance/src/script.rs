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
//! | `fill N` | puts N numbered entries: `k00000 v00000`, `k00001 v00001` … |
//! | `get KEY` | looks a key up |
//! | `scan RANGE` | reads a scan from end to end |
//! | `scan_prefix KEY` | reads the keys that begin so |
//! | `entries RANGE` | reads a scan through the iterator |
//! | `cursor RANGE` | opens a cursor, which stays open for the next operations |
//! | `next`, `next N` | advances the open cursor, N times |
//! | `seek KEY` | seeks with the open cursor |
//! | `snapshot N` | takes a snapshot, which is held as number N in place of the one that was |
//! | `release N` | lets snapshot N go |
//! | `get_at N KEY` | looks a key up in snapshot N |
//! | `scan_at N RANGE` | reads a scan of snapshot N from end to end |
//! | `cursor_at N RANGE` | opens a cursor over snapshot N, in place of the one that was open |
//! | `sync` | syncs |
//! | `step` | lets the engine do one piece of the work that it owes |
//! | `reopen` | closes the engine and opens it again |
//! | `drop` | drops the engine and opens it again |
//! | `kill` | ends the engine as a killed process ends, and opens it again |
//! | `cut N image M` | cuts the power after the Nth change of the simulated disk since it was switched on, and opens again on image M of what that may leave, see [`crate::sim`] |
//! | `kill_at N` | kills the process after the Nth change of the simulated disk since it was switched on, and opens again |
//! | `fault …` | makes the simulated disk fail from here on, see [`Fault`] |
//! | `flip FILE OFFSET BIT` | closes the engine, turns a bit over, and opens it again |
//! | `durability LEVEL` | `buffered`, `os` or `always`, at the script's beginning only |
//!
//! A cursor over a snapshot may stand only where there was something when the
//! snapshot was taken. One over the engine may show what was written since it
//! was opened, or not; at level snapshot it may not. An operation does nothing
//! where the cursor or the snapshot that it is for is not there.
//!
//! A RANGE is `..`, `a..`, `..b`, `a..b` or `a..=b`, and `a<..b` leaves `a`
//! itself out. `desc` after it scans backwards. Operations are separated by
//! `;` or stand on lines of their own. How keys and values are spelled is said
//! at [`Bytes`].

use std::ops::Bound;
use std::str::FromStr;

use engine::{Durability, Entry, KeyRange, Limits, Order};

use crate::model::{Batch, Change, Ending};
use crate::sim::{Cut, Fault};

mod bytes;
mod parse;
mod show;
mod shrink;
mod strategy;

pub use bytes::{Bytes, shown};
pub use parse::ParseError;
pub use shrink::{shrink, shrink_tree};
pub use strategy::{
    KEYS, VALUE_LENS, Vocabulary, scripts, scripts_around_a_cursor, scripts_around_a_snapshot,
    scripts_that_delete,
};

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
    /// Puts so many numbered entries, see [`numbered`].
    Fill(usize),
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
    /// Advances the open cursor, so many times.
    Next(usize),
    /// Seeks with the open cursor.
    Seek(Bytes),
    /// Takes a snapshot, which is held under this number in place of the one
    /// that was.
    Snapshot(usize),
    /// Lets the snapshot of this number go.
    Release(usize),
    /// Looks a key up in the snapshot of this number.
    GetAt(usize, Bytes),
    /// Reads a scan of the snapshot of this number from end to end.
    ScanAt(usize, Span, Order),
    /// Opens a cursor over the snapshot of this number, in place of the one
    /// that was open.
    CursorAt(usize, Span, Order),
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
    /// Cuts the power at a change that the simulated disk took in before, and
    /// opens again.
    Cut(Cut),
    /// Kills the process at a change that the simulated disk took in before,
    /// and opens again.
    KillAt(usize),
    /// Makes the simulated disk fail.
    Fault(Fault),
    /// Closes the engine, turns a bit of a file over, and opens again: the
    /// file's name, the byte's offset, and the bit from 0 to 7.
    Flip(String, u64, u8),
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

impl Script {
    /// How many bytes its keys and values have, for an engine with these
    /// limits.
    pub fn bytes(&self, limits: &Limits) -> usize {
        let of_key = |key: &Bytes| key.len(limits.key_bytes_max);
        let of_put = |key: &Bytes, value: &Bytes| {
            of_key(key).saturating_add(value.len(limits.value_bytes_max))
        };
        let of_edit = |edit: &Edit| match edit {
            Edit::Put(key, value) => of_put(key, value),
            Edit::Delete(key) => of_key(key),
        };
        let of_op = |op: &Op| match op {
            Op::Put(key, value) => of_put(key, value),
            Op::Write(edits) => edits.iter().map(of_edit).fold(0, usize::saturating_add),
            Op::Delete(key)
            | Op::Get(key)
            | Op::ScanPrefix(key, _)
            | Op::Seek(key)
            | Op::GetAt(_, key) => of_key(key),
            _ => 0,
        };
        self.ops.iter().map(of_op).fold(0, usize::saturating_add)
    }

    /// The keys that it spells, each once.
    fn keys(&self) -> Vec<Bytes> {
        let mut keys: Vec<Bytes> = Vec::new();
        self.clone().for_each_key(&mut |key| {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        });
        keys
    }

    /// Lends the number of every snapshot that it takes, reads or lets go.
    fn for_each_snapshot(&mut self, f: &mut impl FnMut(&mut usize)) {
        for op in &mut self.ops {
            match op {
                Op::Snapshot(number)
                | Op::Release(number)
                | Op::GetAt(number, _)
                | Op::ScanAt(number, ..)
                | Op::CursorAt(number, ..) => f(number),
                _ => {}
            }
        }
    }

    /// Lends every key that it spells, bounds of scans included.
    fn for_each_key(&mut self, f: &mut impl FnMut(&mut Bytes)) {
        for op in &mut self.ops {
            match op {
                Op::Put(key, _)
                | Op::Delete(key)
                | Op::Get(key)
                | Op::ScanPrefix(key, _)
                | Op::Seek(key)
                | Op::GetAt(_, key) => f(key),
                Op::Write(edits) => edits.iter_mut().for_each(|edit| match edit {
                    Edit::Put(key, _) | Edit::Delete(key) => f(key),
                }),
                Op::Scan(span, _)
                | Op::Entries(span, _)
                | Op::Cursor(span, _)
                | Op::ScanAt(_, span, _)
                | Op::CursorAt(_, span, _) => {
                    for bound in [&mut span.start, &mut span.end] {
                        if let Bound::Included(key) | Bound::Excluded(key) = bound {
                            f(key);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// The entry that `fill` puts at place `number`. They are in the order of
/// their numbers.
pub fn numbered(number: usize) -> Entry {
    let text = |letter| format!("{letter}{number:05}").into_bytes();
    (text('k'), text('v'))
}

impl Op {
    /// The batch that the operation writes, if it writes. (`fill` writes its
    /// entries in several batches; this is all of them.)
    pub fn batch(&self, limits: &Limits) -> Option<Batch> {
        let changes = match self {
            Op::Put(key, value) => vec![Change::put(key, value, limits)],
            Op::Delete(key) => vec![Change::delete(key, limits)],
            Op::Write(edits) => edits.iter().map(|edit| edit.change(limits)).collect(),
            Op::Fill(entries) => return Some(Batch::numbered(0..*entries)),
            _ => return None,
        };
        Some(Batch(changes))
    }

    /// How the operation ends the engine, if it does. It is then opened again.
    pub fn ending(&self) -> Option<Ending> {
        match self {
            Op::Reopen => Some(Ending::Closed),
            Op::Drop => Some(Ending::Dropped),
            Op::Kill => Some(Ending::Killed),
            _ => None,
        }
    }

    /// The number of the snapshot that the operation takes, reads or lets go.
    pub fn snapshot(&self) -> Option<usize> {
        match self {
            Op::Snapshot(number)
            | Op::Release(number)
            | Op::GetAt(number, _)
            | Op::ScanAt(number, ..)
            | Op::CursorAt(number, ..) => Some(*number),
            _ => None,
        }
    }

    /// Answers whether the operation opens a cursor for those after it.
    pub fn opens_cursor(&self) -> bool {
        matches!(self, Op::Cursor(..) | Op::CursorAt(..))
    }

    /// Answers whether the operation scans, or moves a cursor.
    pub fn is_scan(&self) -> bool {
        matches!(
            self,
            Op::Scan(..)
                | Op::ScanPrefix(..)
                | Op::Entries(..)
                | Op::Cursor(..)
                | Op::Next(_)
                | Op::Seek(_)
                | Op::ScanAt(..)
                | Op::CursorAt(..)
        )
    }
}

impl Batch {
    /// Puts of the [`numbered`] entries in `numbers`.
    pub fn numbered(numbers: std::ops::Range<usize>) -> Self {
        let put = |(key, value)| Change {
            key,
            value: Some(value),
        };
        Batch(numbers.map(numbered).map(put).collect())
    }
}

impl Edit {
    /// The key that it changes.
    pub fn key(&self) -> &Bytes {
        match self {
            Edit::Put(key, _) | Edit::Delete(key) => key,
        }
    }

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
