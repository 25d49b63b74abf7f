//! What the scripts do to the files of an engine.

use std::collections::BTreeSet;
use std::sync::Arc;

use btree::meta::FILE;
use conformance::explore::stretched_script;
use conformance::script::{Edit, Op, Script};
use conformance::sim::SimDisk;
use engine::{StorageEngine, Write};

use super::*;

/// What became of a tree between one commit and a later one.
#[derive(Debug, Default)]
struct Changes {
    grown: usize,
    split: usize,
    joined: usize,
    higher: usize,
    lower: usize,
    reused: usize,
}

/// A tree as it is in its file.
#[derive(Debug, Default)]
struct Shape {
    bytes: u64,
    levels: usize,
    leaves: usize,
    live: BTreeSet<usize>,
    free: BTreeSet<usize>,
}

impl Shape {
    fn on(disk: &SimDisk) -> Self {
        let notes = (btree::judge::JUDGE.notes)(disk).expect("the file is sound");
        let levels: Vec<_> = (notes.lists().iter())
            .filter(|list| list.heading.starts_with("level "))
            .collect();
        let bytes = disk.image().get(FILE).expect("it is there").len();
        let pages = |meant: &[&str]| {
            let offsets = (0..usize::try_from(bytes).expect("it is short")).step_by(PAGE_BYTES);
            let is_meant = |at: &usize| notes.word(FILE, *at).is_some_and(|w| meant.contains(&w));
            offsets.filter(is_meant).collect()
        };
        Shape {
            bytes,
            levels: levels.len(),
            leaves: levels.last().map_or(0, |list| list.lines.len()),
            live: pages(&["live"]),
            free: pages(&["free", "replaced"]),
        }
    }
}

impl Changes {
    fn add(&mut self, before: &Shape, after: &Shape) {
        let both = before.leaves > 0 && after.leaves > 0;
        self.grown += usize::from(after.bytes > before.bytes);
        self.split += usize::from(both && after.leaves > before.leaves);
        self.joined += usize::from(both && after.leaves < before.leaves);
        self.higher += usize::from(before.levels > 0 && after.levels > before.levels);
        self.lower += usize::from(after.levels > 0 && after.levels < before.levels);
        self.reused += usize::from(!after.live.is_disjoint(&before.free));
    }
}

/// Plays a script to its end, and looks at the file behind each operation.
fn played(script: &Script, changes: &mut Changes) {
    let disk = SimDisk::new();
    let open = || {
        let options = short_pages(script.durability.unwrap_or_default());
        CowTree::open(Arc::new(disk.clone()), options).expect("it opens")
    };
    let mut tree = Some(open());
    let mut before = Shape::on(&disk);
    for op in &script.ops {
        let now = tree.take().expect("it is open");
        match op {
            Op::Put(key, value) => write(&now, &[Edit::Put(key.clone(), value.clone())]),
            Op::Write(edits) => write(&now, edits),
            Op::Sync => now.sync().expect("nothing fails"),
            _ => {}
        }
        tree = match op {
            Op::Reopen => {
                Box::new(now).close().expect("nothing fails");
                Some(open())
            }
            Op::Drop | Op::Kill => {
                drop(now);
                Some(open())
            }
            _ => Some(now),
        };
        let after = Shape::on(&disk);
        changes.add(&before, &after);
        before = after;
    }
}

fn write(tree: &CowTree, edits: &[Edit]) {
    let limits = tree.limits();
    let bytes: Vec<_> = (edits.iter())
        .map(|edit| match edit {
            Edit::Put(key, value) => {
                let value = value.to_vec(limits.value_bytes_max);
                (key.to_vec(limits.key_bytes_max), Some(value))
            }
            Edit::Delete(key) => (key.to_vec(limits.key_bytes_max), None),
        })
        .collect();
    let writes: Vec<_> = (bytes.iter())
        .map(|(key, value)| match value {
            Some(value) => Write::put(key, value),
            None => Write::Delete { key },
        })
        .collect();
    tree.write(&writes).expect("nothing fails");
}

#[test]
fn stretches_make_a_tree_split_join_grow_and_use_its_pages_again() {
    let mut changes = Changes::default();
    for number in 0..120 {
        for durability in [Durability::Buffered, Durability::Always] {
            played(&stretched_script(1, number, durability), &mut changes);
        }
    }
    let Changes {
        grown,
        split,
        joined,
        higher,
        lower,
        reused,
    } = changes;
    let fewest = [grown, split, joined, higher, lower, reused].into_iter();
    assert!(fewest.min() >= Some(10), "{changes:?}");
}
