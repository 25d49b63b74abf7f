//! What stands where in an engine's files, said once.
//!
//! A format is described by [`Row`]s: how many bytes, what they are called,
//! what they mean. The docs of the type that encodes the format show them as a
//! [`Table`], and a test holds the two together. A [`Format`] takes a file
//! apart by the same rows, and hands each [`Part`] to whoever wants to
//! [`Draw`] it, so that nobody who draws files has to know any format.
//!
//! What takes files apart meets wrong ones: damaged, cut off, or written by
//! code that is not finished. So a [`Walk`] believes nothing. It never steps
//! past the end and never panics; what is wrong is said of the part where it
//! stands, and the walk goes on after it.
//!
//! Some things no file says alone: whether a record is still the newest of its
//! key, whether any page leads to this one. A [`Judge`] reads all files of a
//! directory, and its [`Notes`] say a word about each group of parts, and list
//! what the files make up together, such as a tree.

use std::fmt;

mod notes;

pub use notes::{Judge, List, Notes};

/// One row of a format's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// How many bytes; `None` where something else in the file says it.
    pub size: Option<usize>,
    /// The field's name, as in the code.
    pub name: &'static str,
    /// What it means: a unit, the values it takes, what it covers.
    pub means: &'static str,
}

impl Row {
    /// A field of `size` bytes.
    pub const fn new(size: usize, name: &'static str, means: &'static str) -> Self {
        let size = Some(size);
        Row { size, name, means }
    }

    /// A field as long as something else in the file says.
    pub const fn open(name: &'static str, means: &'static str) -> Self {
        let size = None;
        Row { size, name, means }
    }
}

/// Rows one after the other, as docs show them: offset, size, field.
#[derive(Debug, Clone, Copy)]
pub struct Table<'r>(pub &'r [Row]);

impl Table<'_> {
    /// Answers whether the docs in `source` show exactly this table, in a
    /// fenced block of its own.
    pub fn is_shown_in(&self, source: &str) -> bool {
        let doc = |line| format!("/// {line}\n");
        let table: String = self.to_string().lines().map(doc).collect();
        let block = format!("/// ```text\n{table}/// ```\n");
        source.replace("\r\n", "\n").contains(&block)
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |number: Option<usize>| number.map_or("…".to_owned(), |n| n.to_string());
        let width = self.0.iter().map(|row| row.name.len()).max().unwrap_or(0);
        let mut offset = Some(0);
        writeln!(f, "offset  size  field")?;
        for Row { size, name, means } in self.0 {
            let (at, len) = (number(offset), number(*size));
            writeln!(f, "{at:>6}  {len:>4}  {name:<width$}  {means}")?;
            offset = offset.zip(*size).map(|(offset, size)| offset + size);
        }
        Ok(())
    }
}

/// A kind of file: how to know one, and how to take it apart.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// What such a file is called in a sentence: `"snapshot file"`.
    pub name: &'static str,
    /// Answers whether a file of this name should be one.
    pub is_named: fn(&str) -> bool,
    /// The bytes that such a file begins with, if it has a magic.
    pub magic: &'static [u8],
    /// Draws the parts of a file with these bytes, from front to back. All of
    /// its bytes are drawn, whatever they are.
    pub dissect: fn(&[u8], &mut dyn Draw),
}

/// Takes in the parts of a file, from front to back.
pub trait Draw {
    /// Parts that belong together begin at `offset`: a record, an entry, a
    /// page.
    fn group(&mut self, offset: usize, name: fmt::Arguments<'_>);

    /// The next part.
    fn part(&mut self, part: Part<'_>);
}

/// Some bytes of a file that mean something together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'f> {
    /// Where they begin, in bytes from the file's start.
    pub offset: usize,
    /// The bytes.
    pub bytes: &'f [u8],
    /// What they are called.
    pub name: &'static str,
    /// What they say.
    pub value: Value,
    /// What is wrong with them, as a sentence without its full stop.
    pub fault: Option<String>,
}

/// What the bytes of a [`Part`] say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(u64),
    /// A checksum. It holds unless its part has a fault.
    Checksum(u64),
    /// Nothing but themselves: a key, a magic, free space.
    Bytes,
}

/// Walks over bytes from front to back, and draws each part that it passes.
pub struct Walk<'f, 'd> {
    bytes: &'f [u8],
    /// Where `bytes` begin in the file.
    offset: usize,
    /// How many of them are passed.
    at: usize,
    /// They ended within a part: nothing more is drawn.
    ended: bool,
    draw: &'d mut dyn Draw,
}

impl<'f, 'd> Walk<'f, 'd> {
    /// A walk over a whole file.
    pub fn new(file: &'f [u8], draw: &'d mut dyn Draw) -> Self {
        Walk {
            bytes: file,
            offset: 0,
            at: 0,
            ended: false,
            draw,
        }
    }

    /// The bytes that the walk has still before it.
    pub fn rest(&self) -> &'f [u8] {
        &self.bytes[self.at..]
    }

    /// Where the next part begins, in bytes from the file's start.
    pub fn offset(&self) -> usize {
        self.offset + self.at
    }

    /// Begins a group of parts.
    pub fn group(&mut self, name: fmt::Arguments<'_>) {
        self.draw.group(self.offset(), name);
    }

    /// A walk over the next `len` bytes alone, such as those of a page, or
    /// over as many as there are. This one goes on after them.
    pub fn within(&mut self, len: usize) -> Walk<'f, '_> {
        let offset = self.offset();
        let len = len.min(self.rest().len());
        let bytes = &self.rest()[..len];
        self.at += len;
        Walk {
            bytes,
            offset,
            at: 0,
            ended: false,
            draw: &mut *self.draw,
        }
    }

    /// Passes the next `len` bytes. `read` is given them, and this walk, which
    /// stands after them by then; it answers what they say and what is wrong
    /// with them.
    ///
    /// Where there are fewer bytes, those are drawn with that fault, once, and
    /// the answer is `None`.
    pub fn part(
        &mut self,
        name: &'static str,
        len: usize,
        read: impl FnOnce(&'f [u8], &Self) -> (Value, Option<String>),
    ) -> Option<Value> {
        if self.ended {
            return None;
        }
        let (offset, rest) = (self.offset(), self.rest());
        self.ended = rest.len() < len;
        let bytes = &rest[..len.min(rest.len())];
        self.at += bytes.len();
        let (value, fault) = match self.ended {
            false => read(bytes, self),
            true => {
                let fault = format!("cut off: {} of {len} bytes are here", bytes.len());
                (Value::Bytes, Some(fault))
            }
        };
        self.draw.part(Part {
            offset,
            bytes,
            name,
            value,
            fault,
        });
        (!self.ended).then_some(value)
    }

    /// Passes the bytes that a file of this format begins with.
    pub fn magic(&mut self, row: &Row, magic: &[u8]) {
        self.part(row.name, magic.len(), |found, _| {
            let fault = || format!("should be \"{}\"", magic.escape_ascii());
            (Value::Bytes, (found != magic).then(fault))
        });
    }

    /// Passes a little-endian number. `check` is given it and the bytes after
    /// it, and answers what is wrong with it.
    ///
    /// # Panics
    ///
    /// Where the row is larger than a number can be.
    pub fn number(
        &mut self,
        row: &Row,
        check: impl FnOnce(u64, &'f [u8]) -> Option<String>,
    ) -> Option<u64> {
        let size = row.size.unwrap_or(0);
        assert!((1..=8).contains(&size), "a number has 1 to 8 bytes");
        self.part(row.name, size, |bytes, walk| {
            let number = little_endian(bytes);
            (Value::Number(number), check(number, walk.rest()))
        })?
        .number()
    }

    /// Passes a checksum of 4 bytes. `compute` is given the bytes after it.
    pub fn checksum(&mut self, row: &Row, compute: impl FnOnce(&'f [u8]) -> u32) {
        self.part(row.name, 4, |bytes, walk| {
            let (found, computed) = (little_endian(bytes), u64::from(compute(walk.rest())));
            let fault = || format!("does not hold: the bytes make 0x{computed:08x}");
            (Value::Checksum(found), (found != computed).then(fault))
        });
    }

    /// Passes bytes that mean nothing but themselves.
    pub fn bytes(&mut self, row: &Row, len: u64) -> Option<Value> {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        self.part(row.name, len, |_, _| (Value::Bytes, None))
    }

    /// Ends the walk: what is left should not be there.
    pub fn end(mut self) {
        if !self.rest().is_empty() {
            self.ended = false;
            let fault = "nothing says what these bytes are".to_owned();
            self.part("unread", self.rest().len(), |_, _| {
                (Value::Bytes, Some(fault))
            });
        }
    }
}

impl fmt::Debug for Walk<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Walk at {}, {} to go", self.offset(), self.rest().len())
    }
}

impl Value {
    /// The number, where it is one.
    pub fn number(self) -> Option<u64> {
        match self {
            Value::Number(number) => Some(number),
            Value::Checksum(_) | Value::Bytes => None,
        }
    }
}

/// The number in up to 8 bytes.
pub fn little_endian(bytes: &[u8]) -> u64 {
    let digit = |number, byte: &u8| number << 8 | u64::from(*byte);
    bytes.iter().rev().fold(0, digit)
}

/// The parts in words, one a line: for tests.
impl Draw for String {
    fn group(&mut self, offset: usize, name: fmt::Arguments<'_>) {
        self.push_str(&format!("{offset:>6} {name}\n"));
    }

    fn part(&mut self, part: Part<'_>) {
        let value = match part.value {
            Value::Number(number) => number.to_string(),
            Value::Checksum(sum) => format!("0x{sum:08x}"),
            Value::Bytes => format!("\"{}\"", part.bytes.escape_ascii()),
        };
        let fault = part.fault.map(|fault| format!("  <- {fault}"));
        let fault = fault.unwrap_or_default();
        self.push_str(&format!(
            "{:>6} {} {value}{fault}\n",
            part.offset, part.name
        ));
    }
}
