//! Which pages are live, as an opening would find them: for whoever draws the
//! file.
//!
//! | word | the page |
//! |---|---|
//! | `newest` | is a meta page, and shows the commit that counts |
//! | `older` | is a meta page, and shows another |
//! | `live` | belongs to the tree of the newest commit |
//! | `list` | belongs to its free list |
//! | `free` | is named by that list |
//! | `replaced` | is named by it, too, and belongs to the commit before |
//! | `lost` | is none of that: nothing leads to it. An engine leaves no such page |
//!
//! That a page was `replaced` is said only while the commit before is whole: should
//! the newest meta page turn out to be damaged, that commit is what counts.
//!
//! Every page that is needed is read and proved. One of them is in memory at a
//! time, and of each its number, and a line of the drawing.

use std::collections::{BTreeMap, BTreeSet};

use engine::disk::{Disk, File, Mode};
use engine::layout::{Judge, Notes};
use engine::page::{PageId, PageRead};
use engine::{Error, Result};

use crate::check::{Checked, check};
use crate::free_list::ListPage;
use crate::layout::file::Known;
use crate::meta::{FILE, META_BYTES, META_PAGES, Meta};
use crate::stamp::prove;

mod outline;

/// Who says which pages are live.
pub const JUDGE: Judge = Judge {
    question: "which pages are live",
    is_about: |name| name == FILE,
    notes,
};

/// The words about all pages, and the tree level by level.
///
/// # Errors
///
/// Those of an opening that reads all pages which it needs:
/// [`Error::Corrupt`] and [`Error::Version`] where one is not sound;
/// [`Error::Io`].
pub fn notes(disk: &dyn Disk) -> Result<Notes> {
    let mut notes = Notes::default();
    if disk.list()?.iter().any(|name| name == FILE) {
        let file = disk.open(FILE, Mode::Read)?;
        let known = known(&*file)?;
        let moment = Moment::of(&*file, &known, known.newest)?;
        let before = known.before().map(|meta| Moment::of(&*file, &known, meta));
        // It is not needed, and may be damaged or written over.
        let before = before.and_then(Result::ok).unwrap_or_default();
        let there = file.len()?.div_ceil(known.page_bytes as u64);
        say(&known, there, [&moment, &before], &mut notes)?;
        let mut pages = Pages::of(&*file, &known, known.newest);
        outline::outline(&mut pages, &moment.tree, &mut notes)?;
    }
    Ok(notes)
}

/// What the meta pages say.
fn known(file: &dyn File) -> Result<Known> {
    let len = file.len()?.min(Known::BYTES_MAX as u64);
    let mut bytes = vec![0; usize::try_from(len).expect("it is short")];
    file.read_exact_at(0, &mut bytes)?;
    if let Some(known) = Known::of(&bytes) {
        return Ok(known);
    }
    bytes.resize(META_BYTES, 0);
    let first = bytes.first_chunk().expect("it was resized");
    Meta::decode(first, 0)?;
    let what = "a store of pages of this size";
    Err(Error::Unsupported { what })
}

/// The pages that a commit consists of.
#[derive(Debug, Default)]
struct Moment {
    tree: Checked,
    /// Those of the free list.
    list: BTreeSet<PageId>,
    /// Those that it names.
    free: BTreeSet<PageId>,
}

impl Moment {
    fn of(file: &dyn File, known: &Known, meta: Meta) -> Result<Self> {
        let mut pages = Pages::of(file, known, meta);
        let mut moment = Moment {
            tree: check(&mut pages)?,
            ..Moment::default()
        };
        let mut next = meta.free_head;
        while next != 0 {
            let id = PageId(next.into());
            pages.load(id)?;
            let page = ListPage::decode(pages.bytes(), META_PAGES..meta.pages);
            let page = page.map_err(|what| pages.corrupt(id, what))?;
            if !moment.list.insert(id) {
                return Err(pages.corrupt(id, "the free list does not end"));
            }
            for number in page.numbers {
                if !moment.free.insert(PageId(number.into())) {
                    return Err(pages.corrupt(PageId(number.into()), "the page is free twice"));
                }
            }
            next = page.next;
        }
        Ok(moment)
    }
}

/// The words, in the order in which they are counted.
const WORDS: [&str; 7] = [NEWEST, OLDER, LIVE, LIST, FREE, REPLACED, LOST];
const NEWEST: &str = "newest";
const OLDER: &str = "older";
const LIVE: &str = "live";
const LIST: &str = "list";
const FREE: &str = "free";
const REPLACED: &str = "replaced";
const LOST: &str = "lost";

/// Says a word about each page that is in the file, which are so many at most.
///
/// # Errors
///
/// [`Error::Corrupt`] where a page is free, and something leads to it.
fn say(known: &Known, there: u64, moments: [&Moment; 2], notes: &mut Notes) -> Result<()> {
    let mut offsets: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for number in (0..known.newest.pages).take_while(|number| u64::from(*number) < there) {
        if let Some(word) = word(known, number, moments)? {
            let offset = number as usize * known.page_bytes;
            offsets.entry(word).or_default().push(offset);
        }
    }
    for word in WORDS {
        notes.say(FILE, word, offsets.remove(word).unwrap_or_default());
    }
    Ok(())
}

/// The word about a page; of a meta page that is not sound there is none.
fn word(
    known: &Known,
    number: u32,
    [newest, before]: [&Moment; 2],
) -> Result<Option<&'static str>> {
    if let Some(meta) = known.metas.0.get(number as usize) {
        let is_newest = |meta: Meta| meta.commit == known.newest.commit;
        return Ok(meta.map(|meta| if is_newest(meta) { NEWEST } else { OLDER }));
    }
    let page = PageId(number.into());
    let (is_live, is_list) = (
        newest.tree.pages.contains(&page),
        newest.list.contains(&page),
    );
    let was_there = before.tree.pages.contains(&page) || before.list.contains(&page);
    Ok(Some(match newest.free.contains(&page) {
        true if is_live || is_list => {
            let what = "the page is free, and something leads to it";
            return Err(corrupt(known, page, what));
        }
        true if was_there => REPLACED,
        true => FREE,
        false if is_live => LIVE,
        false if is_list => LIST,
        false => LOST,
    }))
}

fn corrupt(known: &Known, page: PageId, what: &str) -> Error {
    let offset = page.0.saturating_mul(known.page_bytes as u64);
    Error::corrupt(FILE, offset, what)
}

/// Reads the pages of a commit from the file, and proves each.
struct Pages<'f> {
    file: &'f dyn File,
    known: &'f Known,
    meta: Meta,
    current: Vec<u8>,
}

impl<'f> Pages<'f> {
    fn of(file: &'f dyn File, known: &'f Known, meta: Meta) -> Self {
        Pages {
            file,
            known,
            meta,
            current: vec![0; known.page_bytes],
        }
    }
}

impl PageRead for Pages<'_> {
    fn root(&mut self) -> Option<PageId> {
        (self.meta.root != 0).then_some(PageId(self.meta.root.into()))
    }

    fn changed(&self) -> bool {
        false
    }

    fn load(&mut self, page: PageId) -> Result<()> {
        let number = u32::try_from(page.0).ok();
        let there = META_PAGES..self.meta.pages;
        let number = number.filter(|number| there.contains(number));
        let number = number.ok_or_else(|| self.corrupt(page, "there is no such page"))?;
        let offset = u64::from(number) * self.known.page_bytes as u64;
        self.file.read_exact_at(offset, &mut self.current)?;
        let proved = prove(&self.current, number, self.meta.commit);
        proved.map_err(|what| self.corrupt(page, what))
    }

    fn bytes(&self) -> &[u8] {
        &self.current
    }

    fn corrupt(&self, page: PageId, what: &str) -> Error {
        corrupt(self.known, page, what)
    }
}
