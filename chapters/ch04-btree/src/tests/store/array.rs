//! A client of the store for its tests: an array of numbers, each on a page of
//! its own, and a root page that names these pages.

use std::collections::BTreeSet;

use engine::Result;
use engine::page::{PageGroup, PageId, PageRead, PageStore, STORE_BYTES};

use crate::copy_on_write::CopyOnWrite;

/// A change of the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tests) enum Change {
    /// Another number after the last.
    Push(u32),
    /// Another number in this place, counted from the front round and round.
    Set(usize, u32),
    /// The last number goes.
    Pop,
    /// All go, and the root page, too.
    Clear,
}

use Change::{Clear, Pop, Push, Set};

/// What the changes come to.
pub(in crate::tests) fn change_model(numbers: &mut Vec<u32>, changes: &[Change]) {
    for change in changes {
        match *change {
            Push(number) => numbers.push(number),
            Set(place, number) => {
                let len = numbers.len();
                if len > 0 {
                    numbers[place % len] = number;
                }
            }
            Pop => drop(numbers.pop()),
            Clear => numbers.clear(),
        }
    }
}

/// Makes the changes in a group that is not committed yet.
pub(in crate::tests) fn change(group: &mut impl PageGroup, changes: &[Change]) -> Result<()> {
    for change in changes {
        match *change {
            Push(number) => {
                let (leaf, bytes) = group.alloc()?;
                assert!(bytes[STORE_BYTES..].iter().all(|byte| *byte == 0), "zeros");
                fill(bytes, number);
                change_root(group, |leaves| leaves.push(id(leaf)))?;
            }
            Set(place, number) => {
                let leaves = leaves(group)?;
                if leaves.is_empty() {
                    continue;
                }
                let place = place % leaves.len();
                let (leaf, bytes) = group.page_mut(page(leaves[place]))?;
                fill(bytes, number);
                if id(leaf) != leaves[place] {
                    change_root(group, |leaves| leaves[place] = id(leaf))?;
                }
            }
            Pop => {
                if let Some(last) = leaves(group)?.last() {
                    group.free(page(*last))?;
                    change_root(group, |leaves| leaves.truncate(leaves.len() - 1))?;
                }
            }
            Clear => {
                for leaf in leaves(group)? {
                    group.free(page(leaf))?;
                }
                if let Some(root) = group.root() {
                    group.free(root)?;
                    group.set_root(None);
                }
            }
        }
    }
    Ok(())
}

/// Commits the changes.
pub(in crate::tests) fn commit(store: &impl PageStore, changes: &[Change]) -> Result<()> {
    let mut group = store.begin()?;
    change(&mut group, changes)?;
    group.commit()
}

/// All numbers.
pub(in crate::tests) fn numbers(read: &mut impl PageRead) -> Result<Vec<u32>> {
    let leaves = leaves(read)?;
    leaves.iter().map(|leaf| number(read, *leaf)).collect()
}

/// All numbers, by a reader that begins now.
pub(in crate::tests) fn all(store: &impl PageStore) -> Result<Vec<u32>> {
    numbers(&mut store.read()?)
}

fn number(read: &mut impl PageRead, leaf: u32) -> Result<u32> {
    read.load(page(leaf))?;
    let bytes = &read.bytes()[STORE_BYTES..];
    let number = words(bytes)[0];
    // Nobody ever filled a page with two numbers.
    assert!(
        words(bytes).iter().all(|word| *word == number),
        "page {leaf} is torn"
    );
    Ok(number)
}

/// All pages that the root leads to, itself included.
pub(in crate::tests) fn reachable(store: &impl PageStore) -> Result<BTreeSet<PageId>> {
    reached(&mut store.read()?)
}

/// All pages that a reader's root leads to, itself included.
pub(in crate::tests) fn reached(read: &mut impl PageRead) -> Result<BTreeSet<PageId>> {
    let leaves = leaves(read)?;
    Ok(leaves.into_iter().map(page).chain(read.root()).collect())
}

/// Panics where the store does not show these numbers, or its books are wrong.
#[track_caller]
pub(in crate::tests) fn assert_holds(store: &CopyOnWrite, expected: &[u32], when: &str) {
    let found = all(store);
    assert_eq!(found.as_deref(), Ok(expected), "{when}");
    assert_sound(store, when);
}

/// Panics where a page of the store is lost, or is there twice.
#[track_caller]
pub(in crate::tests) fn assert_sound(store: &CopyOnWrite, when: &str) {
    let checked = store.check_books(|_| reachable(store));
    assert_eq!(checked, Ok(()), "{when}");
}

fn leaves(read: &mut impl PageRead) -> Result<Vec<u32>> {
    let Some(root) = read.root() else {
        return Ok(Vec::new());
    };
    read.load(root)?;
    let words = words(&read.bytes()[STORE_BYTES..]);
    let (count, leaves) = words.split_first().unwrap();
    Ok(leaves[..*count as usize].to_vec())
}

/// Changes the root page, which is made where there is none.
fn change_root(group: &mut impl PageGroup, change: impl FnOnce(&mut Vec<u32>)) -> Result<()> {
    let mut leaves = leaves(group)?;
    change(&mut leaves);
    let (root, bytes) = match group.root() {
        Some(root) => group.page_mut(root)?,
        None => group.alloc()?,
    };
    let count = u32::try_from(leaves.len()).unwrap();
    let places = bytes[STORE_BYTES..].chunks_exact_mut(4);
    assert!(leaves.len() < places.len(), "the array is full");
    for (place, word) in places.zip(std::iter::once(&count).chain(&leaves)) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    group.set_root(Some(root));
    Ok(())
}

fn fill(bytes: &mut [u8], number: u32) {
    for place in bytes[STORE_BYTES..].chunks_exact_mut(4) {
        place.copy_from_slice(&number.to_le_bytes());
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    let word = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
    bytes.chunks_exact(4).map(word).collect()
}

fn page(number: u32) -> PageId {
    PageId(u64::from(number))
}

fn id(page: PageId) -> u32 {
    u32::try_from(page.0).unwrap()
}
