//! What a power cut leaves, read without an opening: the two newest meta pages
//! that are sound, and all that they lead to.

use std::cmp::Reverse;
use std::ops::Range;

use conformance::sim::{Image, Reach};
use engine::page::STORE_BYTES;

use crate::copy_on_write::Options;
use crate::free_list::ListPage;
use crate::meta::{META_BYTES, META_PAGES, Meta, Metas};
use crate::stamp::prove;
use crate::tests::store::OPTIONS;
use crate::tests::store::array::Change::{Clear, Pop, Push, Set};
use crate::tests::store::script::Step::{self, Abort, Commit, EndRead, Read, Sync, SyncBeside};
use crate::tests::store::script::{Played, played};

/// A page of the file, which has to be proved.
fn page<'f>(file: &'f [u8], number: u32, meta: &Meta) -> &'f [u8] {
    let len = meta.page_bytes as usize;
    let start = number as usize * len;
    let page = file.get(start..start + len);
    let page = page.unwrap_or_else(|| panic!("page {number} is after the file's end"));
    let proved = prove(page, number, meta.commit);
    assert_eq!(proved, Ok(()), "page {number}, to which {meta:?} leads");
    page
}

/// The numbers that the array has which a meta page leads to.
fn numbers(file: &[u8], meta: &Meta) -> Vec<u32> {
    let words = |number| {
        let (words, _) = page(file, number, meta)[STORE_BYTES..].as_chunks();
        words.iter().map(|word| u32::from_le_bytes(*word))
    };
    if meta.root == 0 {
        return Vec::new();
    }
    let mut root = words(meta.root);
    let count = root.next().unwrap() as usize;
    root.take(count)
        .map(|leaf| words(leaf).next().unwrap())
        .collect()
}

/// How many pages are on the free list to which a meta page leads.
fn free_count(file: &[u8], meta: &Meta) -> usize {
    let there: Range<u32> = META_PAGES..meta.pages;
    let (mut next, mut count) = (meta.free_head, 0);
    while next != 0 {
        let list = ListPage::decode(page(file, next, meta), there.clone()).unwrap();
        (next, count) = (list.next, count + list.numbers.len());
    }
    count
}

/// What is left in an image, if a file is. The newest meta page counts; but it may
/// be damaged as well, and then the one before it does: its pages are all there.
fn left(image: &Image, options: Options) -> Option<Vec<u32>> {
    let file = image.get("pages")?.bytes();
    let metas = Metas([0, 1, 2].map(|index| {
        let start = index * options.page_bytes;
        let bytes = file.get(start..start + META_BYTES)?.first_chunk()?;
        Meta::decode(bytes, 0).ok()
    }));
    let mut sound: Vec<Meta> = metas.0.into_iter().flatten().collect();
    sound.sort_unstable_by_key(|meta| Reverse(meta.commit));
    let two = sound.iter().take(2).map(|meta| {
        assert_eq!(free_count(file, meta), meta.free_count as usize);
        numbers(file, meta)
    });
    let two: Vec<Vec<u32>> = two.collect();
    let newest = two.into_iter().next();
    Some(newest.expect("a meta page is sound"))
}

/// Panics where any power cut leaves what it may not.
fn cut(options: Options, steps: &[Step]) {
    let played: Played = played(options, steps);
    let mut walk = played.disk.walk();
    let mut reach = Reach::default();
    let mut images = 0;
    loop {
        let states = played.at(walk.at());
        for number in walk.numbers(20) {
            if let Some(left) = left(&walk.image(number, &mut reach), options) {
                assert!(
                    states.contains(&left),
                    "after the power cut {left:?} is there, and what was promised is one of \
                     {states:?}"
                );
                images += 1;
            }
        }
        if !walk.advance(&mut reach) {
            break;
        }
    }
    assert!(images > 100, "{images}");
}

/// Memory for next to nothing: pages are written and synced all the time.
const NO_MEMORY: Options = Options {
    frames_bytes_max: 3 * 128,
    ..OPTIONS
};

#[test]
fn ex_4_18_a_power_cut_leaves_a_commit_that_was_synced_or_a_later_one() {
    let steps = [
        Commit(vec![Push(1), Push(2)]),
        Sync,
        Commit(vec![Set(0, 3)]),
        Commit(vec![Set(1, 4), Push(5), Push(6)]),
        Sync,
        Sync,
        Read,
        Commit(vec![Set(0, 7), Pop]),
        Sync,
        Commit((10..18).map(Push).collect()),
        Abort(vec![Set(0, 90), Push(91), Pop, Pop]),
        Sync,
        Commit(vec![Set(2, 20)]),
        Sync,
        EndRead,
        Commit(vec![Set(3, 21)]),
        Sync,
        Commit(vec![Clear]),
        Sync,
        Commit(vec![Push(30)]),
        Sync,
        Commit(vec![Push(31)]),
    ];
    for options in [OPTIONS, NO_MEMORY] {
        cut(options, &steps);
    }
}

#[test]
#[cfg_attr(miri, ignore = "it opens thousands of stores")]
fn ex_4_18_a_power_cut_beside_commits_that_are_beside_a_sync_leaves_what_it_may() {
    // So many that free pages become scarce, and somebody asks for them.
    let commits = |from: u32| {
        let changes = |round: u32| (0..8).map(move |place| Set(place, from + round)).collect();
        (0..9).map(changes).collect::<Vec<Vec<_>>>()
    };
    for left in 0..4 {
        let mut steps = vec![Commit((0..8).map(Push).collect()), Sync];
        for round in [10, 30, 50] {
            steps.push(SyncBeside(left, commits(round)));
            steps.extend(commits(round + 10).into_iter().map(Commit));
        }
        cut(OPTIONS, &steps);
    }
}
