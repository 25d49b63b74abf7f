//! The tree, level by level.
//!
//! ```text
//! The tree of commit 9: 2 levels, 5 entries, leaves 41 % full.
//! level 1
//!   page 7   12 %  3 "fig" 4
//! level 0
//!   page 3   35 %  "apple" "apricot"
//!   page 4   47 %  "fig" "grape" "kiwi"
//! ```
//!
//! A page above the leaves is drawn as its children, with the separators between
//! them.

use engine::Result;
use engine::layout::Notes;
use engine::page::{PageId, PageRead};

use super::Pages;
use crate::check::Checked;
use crate::layout::{counted, shown};
use crate::node::child;
use crate::page::{Damage, room};
use crate::slotted::Slotted;

/// Of a page with more slots than these, the first few are drawn and the last.
const SLOTS_MAX: usize = 8;
/// How many those first few are.
const SLOTS_FIRST: usize = 5;
/// How many bytes of a key are drawn.
const KEY_SHOWN: usize = 16;

/// Draws the tree of a commit, which was checked.
///
/// # Errors
///
/// What reading its pages can answer.
pub(super) fn outline(pages: &mut Pages<'_>, checked: &Checked, notes: &mut Notes) -> Result<()> {
    let commit = pages.meta.commit;
    let Some(root) = pages.root() else {
        notes.list(format!("The tree of commit {commit} is empty."), Vec::new());
        return Ok(());
    };
    let levels = counted(checked.levels, "level", "levels");
    let entries = counted(checked.entries, "entry", "entries");
    let fill = percent(checked.leaf_bytes, checked.leaf_bytes_max);
    let heading =
        format!("The tree of commit {commit}: {levels}, {entries}, leaves {fill} % full.");
    notes.list(heading, Vec::new());
    let width = pages.meta.pages.to_string().len();
    let mut on_level = vec![root];
    for level in (0..checked.levels).rev() {
        let (mut lines, mut below) = (Vec::new(), Vec::new());
        for page in on_level {
            pages.load(page)?;
            let drawn = contents(pages.bytes(), &mut below);
            let (fill, slots) = drawn.map_err(|what| pages.corrupt(page, what))?;
            let number = page.0;
            lines.push(format!("page {number:<width$}  {fill:>3} %  {slots}"));
        }
        notes.list(format!("level {level}"), lines);
        on_level = below;
    }
    Ok(())
}

/// How full a page is, in percent, and its slots. Adds its children to `below`.
fn contents(bytes: &[u8], below: &mut Vec<PageId>) -> Result<(usize, String), Damage> {
    let page = Slotted::new(bytes)?;
    let count = page.count();
    let is_drawn = |slot| count <= SLOTS_MAX || slot < SLOTS_FIRST || slot + 1 == count;
    let mut words = Vec::new();
    for slot in 0..count {
        let key = page.cell(slot)?.key;
        let child = match page.level() {
            0 => None,
            _ => Some(child(&page, slot)?),
        };
        below.extend(child);
        if slot == SLOTS_FIRST && !is_drawn(slot) {
            words.push("…".to_owned());
        }
        if is_drawn(slot) {
            // The first child's separator is empty, and means nothing.
            let is_first_child = slot == 0 && child.is_some();
            words.extend((!is_first_child).then(|| shown(key, KEY_SHOWN)));
            words.extend(child.map(|child| child.0.to_string()));
        }
    }
    if count > SLOTS_MAX {
        words.push(format!("({count} in all)"));
    }
    Ok((percent(page.used(), room(bytes.len())), words.join(" ")))
}

fn percent(part: usize, whole: usize) -> usize {
    (100 * part).checked_div(whole).unwrap_or(0)
}
