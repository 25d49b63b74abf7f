//! Reads the text form of scripts, and says where it cannot.

use std::fmt;
use std::ops::Bound;

use engine::spelling::stands_for_itself;
use engine::{Durability, Order};

use super::{Bytes, Edit, Op, Script, Span};
use crate::sim::{Cut, Fault};

/// A text that is no script: what is wrong with it, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    text: String,
    /// Where the trouble starts, in bytes from the text's start.
    at: usize,
    what: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line_start = self.text[..self.at].rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[line_start..].lines().next().unwrap_or("");
        let column = self.text[line_start..self.at].chars().count();
        // Long scripts are shown around the place, so that the mark fits.
        let skipped = column.saturating_sub(40);
        let part: String = line.chars().skip(skipped).take(72).collect();
        writeln!(f, "this is no script: {}", self.what)?;
        writeln!(f, "  {part}")?;
        write!(f, "  {:1$}^", "", column - skipped)
    }
}

impl std::error::Error for ParseError {}

pub(super) fn script(text: &str) -> Result<Script, ParseError> {
    let mut reader = Reader { text, at: 0 };
    let mut script = Script::default();
    loop {
        reader.skip_separators();
        if reader.rest().is_empty() {
            return Ok(script);
        }
        let start = reader.at;
        let name = reader.word("an operation")?;
        if name == "durability" {
            if script.durability.is_some() || !script.ops.is_empty() {
                return Err(reader.error(start, "`durability` stands at the beginning, once"));
            }
            script.durability = Some(reader.durability()?);
        } else {
            script.ops.push(reader.op(start, name)?);
        }
        reader.end_of_op()?;
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn error(&self, at: usize, what: impl Into<String>) -> ParseError {
        ParseError {
            text: self.text.to_owned(),
            at,
            what: what.into(),
        }
    }

    fn skip(&mut self, skipped: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(skipped).len();
    }

    fn skip_separators(&mut self) {
        self.skip(|c| c.is_whitespace() || c == ';');
    }

    fn skip_spaces(&mut self) {
        self.skip(|c| c.is_whitespace() && c != '\n');
    }

    /// The next word, without stepping past it; empty at the operation's end.
    fn peek(&mut self) -> &'t str {
        self.skip_spaces();
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || matches!(c, ';' | ',' | '[' | ']');
        &rest[..rest.find(ends).unwrap_or(rest.len())]
    }

    fn word(&mut self, wanted: &str) -> Result<&'t str, ParseError> {
        let word = self.peek();
        if word.is_empty() {
            return Err(self.error(self.at, format!("{wanted} is missing here")));
        }
        self.at += word.len();
        Ok(word)
    }

    fn take(&mut self, symbol: char) -> bool {
        // A batch may stand on several lines.
        self.skip(char::is_whitespace);
        let found = self.rest().starts_with(symbol);
        self.at += if found { symbol.len_utf8() } else { 0 };
        found
    }

    fn end_of_op(&mut self) -> Result<(), ParseError> {
        self.skip_spaces();
        match self.rest().chars().next() {
            None | Some(';' | '\n') => Ok(()),
            Some(_) => Err(self.error(self.at, "the operation should end here, with `;`")),
        }
    }

    fn durability(&mut self) -> Result<Durability, ParseError> {
        match self.word("`buffered`, `os` or `always`")? {
            "buffered" => Ok(Durability::Buffered),
            "os" => Ok(Durability::Os),
            "always" => Ok(Durability::Always),
            other => {
                let at = self.at - other.len();
                Err(self.error(at, "a durability is `buffered`, `os` or `always`"))
            }
        }
    }

    fn op(&mut self, start: usize, name: &str) -> Result<Op, ParseError> {
        Ok(match name {
            "put" => Op::Put(self.bytes("a key")?, self.bytes("a value")?),
            "delete" => Op::Delete(self.bytes("a key")?),
            "write" => Op::Write(self.batch()?),
            "fill" => Op::Fill(self.number()?),
            "get" => Op::Get(self.bytes("a key")?),
            "scan" => Op::Scan(self.span()?, self.order()),
            "scan_prefix" => Op::ScanPrefix(self.bytes("a prefix")?, self.order()),
            "entries" => Op::Entries(self.span()?, self.order()),
            "cursor" => Op::Cursor(self.span()?, self.order()),
            "next" => Op::Next(match self.peek() {
                "" => 1,
                _ => self.number()?,
            }),
            "seek" => Op::Seek(self.bytes("a key")?),
            "snapshot" => Op::Snapshot(self.number()?),
            "release" => Op::Release(self.number()?),
            "get_at" => Op::GetAt(self.number()?, self.bytes("a key")?),
            "scan_at" => Op::ScanAt(self.number()?, self.span()?, self.order()),
            "cursor_at" => Op::CursorAt(self.number()?, self.span()?, self.order()),
            "sync" => Op::Sync,
            "step" => Op::Step,
            "reopen" => Op::Reopen,
            "drop" => Op::Drop,
            "kill" => Op::Kill,
            "cut" => Op::Cut(self.cut()?),
            "kill_at" => Op::KillAt(self.number()?),
            "fault" => Op::Fault(self.fault()?),
            "flip" => self.flip()?,
            _ => {
                let known = "put, delete, write, fill, get, scan, scan_prefix, entries, \
                             cursor,\n  next, seek, snapshot, release, get_at, scan_at, cursor_at, sync, step,\n  \
                             reopen, drop, kill, kill_at, cut, fault and flip";
                let what = format!("`{name}` is no operation; there are\n  {known}");
                return Err(self.error(start, what));
            }
        })
    }

    fn cut(&mut self) -> Result<Cut, ParseError> {
        let at = self.number()?;
        match self.word("`image`")? {
            "image" => Ok(Cut {
                at,
                image: self.number()?,
            }),
            other => Err(self.error(self.at - other.len(), "`image` should stand here")),
        }
    }

    fn fault(&mut self) -> Result<Fault, ParseError> {
        let what = self.word("a fault")?;
        let start = self.at - what.len();
        let how = self.peek();
        self.at += how.len();
        Fault::parse(what, how).map_err(|takes| self.error(start, takes))
    }

    fn flip(&mut self) -> Result<Op, ParseError> {
        let file = self.word("a file's name")?.to_owned();
        let (offset, bit) = (self.number()?, self.number()?);
        match u8::try_from(bit) {
            Ok(bit @ 0..8) => Ok(Op::Flip(file, offset as u64, bit)),
            _ => Err(self.error(self.at - 1, "a bit is a number from 0 to 7")),
        }
    }

    fn number(&mut self) -> Result<usize, ParseError> {
        let word = self.word("a number")?;
        word.parse()
            .map_err(|_| self.error(self.at - word.len(), "a number should stand here"))
    }

    fn batch(&mut self) -> Result<Vec<Edit>, ParseError> {
        let mut edits = Vec::new();
        if !self.take('[') {
            return Err(self.error(self.at, "a batch begins with `[`"));
        }
        if self.take(']') {
            return Ok(edits);
        }
        loop {
            self.skip(char::is_whitespace);
            let start = self.at;
            edits.push(match self.word("`put` or `delete`")? {
                "put" => Edit::Put(self.bytes("a key")?, self.bytes("a value")?),
                "delete" => Edit::Delete(self.bytes("a key")?),
                _ => return Err(self.error(start, "a batch holds `put` and `delete`")),
            });
            if self.take(']') {
                return Ok(edits);
            }
            if !self.take(',') {
                return Err(self.error(self.at, "a `,` or the batch's `]` is missing here"));
            }
        }
    }

    fn order(&mut self) -> Order {
        let word = self.peek();
        match word {
            "desc" => {
                self.at += word.len();
                Order::Descending
            }
            _ => Order::Ascending,
        }
    }

    fn span(&mut self) -> Result<Span, ParseError> {
        let word = self.word("a range")?;
        let start_at = self.at - word.len();
        let Some((start, end)) = word.split_once("..") else {
            return Err(self.error(start_at, "a range has `..` in it: `a..b`, `a..=b`, `..`"));
        };
        let end_at = start_at + start.len() + 2;
        let start = match start.strip_suffix('<') {
            _ if start.is_empty() => Bound::Unbounded,
            Some(start) => Bound::Excluded(self.parse_bytes(start_at, start)?),
            None => Bound::Included(self.parse_bytes(start_at, start)?),
        };
        let end = match end.strip_prefix('=') {
            _ if end.is_empty() => Bound::Unbounded,
            Some(end) => Bound::Included(self.parse_bytes(end_at + 1, end)?),
            None => Bound::Excluded(self.parse_bytes(end_at, end)?),
        };
        Ok(Span { start, end })
    }

    fn bytes(&mut self, wanted: &str) -> Result<Bytes, ParseError> {
        let word = self.word(wanted)?;
        self.parse_bytes(self.at - word.len(), word)
    }

    fn parse_bytes(&self, at: usize, word: &str) -> Result<Bytes, ParseError> {
        if word == "\"\"" {
            return Ok(Bytes::Plain(Vec::new()));
        }
        let (unit, times) = match word.split_once('*') {
            Some((unit, times)) => (unit, Some(times)),
            None => (word, None),
        };
        let bytes = self.unescape(at, unit)?;
        let Some(times) = times else {
            return match bytes.is_empty() {
                true => Err(self.error(at, "the empty string is spelled `\"\"`")),
                false => Ok(Bytes::Plain(bytes)),
            };
        };
        let &[byte] = bytes.as_slice() else {
            return Err(self.error(at, "before a `*` stands one byte"));
        };
        match times {
            "max" => Ok(Bytes::Longest(byte)),
            "max+1" => Ok(Bytes::TooLong(byte)),
            number => match number.parse() {
                Ok(times) => Ok(Bytes::Times(byte, times)),
                Err(_) => {
                    let what = "after a `*` stands a number, `max` or `max+1`";
                    Err(self.error(at + unit.len() + 1, what))
                }
            },
        }
    }

    fn unescape(&self, at: usize, word: &str) -> Result<Vec<u8>, ParseError> {
        let mut bytes = Vec::new();
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let here = at + word.len() - rest.len();
            if let Some(escape) = rest.strip_prefix("\\x") {
                let byte = escape.get(..2).map(|hex| u8::from_str_radix(hex, 16));
                let Some(Ok(byte)) = byte else {
                    return Err(self.error(here, "after `\\x` stand two hexadecimal digits"));
                };
                bytes.push(byte);
                rest = &escape[2..];
            } else if first.is_ascii() && stands_for_itself(first as u8) {
                bytes.push(first as u8);
                rest = &rest[1..];
            } else {
                let what = format!("`{first}` is spelled as `\\x` and hexadecimal digits");
                return Err(self.error(here, what));
            }
        }
        Ok(bytes)
    }
}
