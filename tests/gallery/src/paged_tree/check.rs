//! The whole tree, page by page.

use std::collections::BTreeSet;

use engine::Result;

use super::page::{CELLS_MAX, CELLS_MIN, PIECE, Page, Value};
use super::readers::Reader;
use super::store::corrupt;
use super::tree::Pages;

/// How a survey looks at pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// It counts them.
    Counting,
    /// It compares them with the tree's invariants, too.
    Judging,
}

/// A walk over the whole tree.
pub(crate) struct Survey<'r, 's> {
    reader: &'r Reader<'s>,
    look: Look,
    live: BTreeSet<u32>,
}

impl<'r, 's> Survey<'r, 's> {
    /// The pages that the root leads to.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](engine::Error::Corrupt) where it leads to one twice, and
    /// where something else is wrong if that is looked for; what reading a page can
    /// answer.
    pub(crate) fn of(reader: &'r Reader<'s>, look: Look) -> Result<BTreeSet<u32>> {
        let mut survey = Survey {
            reader,
            look,
            live: BTreeSet::new(),
        };
        if reader.root() != 0 {
            survey.visit(reader.root(), None, (&[], None))?;
        }
        Ok(survey.live)
    }

    /// Visits a page, and all below it. Its keys lie within these bounds.
    fn visit(
        &mut self,
        number: u32,
        level: Option<u8>,
        bounds: (&[u8], Option<&[u8]>),
    ) -> Result<()> {
        self.note(number)?;
        let page = self.reader.load_on(number, level)?;
        if self.look == Look::Judging
            && let Err(what) = judge(&page, level.is_none(), bounds)
        {
            return Err(corrupt(number, what));
        }
        for (slot, cell) in page.cells.iter().enumerate() {
            match cell.value {
                Value::Child(child) if page.level > 0 => {
                    let low = if slot == 0 { bounds.0 } else { &cell.key };
                    let next = page.cells.get(slot + 1).map(|next| &next.key[..]);
                    self.visit(child, Some(page.level - 1), (low, next.or(bounds.1)))?;
                }
                Value::Chain(first) if page.level == 0 => self.follow(first)?,
                Value::Here(_) if page.level == 0 => {}
                _ => return Err(corrupt(number, "a cell is in the wrong page")),
            }
        }
        Ok(())
    }

    /// Visits the pages of a long value.
    fn follow(&mut self, mut next: u32) -> Result<()> {
        while next != 0 {
            self.note(next)?;
            let piece = self.reader.load_on(next, Some(PIECE))?;
            next = piece.child(0).unwrap_or(0);
        }
        Ok(())
    }

    fn note(&mut self, number: u32) -> Result<()> {
        match self.live.insert(number) {
            true => Ok(()),
            false => Err(corrupt(number, "two cells lead to the page")),
        }
    }
}

/// Compares a page with what it should be.
fn judge(
    page: &Page,
    is_root: bool,
    (low, high): (&[u8], Option<&[u8]>),
) -> Result<(), &'static str> {
    let cells = &page.cells[..];
    let cells_min = match (is_root, page.level) {
        (true, 0) => 1,
        _ => CELLS_MIN,
    };
    if !(cells_min..=CELLS_MAX).contains(&cells.len()) {
        return Err("a page has too few cells, or too many");
    }
    let keys = if page.level == 0 { cells } else { &cells[1..] };
    let is_within = |key: &[u8]| low <= key && high.is_none_or(|high| key < high);
    if !keys.iter().all(|cell| is_within(&cell.key)) {
        return Err("a key is outside of what the page's parent says");
    }
    match keys.is_sorted_by(|one, other| one.key < other.key) {
        true => Ok(()),
        false => Err("the keys of a page are not in order"),
    }
}
