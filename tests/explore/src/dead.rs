//! Which bytes of closed files nothing depends on. The layouts tell what stands
//! where, and the judges what is live.

use std::fmt::Arguments;
use std::ops::Range;

use bitcask::names::{Kind, Name};
use btree::meta::Meta;
use conformance::sim::{Image, SimDisk};
use engine::layout::{Draw, Format, Part};

/// Of a data file of chapter 2 that has a hint file: all records but those that
/// are live, and what stands behind the seal. Nobody reads them.
pub(crate) fn of_bitcask(image: &Image, file: &str) -> Vec<Range<usize>> {
    let name = Name::parse(file).expect("there are no other files");
    let hint = Name::new(name.number, Kind::Hint).to_string();
    if name.kind != Kind::Data || image.get(&hint).is_none() {
        return Vec::new();
    }
    let notes = (bitcask::judge::JUDGE.notes)(&SimDisk::from_image(image));
    let notes = notes.expect("the files are sound");
    groups(&bitcask::layout::DATA_FILE, image, file, |offset, group| {
        group != "seal" && notes.word(file, offset) != Some("live")
    })
}

/// Of a table of chapter 3: its filter. It is asked only for a key that no newer
/// table has, and nobody looks up such a key in every table.
pub(crate) fn of_lsm(image: &Image, file: &str) -> Vec<Range<usize>> {
    let table = lsm::layout::TABLE_FILE;
    match (table.is_named)(file) {
        true => groups(&table, image, file, |_, group| group == "filter"),
        false => Vec::new(),
    }
}

/// Of the file of chapter 4: the meta pages, each of which is good without the
/// others, what is free, and the free list behind its first page, which is all
/// that an opening reads of it.
pub(crate) fn of_btree(image: &Image, file: &str) -> Vec<Range<usize>> {
    if !(btree::judge::JUDGE.is_about)(file) {
        return Vec::new();
    }
    let notes = (btree::judge::JUDGE.notes)(&SimDisk::from_image(image));
    let notes = notes.expect("the file is sound");
    let bytes = image.get(file).expect("the file is there").bytes();
    let meta = bytes.first_chunk().expect("it has a meta page");
    let meta = Meta::decode(meta, 0).expect("the meta page is sound");
    let page_bytes = meta.page_bytes as usize;
    let is_dead = |at: &usize| match notes.word(file, *at) {
        Some("live") => false,
        Some("list") => *at != meta.free_head as usize * page_bytes,
        _ => true,
    };
    let dead = (0..bytes.len()).step_by(page_bytes).filter(is_dead);
    dead.map(|at| at..bytes.len().min(at + page_bytes))
        .collect()
}

/// Where those groups of parts stand that are `chosen` by their offset and name.
fn groups(
    format: &Format,
    image: &Image,
    file: &str,
    chosen: impl Fn(usize, &str) -> bool,
) -> Vec<Range<usize>> {
    let bytes = image.get(file).expect("the file is there").bytes();
    let mut groups = Groups(Vec::new());
    (format.dissect)(bytes, &mut groups);
    let found = groups.0.into_iter();
    found
        .filter(|(range, name)| chosen(range.start, name))
        .map(|(range, _)| range)
        .collect()
}

/// Takes in groups of parts.
struct Groups(Vec<(Range<usize>, String)>);

impl Draw for Groups {
    fn group(&mut self, offset: usize, name: Arguments<'_>) {
        self.0.push((offset..offset, name.to_string()));
    }

    fn part(&mut self, part: Part<'_>) {
        // What stands in front of the first group is the header.
        if let Some((range, _)) = self.0.last_mut() {
            range.end = part.offset + part.bytes.len();
        }
    }
}
