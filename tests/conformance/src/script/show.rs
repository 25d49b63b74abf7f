//! The text form of scripts, printed.

use std::fmt;
use std::ops::Bound;

use engine::{Durability, Order};

use super::{Edit, Op, Script, Span};
use crate::sim::Cut;

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
            Op::Fill(entries) => write!(f, "fill {entries}"),
            Op::Get(key) => write!(f, "get {key}"),
            Op::Scan(span, order) => write!(f, "scan {span}{}", suffix(*order)),
            Op::ScanPrefix(prefix, order) => write!(f, "scan_prefix {prefix}{}", suffix(*order)),
            Op::Entries(span, order) => write!(f, "entries {span}{}", suffix(*order)),
            Op::Cursor(span, order) => write!(f, "cursor {span}{}", suffix(*order)),
            Op::Next(1) => f.write_str("next"),
            Op::Next(times) => write!(f, "next {times}"),
            Op::Seek(key) => write!(f, "seek {key}"),
            Op::Snapshot(number) => write!(f, "snapshot {number}"),
            Op::Release(number) => write!(f, "release {number}"),
            Op::GetAt(number, key) => write!(f, "get_at {number} {key}"),
            Op::ScanAt(number, span, order) => {
                write!(f, "scan_at {number} {span}{}", suffix(*order))
            }
            Op::CursorAt(number, span, order) => {
                write!(f, "cursor_at {number} {span}{}", suffix(*order))
            }
            Op::Sync => f.write_str("sync"),
            Op::Step => f.write_str("step"),
            Op::Reopen => f.write_str("reopen"),
            Op::Drop => f.write_str("drop"),
            Op::Kill => f.write_str("kill"),
            Op::Cut(Cut { at, image }) => write!(f, "cut {at} image {image}"),
            Op::KillAt(at) => write!(f, "kill_at {at}"),
            Op::Fault(fault) => write!(f, "fault {fault}"),
            Op::Flip(file, offset, bit) => write!(f, "flip {file} {offset} {bit}"),
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
