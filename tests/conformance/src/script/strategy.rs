//! Random scripts.

use engine::Order;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use std::ops::Bound;

use super::{Bytes, Edit, Op, Script, Span};

/// Which operations a random script may have, beside `put`, `delete` and
/// `get`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vocabulary {
    /// Batches.
    pub batches: bool,
    /// Scans and cursors.
    pub scans: bool,
    /// Syncs, and steps of the work that the engine owes.
    pub syncs: bool,
    /// Many steps of the work that the engine owes.
    pub steps: bool,
    /// Snapshots, read by key and by scan.
    pub snapshots: bool,
    /// Closing, dropping and killing, each with opening again.
    pub endings: bool,
    /// Keys as long as the engine's limit, and longer ones.
    pub long_keys: bool,
}

/// The keys that break engines: none at all, prefixes of each other, the bytes
/// next to where a sign would change, runs of `0xff`. The simplest first.
pub const KEYS: [&[u8]; 12] = [
    b"a",
    b"b",
    b"",
    b"ab",
    b"a\0",
    b"\0",
    b"\0\0",
    b"\x7f",
    b"\x80",
    b"a\xff",
    b"\xff",
    b"\xff\xff\xff",
];

/// Lengths of values: none, a few, and more than a page.
pub const VALUE_LENS: [usize; 5] = [0, 1, 16, 100, 5000];

/// Scripts of up to `ops_max` random operations.
pub fn scripts(vocabulary: Vocabulary, ops_max: usize) -> impl Strategy<Value = Script> {
    prop::collection::vec(op(vocabulary), 1..=ops_max).prop_map(move |mut ops| {
        // What was written and never read would not be compared.
        let keys = written(&ops);
        if vocabulary.snapshots {
            for number in SNAPSHOTS {
                ops.push(Op::ScanAt(number, Span::ALL, Order::Descending));
                let get_at = |key: &Bytes| Op::GetAt(number, key.clone());
                ops.extend(keys.iter().map(get_at));
            }
        }
        ops.extend(keys.into_iter().map(Op::Get));
        if vocabulary.scans {
            ops.push(Op::Scan(Span::ALL, Order::Ascending));
        }
        Script::new(ops)
    })
}

/// Scripts that write around an open cursor, before it, at it and ahead of it,
/// over up to `entries_max` numbered entries.
pub fn scripts_around_a_cursor(
    entries_max: usize,
    ops_max: usize,
) -> impl Strategy<Value = Script> {
    let key = (0..entries_max, any::<bool>()).prop_map(|(number, between)| {
        let (mut key, _) = super::numbered(number);
        key.extend(between.then_some(b'x'));
        Bytes::Plain(key)
    });
    let far = entries_max.div_ceil(8).max(2);
    let around = Union::new_weighted(vec![
        (4, (1..far).prop_map(Op::Next).boxed()),
        (
            3,
            (key.clone(), value())
                .prop_map(|(k, v)| Op::Put(k, v))
                .boxed(),
        ),
        (3, key.clone().prop_map(Op::Delete).boxed()),
        (1, key.prop_map(Op::Seek).boxed()),
    ]);
    let around = prop::collection::vec(around, 1..=ops_max);
    (1..=entries_max, order(), around).prop_map(move |(entries, order, around)| {
        let mut ops = vec![Op::Fill(entries), Op::Cursor(Span::ALL, order)];
        ops.extend(around);
        // To the end, and past it.
        ops.push(Op::Next(entries + ops.len()));
        Script::new(ops)
    })
}

/// Scripts that write while a snapshot is held and a cursor is open, over up
/// to `entries_max` numbered entries, and look at both.
pub fn scripts_around_a_snapshot(
    entries_max: usize,
    ops_max: usize,
) -> impl Strategy<Value = Script> {
    let key = (0..entries_max, any::<bool>()).prop_map(|(number, between)| {
        let (mut key, _) = super::numbered(number);
        key.extend(between.then_some(b'x'));
        Bytes::Plain(key)
    });
    let far = entries_max.div_ceil(8).max(2);
    let put = (key.clone(), value()).prop_map(|(k, v)| Op::Put(k, v));
    let get_at = key.clone().prop_map(|k| Op::GetAt(1, k));
    let around = Union::new_weighted(vec![
        (4, put.boxed()),
        (3, key.clone().prop_map(Op::Delete).boxed()),
        (1, (1..=entries_max).prop_map(Op::Fill).boxed()),
        (3, Just(Op::Step).boxed()),
        (3, (1..far).prop_map(Op::Next).boxed()),
        (2, key.prop_map(Op::Seek).boxed()),
        (2, get_at.boxed()),
    ]);
    let around = prop::collection::vec(around, 1..=ops_max);
    let scan = (1..=entries_max, any::<bool>(), order(), order());
    (scan, around).prop_map(move |((entries, is_at, order, last), around)| {
        let cursor = match is_at {
            true => Op::CursorAt(1, Span::ALL, order),
            false => Op::Cursor(Span::ALL, order),
        };
        let mut ops = vec![Op::Fill(entries), Op::Snapshot(1), cursor];
        ops.extend(around);
        // To the end, and past it.
        ops.push(Op::Next(entries + ops.len()));
        ops.push(Op::ScanAt(1, Span::ALL, last));
        Script::new(ops)
    })
}

/// Scripts that delete more than they put, of up to `entries_max` numbered
/// entries, and look at each of them in the end: by scans both ways, or by key.
pub fn scripts_that_delete(
    entries_max: usize,
    ops_max: usize,
    scans: bool,
) -> impl Strategy<Value = Script> {
    let key = (0..entries_max).prop_map(|number| Bytes::Plain(super::numbered(number).0));
    let put = (key.clone(), value()).prop_map(|(k, v)| Op::Put(k, v));
    let mut around = vec![
        (8, key.clone().prop_map(Op::Delete).boxed()),
        (3, put.boxed()),
    ];
    if scans {
        around.push((1, (1..=3_usize).prop_map(Op::Next).boxed()));
        around.push((1, key.prop_map(Op::Seek).boxed()));
    }
    let around = prop::collection::vec(Union::new_weighted(around), 1..=ops_max);
    (1..=entries_max, order(), around).prop_map(move |(entries, order, around)| {
        let mut ops = vec![Op::Fill(entries)];
        ops.extend(scans.then_some(Op::Cursor(Span::ALL, order)));
        ops.extend(around);
        match scans {
            true => ops.extend(
                [Order::Ascending, Order::Descending].map(|order| Op::Scan(Span::ALL, order)),
            ),
            false => {
                let all = (0..entries_max).map(|number| Bytes::Plain(super::numbered(number).0));
                ops.extend(all.map(Op::Get));
            }
        }
        Script::new(ops)
    })
}

/// The numbers of the snapshots that a random script holds.
const SNAPSHOTS: [usize; 2] = [1, 2];

fn op(vocabulary: Vocabulary) -> Union<BoxedStrategy<Op>> {
    let key = move || key(vocabulary.long_keys);
    let mut ops = vec![
        (4, (key(), value()).prop_map(|(k, v)| Op::Put(k, v)).boxed()),
        (2, key().prop_map(Op::Delete).boxed()),
        (2, key().prop_map(Op::Get).boxed()),
    ];
    if vocabulary.batches {
        let edit = prop_oneof![
            2 => (key(), value()).prop_map(|(k, v)| Edit::Put(k, v)),
            1 => key().prop_map(Edit::Delete),
        ];
        let batch = prop::collection::vec(edit, 0..6);
        ops.push((3, batch.prop_map(Op::Write).boxed()));
    }
    if vocabulary.scans {
        let scan = || (span(), order());
        ops.push((2, scan().prop_map(|(s, o)| Op::Scan(s, o)).boxed()));
        ops.push((1, scan().prop_map(|(s, o)| Op::Entries(s, o)).boxed()));
        ops.push((1, scan().prop_map(|(s, o)| Op::Cursor(s, o)).boxed()));
        let prefix = (key(), order());
        ops.push((1, prefix.prop_map(|(k, o)| Op::ScanPrefix(k, o)).boxed()));
        ops.push((2, Just(Op::Next(1)).boxed()));
        ops.push((2, key().prop_map(Op::Seek).boxed()));
    }
    if vocabulary.syncs {
        ops.push((1, Just(Op::Sync).boxed()));
        ops.push((1, Just(Op::Step).boxed()));
    }
    if vocabulary.steps {
        ops.push((6, Just(Op::Step).boxed()));
    }
    if vocabulary.snapshots {
        let number = || select(SNAPSHOTS.to_vec());
        let scan = || (number(), span(), order());
        ops.push((4, number().prop_map(Op::Snapshot).boxed()));
        ops.push((1, number().prop_map(Op::Release).boxed()));
        let get = (number(), key());
        ops.push((2, get.prop_map(|(n, k)| Op::GetAt(n, k)).boxed()));
        ops.push((2, scan().prop_map(|(n, s, o)| Op::ScanAt(n, s, o)).boxed()));
        let cursor = scan().prop_map(|(n, s, o)| Op::CursorAt(n, s, o));
        ops.push((1, cursor.boxed()));
    }
    if vocabulary.endings {
        ops.push((1, select(vec![Op::Reopen, Op::Drop, Op::Kill]).boxed()));
    }
    Union::new_weighted(ops)
}

fn key(long: bool) -> impl Strategy<Value = Bytes> + Clone {
    let nasty: Vec<Bytes> = KEYS.into_iter().map(Bytes::from).collect();
    // A few keys more often than the rest, so that operations meet.
    let mut keys = vec![
        (4, select(nasty[..3].to_vec()).boxed()),
        (4, select(nasty).boxed()),
    ];
    if long {
        let limits = vec![
            Bytes::Longest(b'k'),
            Bytes::Longest(0xff),
            Bytes::TooLong(b'k'),
        ];
        keys.push((1, select(limits).boxed()));
    }
    Union::new_weighted(keys)
}

/// Values that differ, so that a stale one shows.
fn value() -> impl Strategy<Value = Bytes> + Clone {
    prop_oneof![
        6 => (b'1'..=b'9').prop_map(|digit| Bytes::Plain(vec![digit])),
        1 => Just(Bytes::Plain(Vec::new())),
        2 => (select(VALUE_LENS.to_vec()), b'p'..=b'z').prop_map(|(len, byte)| Bytes::Times(byte, len)),
    ]
}

fn span() -> impl Strategy<Value = Span> {
    let bound = || {
        prop_oneof![
            1 => Just(Bound::Unbounded),
            2 => key(false).prop_map(Bound::Included),
            2 => key(false).prop_map(Bound::Excluded),
        ]
    };
    (bound(), bound()).prop_map(|(start, end)| Span { start, end })
}

fn order() -> impl Strategy<Value = Order> {
    select(vec![Order::Ascending, Order::Descending])
}

/// The keys that `ops` write, each once.
fn written(ops: &[Op]) -> Vec<Bytes> {
    let mut keys: Vec<Bytes> = Vec::new();
    let mut add = |key: &Bytes| {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    };
    for op in ops {
        match op {
            Op::Put(key, _) | Op::Delete(key) => add(key),
            Op::Write(edits) => edits.iter().for_each(|edit| add(edit.key())),
            _ => {}
        }
    }
    keys
}
