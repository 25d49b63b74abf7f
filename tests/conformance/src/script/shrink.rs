//! Makes failing scripts small.
//!
//! proptest shrinks first, each operation by itself. What it cannot know is
//! how operations hang together: that a key may only be renamed everywhere at
//! once, that an operation became superfluous when another one went. So this
//! goes over the script again and again until nothing gets simpler.

use std::cell::Cell;
use std::ops::Bound;

use engine::Order;
use proptest::strategy::ValueTree;

use super::{Bytes, Edit, Op, Script, Span};

/// How often a failing script may be tried while it gets smaller.
const TRIES_MAX: usize = 3000;

/// The smallest script found that still fails, beginning with the one in
/// `tree`, which does.
pub fn shrink_tree<T>(mut tree: T, fails: impl Fn(&Script) -> bool) -> Script
where
    T: ValueTree<Value = Script>,
{
    let mut smallest = tree.current();
    let mut simpler = tree.simplify();
    for _ in 0..TRIES_MAX {
        if !simpler {
            break;
        }
        let script = tree.current();
        simpler = if fails(&script) {
            smallest = script;
            tree.simplify()
        } else {
            tree.complicate()
        };
    }
    shrink(smallest, fails)
}

/// The smallest script found that still fails, beginning with `script`, which
/// does.
pub fn shrink(script: Script, fails: impl Fn(&Script) -> bool) -> Script {
    let tries = Cell::new(0);
    let fails = |script: &Script| {
        tries.set(tries.get() + 1);
        tries.get() <= TRIES_MAX && fails(script)
    };
    let mut smallest = script;
    loop {
        let before = smallest.clone();
        smallest = remove_ops(smallest, &fails);
        smallest = rename_keys(smallest, &fails);
        smallest = renumber_snapshots(smallest, &fails);
        smallest = simplify_ops(smallest, &fails);
        if smallest == before || tries.get() > TRIES_MAX {
            return smallest;
        }
    }
}

/// Takes operations away: halves first, then ever smaller runs, in the end
/// each alone, and any two of a few.
fn remove_ops(mut script: Script, fails: &impl Fn(&Script) -> bool) -> Script {
    let mut run = script.ops.len() / 2;
    while run > 0 {
        let mut end = script.ops.len();
        while end > 0 {
            let start = end.saturating_sub(run);
            let mut shorter = script.clone();
            shorter.ops.drain(start..end);
            if fails(&shorter) {
                script = shorter;
            }
            end = start.min(script.ops.len());
        }
        run /= 2;
    }
    let mut pair = (0, 1);
    while script.ops.len() <= 12 && pair.1 < script.ops.len() {
        let mut shorter = script.clone();
        shorter.ops.remove(pair.1);
        shorter.ops.remove(pair.0);
        if fails(&shorter) {
            script = shorter;
            pair = (0, 1);
        } else if pair.0 + 1 < pair.1 {
            pair.0 += 1;
        } else {
            pair = (0, pair.1 + 1);
        }
    }
    script
}

/// Spells each key in the simplest way that fails, everywhere at once.
fn rename_keys(mut script: Script, fails: &impl Fn(&Script) -> bool) -> Script {
    let simple = ["a", "b", "c", "d"].map(Bytes::from);
    for key in script.keys() {
        for name in &simple {
            let taken = script.keys().contains(name);
            if key == *name {
                break;
            }
            let mut renamed = script.clone();
            renamed.for_each_key(&mut |bytes| {
                if *bytes == key {
                    bytes.clone_from(name);
                }
            });
            if !taken && fails(&renamed) {
                script = renamed;
                break;
            }
        }
    }
    script
}

/// Gives each snapshot the smallest number that fails, everywhere at once.
fn renumber_snapshots(mut script: Script, fails: &impl Fn(&Script) -> bool) -> Script {
    let mut taken: Vec<usize> = script.ops.iter().filter_map(Op::snapshot).collect();
    taken.sort_unstable();
    taken.dedup();
    for (to, from) in (1..).zip(taken) {
        let mut renumbered = script.clone();
        renumbered.for_each_snapshot(&mut |number| {
            if *number == from {
                *number = to;
            }
        });
        if to < from && fails(&renumbered) {
            script = renumbered;
        }
    }
    script
}

/// Puts simpler operations in the place of each.
fn simplify_ops(mut script: Script, fails: &impl Fn(&Script) -> bool) -> Script {
    let mut at = 0;
    while at < script.ops.len() {
        let simpler = simpler_ops(&script.ops[at]).into_iter().find_map(|op| {
            let mut simpler = script.clone();
            simpler.ops[at] = op;
            fails(&simpler).then_some(simpler)
        });
        match simpler {
            Some(simpler) => script = simpler,
            None => at += 1,
        }
    }
    if script.durability.is_some() {
        let mut simpler = script.clone();
        simpler.durability = None;
        if fails(&simpler) {
            return simpler;
        }
    }
    script
}

/// What may take an operation's place, each nearer to the simplest, so that
/// repeating this ends.
fn simpler_ops(op: &Op) -> Vec<Op> {
    match op {
        Op::Put(key, value) => {
            let put = |value| Op::Put(key.clone(), value);
            simpler_values(value).into_iter().map(put).collect()
        }
        Op::Write(edits) => simpler_batches(edits),
        Op::Fill(entries) => smaller(*entries).map(Op::Fill).collect(),
        Op::Next(times) => smaller(*times).map(Op::Next).collect(),
        Op::Scan(span, order) => simpler_scans(span, *order, Op::Scan),
        Op::Entries(span, order) => {
            let mut simpler = vec![Op::Scan(span.clone(), *order)];
            simpler.extend(simpler_scans(span, *order, Op::Entries));
            simpler
        }
        Op::Cursor(span, order) => simpler_scans(span, *order, Op::Cursor),
        Op::ScanAt(number, span, order) => {
            simpler_scans(span, *order, |span, order| Op::ScanAt(*number, span, order))
        }
        Op::CursorAt(number, span, order) => {
            let cursor_at = |span, order| Op::CursorAt(*number, span, order);
            let mut simpler = vec![Op::ScanAt(*number, span.clone(), *order)];
            simpler.extend(simpler_scans(span, *order, cursor_at));
            simpler
        }
        Op::ScanPrefix(prefix, Order::Descending) => {
            vec![Op::ScanPrefix(prefix.clone(), Order::Ascending)]
        }
        Op::Drop | Op::Kill => vec![Op::Reopen],
        _ => Vec::new(),
    }
}

fn simpler_batches(edits: &[Edit]) -> Vec<Op> {
    let mut simpler = Vec::new();
    match edits {
        [Edit::Put(key, value)] => simpler.push(Op::Put(key.clone(), value.clone())),
        [Edit::Delete(key)] => simpler.push(Op::Delete(key.clone())),
        _ => {}
    }
    for at in 0..edits.len() {
        let mut fewer = edits.to_vec();
        fewer.remove(at);
        simpler.push(Op::Write(fewer));
    }
    for at in 0..edits.len() {
        if let Edit::Put(key, value) = &edits[at] {
            for value in simpler_values(value) {
                let mut edits = edits.to_vec();
                edits[at] = Edit::Put(key.clone(), value);
                simpler.push(Op::Write(edits));
            }
        }
    }
    simpler
}

fn simpler_values(value: &Bytes) -> Vec<Bytes> {
    match value {
        Bytes::Plain(bytes) => match bytes[..] {
            [b'1'] => Vec::new(),
            [digit @ b'2'..=b'9'] => (b'1'..digit).map(|d| Bytes::Plain(vec![d])).collect(),
            _ => (b'1'..=b'3').map(|d| Bytes::Plain(vec![d])).collect(),
        },
        Bytes::Times(byte, times) => {
            let mut simpler = simpler_values(&Bytes::Plain(Vec::new()));
            simpler.extend(smaller(*times).map(|times| Bytes::Times(*byte, times)));
            simpler
        }
        Bytes::Longest(_) | Bytes::TooLong(_) => simpler_values(&Bytes::Plain(Vec::new())),
    }
}

fn simpler_scans(span: &Span, order: Order, op: impl Fn(Span, Order) -> Op) -> Vec<Op> {
    let mut simpler = Vec::new();
    if *span != Span::ALL {
        simpler.push(op(Span::ALL, order));
    }
    for end in [true, false] {
        let mut wider = span.clone();
        let bound = if end {
            &mut wider.end
        } else {
            &mut wider.start
        };
        match std::mem::replace(bound, Bound::Unbounded) {
            Bound::Unbounded => {}
            Bound::Included(_) => simpler.push(op(wider, order)),
            Bound::Excluded(key) => {
                simpler.push(op(wider.clone(), order));
                *(if end {
                    &mut wider.end
                } else {
                    &mut wider.start
                }) = Bound::Included(key);
                simpler.push(op(wider, order));
            }
        }
    }
    if order == Order::Descending {
        simpler.push(op(span.clone(), Order::Ascending));
    }
    simpler
}

/// Numbers from 1 on that are smaller than `number`: the smallest, and ever
/// nearer ones.
fn smaller(number: usize) -> impl Iterator<Item = usize> {
    let gaps = std::iter::successors(Some(number.saturating_sub(1)), |gap| Some(gap / 2));
    gaps.take_while(|gap| *gap > 0).map(move |gap| number - gap)
}
