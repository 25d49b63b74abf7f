//! A table, taken apart.
//!
//! It is read as an opening reads it, from its end: the footer says where the
//! index is, and the index where the data blocks are. Then it is drawn from its
//! front. Where something does not lead on, the bytes after it have no meaning,
//! and are drawn so.

use std::fmt::Arguments;

use engine::layout::{Draw, Part, Value, Walk, little_endian};
use engine::{Error, Result};

use super::block::{self, Draws, Entry, Parsed, name_of, parse};
use super::{COMPRESSED, FILTER, FOOTER, HANDLE, STORED, only_version, shown, varint};
use crate::bloom::Filter;
use crate::compression::{Compression, restore};
use crate::names::Name;
use crate::table::footer::{FOOTER_BYTES, Footer, FooterBytes, MAGIC, VERSION};
use crate::table::stored::{Handle, Stored, TRAILER_BYTES};

/// What a footer leads to.
struct Leads {
    filter: Handle,
    index: Handle,
    /// The number of the table.
    number: u32,
}

/// Draws a table.
pub(super) fn dissect<'f>(file: &'f [u8], walk: &mut Walk<'f, '_>) {
    let Some((blocks, bytes)) = file.split_last_chunk::<FOOTER_BYTES>() else {
        return;
    };
    // What is neither marked as a footer nor proves to be one is none: most
    // likely, the table is not finished.
    if !bytes.ends_with(&MAGIC) && computed(bytes) != marked(bytes) {
        return;
    }
    let leads = leads(bytes).filter(|leads| {
        let is_next = |one: Handle, next: u64| one.end() == next;
        is_next(leads.filter, leads.index.offset) && is_next(leads.index, blocks.len() as u64)
    });
    if let Some(leads) = &leads {
        body(blocks, leads, &mut walk.within(blocks.len()));
    } else {
        walk.within(blocks.len()).end();
    }
    walk.group(format_args!("footer"));
    footer(bytes, blocks.len() as u64, walk);
}

/// Calls `each` with the entries of all data blocks of a table: where in the file
/// the entry stands, which in a compressed block is nowhere, the key, and whether
/// it is a tombstone.
///
/// # Errors
///
/// [`Error::Corrupt`] and [`Error::Version`] where the table is not sound.
pub(crate) fn for_each_entry(
    number: u32,
    file: &[u8],
    mut each: impl FnMut(Option<usize>, Vec<u8>, bool),
) -> Result<()> {
    let name = Name::Table(number).to_string();
    let damage = |at: u64, what: &'static str| Error::corrupt(&name, at, what);
    let Some((blocks, bytes)) = file.split_last_chunk::<FOOTER_BYTES>() else {
        return Err(damage(file.len() as u64, "the table is cut off"));
    };
    let footer = Footer::decode(&name, number, blocks.len() as u64, bytes)?;
    let stored = |handle: Handle| {
        slice(blocks, handle)
            .and_then(|bytes| Stored::decode(bytes, number, handle.offset))
            .map_err(|what| damage(handle.offset, what))
    };
    let of_index = |what| damage(footer.index.offset, what);
    let index = stored(footer.index)?.bytes;
    let parsed = parse(index).map_err(of_index)?;
    let mut block = Vec::new();
    for handle in handles(index, &parsed) {
        let handle = handle.ok_or_else(|| of_index("an entry of the index is no place"))?;
        let Stored { compression, bytes } = stored(handle)?;
        let in_block = |what| damage(handle.offset, what);
        restore(compression, bytes, &mut block).map_err(in_block)?;
        let start = usize::try_from(handle.offset).ok();
        let start = start.filter(|_| compression == Compression::None);
        for entry in parse(&block).map_err(in_block)?.entries {
            let at = start.map(|start| start + entry.at);
            each(at, entry.key, entry.value.is_none());
        }
    }
    Ok(())
}

/// The bytes of the block there, and of its trailer.
fn slice(file: &[u8], handle: Handle) -> Result<&[u8], &'static str> {
    let range = usize::try_from(handle.offset)
        .ok()
        .zip(usize::try_from(handle.end()).ok());
    let bytes = range.and_then(|(start, end)| file.get(start..end));
    bytes.ok_or("a block lies where no blocks can be")
}

/// Where an index says that the data blocks are.
fn handles<'p>(
    index: &'p [u8],
    parsed: &'p Parsed,
) -> impl Iterator<Item = Option<Handle>> + use<'p> {
    let entries = parsed.entries.iter();
    entries.map(|entry| Handle::decode(index.get(entry.value.clone()?)?))
}

/// What the numbers of a footer say, be it sound or not.
fn leads(bytes: &FooterBytes) -> Option<Leads> {
    let mut numbers = Numbers(Vec::new());
    let mut walk = Walk::new(bytes, &mut numbers);
    let [rows @ .., _crc32, _magic] = &FOOTER;
    for row in rows {
        walk.number(row, |_, _| None);
    }
    let [f_offset, f_len, i_offset, i_len, .., number, _version] = numbers.0[..] else {
        return None;
    };
    let handle = |offset, len| {
        let len = u32::try_from(len).ok()?;
        Some(Handle { offset, len })
    };
    Some(Leads {
        filter: handle(f_offset, f_len)?,
        index: handle(i_offset, i_len)?,
        number: u32::try_from(number).ok()?,
    })
}

/// Takes in numbers.
struct Numbers(Vec<u64>);

impl Draw for Numbers {
    fn group(&mut self, _offset: usize, _name: Arguments<'_>) {}

    fn part(&mut self, part: Part<'_>) {
        self.0.extend(part.value.number());
    }
}

/// Draws data blocks, filter and index.
fn body<'f>(blocks: &'f [u8], leads: &Leads, walk: &mut Walk<'f, '_>) {
    let index = slice(blocks, leads.index).unwrap_or_default();
    let index = &index[..index.len().saturating_sub(TRAILER_BYTES)];
    let parsed = parse(index);
    let places: Vec<Handle> = match &parsed {
        Ok(parsed) => handles(index, parsed).flatten().collect(),
        Err(_) => Vec::new(),
    };
    let count = places.len();
    for (number, handle) in places.into_iter().enumerate() {
        let name = format!("data block {} of {count}", number + 1);
        if handle.end() <= leads.filter.offset && skip_to(walk, handle.offset) {
            data_block(walk, handle, leads.number, name);
        }
    }
    skip_to(walk, leads.filter.offset);
    filter(walk, leads.filter, leads.number);
    let mut separators = Separators {
        end: 0,
        limit: leads.filter.offset,
    };
    let place = (leads.index, leads.number);
    stored(walk, place, |walk, len| {
        block::block(walk, len, &parsed, &mut separators);
    });
}

/// Draws what nothing leads to, up to this offset, and answers whether the walk
/// stands there.
fn skip_to(walk: &mut Walk<'_, '_>, offset: u64) -> bool {
    let gap = usize::try_from(offset)
        .ok()
        .and_then(|offset| offset.checked_sub(walk.offset()));
    if let Some(gap) = gap.filter(|gap| *gap > 0) {
        walk.group(format_args!("no block"));
        walk.within(gap).end();
    }
    gap.is_some()
}

/// Draws a block as it is stored: `inner` draws the bytes before its trailer.
fn stored(
    walk: &mut Walk<'_, '_>,
    (handle, table): (Handle, u32),
    inner: impl FnOnce(&mut Walk<'_, '_>, usize),
) {
    let [_stored, compression, crc32] = &STORED;
    let len = handle.len as usize;
    let mut walk = walk.within(len + TRAILER_BYTES);
    let decoded = Stored::decode(walk.rest(), table, handle.offset);
    {
        let mut bytes = walk.within(len);
        inner(&mut bytes, len);
        bytes.end();
    }
    walk.number(compression, |number, _| {
        let known = u8::try_from(number).ok().and_then(Compression::of);
        let fault = || "only 0, 1 and 2 are known".to_owned();
        known.is_none().then(fault)
    });
    walk.part(crc32.name, 4, |bytes, _| {
        let fault = decoded.err().map(str::to_owned);
        (Value::Checksum(little_endian(bytes)), fault)
    });
}

/// Draws a data block.
fn data_block(walk: &mut Walk<'_, '_>, handle: Handle, table: u32, name: String) {
    let number = walk.rest().get(handle.len as usize).copied();
    let compression = number.and_then(Compression::of);
    let compression = compression.unwrap_or(Compression::None);
    stored(walk, (handle, table), |walk, len| match compression {
        Compression::None => {
            let parsed = parse(walk.rest());
            block::block(walk, len, &parsed, &mut Data { name });
        }
        Compression::Lz4 | Compression::Snappy => compressed(walk, compression, &name),
    });
}

/// Draws what a block was compressed to.
fn compressed(walk: &mut Walk<'_, '_>, compression: Compression, name: &str) {
    let mut block = Vec::new();
    let restored = restore(compression, walk.rest(), &mut block);
    let fault = restored
        .and_then(|()| parse(&block))
        .map(|parsed| parsed.entries.len());
    match fault {
        Ok(1) => walk.group(format_args!("{name}: 1 entry, compressed")),
        Ok(entries) => walk.group(format_args!("{name}: {entries} entries, compressed")),
        Err(_) => walk.group(format_args!("{name}, compressed")),
    }
    let [block_len, bytes] = &COMPRESSED;
    walk.number(block_len, |_, _| None);
    let len = walk.rest().len();
    walk.part(bytes.name, len, |_, _| {
        (Value::Bytes, fault.err().map(str::to_owned))
    });
}

/// Draws the filter, or that there is none.
fn filter(walk: &mut Walk<'_, '_>, handle: Handle, table: u32) {
    stored(walk, (handle, table), |walk, len| {
        let Some(bits) = len.checked_sub(1) else {
            return walk.group(format_args!("no filter"));
        };
        let fault = Filter::new(walk.rest()).err().map(str::to_owned);
        walk.group(format_args!("filter"));
        walk.bytes(&FILTER[0], bits as u64);
        walk.number(&FILTER[1], |_, _| fault);
    });
}

fn footer(bytes: &FooterBytes, offset: u64, walk: &mut Walk<'_, '_>) {
    let [numbers @ .., version, crc32, magic] = &FOOTER;
    // The table's own number: whose it is the name says, which nobody knows here.
    let number = leads(bytes).map_or(0, |leads| leads.number);
    let name = Name::Table(number).to_string();
    let wrong = match Footer::decode(&name, number, offset, bytes) {
        Err(Error::Corrupt {
            offset: at, what, ..
        }) => usize::try_from(at).ok().zip(Some(what)),
        _ => None,
    };
    for row in numbers {
        let at = walk.offset();
        let fault = wrong.as_ref().filter(|(wrong, _)| *wrong == at);
        walk.number(row, |_, _| fault.map(|(_, what)| what.to_string()));
    }
    only_version(walk, version, VERSION);
    walk.part(crc32.name, 4, |_, _| {
        let (found, computed) = (marked(bytes), computed(bytes));
        let fault = || format!("does not hold: the bytes make 0x{computed:08x}");
        (Value::Checksum(found), (found != computed).then(fault))
    });
    walk.magic(magic, &MAGIC);
}

/// How many bytes of a footer its checksum covers: it stands after them.
const CHECKED_BYTES: usize = FOOTER_BYTES - MAGIC.len() - 4;

/// The checksum that a footer should have.
fn computed(bytes: &FooterBytes) -> u64 {
    crc32fast::hash(&bytes[..CHECKED_BYTES]).into()
}

/// The checksum that it has.
fn marked(bytes: &FooterBytes) -> u64 {
    little_endian(&bytes[CHECKED_BYTES..][..4])
}

/// A data block.
struct Data {
    name: String,
}

impl Draws for Data {
    fn name(&self) -> &str {
        &self.name
    }

    fn entry(&self, _number: usize, entry: &Entry) -> String {
        name_of(entry)
    }

    fn value(&mut self, walk: &mut Walk<'_, '_>) {
        block::value(walk);
    }
}

/// The index, whose values are places.
struct Separators {
    /// Where the block before ends.
    end: u64,
    /// Where the data blocks end.
    limit: u64,
}

impl Draws for Separators {
    fn name(&self) -> &'static str {
        "the index"
    }

    fn entry(&self, number: usize, entry: &Entry) -> String {
        format!("data block {} begins at {}", number + 1, shown(&entry.key))
    }

    fn value(&mut self, walk: &mut Walk<'_, '_>) {
        let [offset, len] = &HANDLE;
        let (end, limit) = (self.end, self.limit);
        let start = varint(walk, offset, |offset| {
            let fault = || format!("the block before it ends at {end}");
            (offset != end).then(fault)
        });
        let after = |len: u64| {
            let trailer = TRAILER_BYTES as u64;
            start
                .unwrap_or(end)
                .saturating_add(len)
                .saturating_add(trailer)
        };
        let len = varint(walk, len, |len| {
            let fault = || format!("data blocks end at {limit}");
            (after(len) > limit).then(fault)
        });
        self.end = len.map_or(end, after);
    }
}
