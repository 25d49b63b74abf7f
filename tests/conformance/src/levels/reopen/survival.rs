//! Clause 5, as far as it can be seen without cutting the power.

use engine::Order;

use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::playing::{each, is_reachable, limits, long, owes_work, random};
use crate::report::Failure;
use crate::script::{Bytes, KEYS, Op, Script, Span, VALUE_LENS, Vocabulary, scripts};
use crate::subject::Subject;

const CLAUSE: Clause = Clause::Sync;

pub(super) fn an_empty_engine_opens_again(s: &Subject, _: &Budget) -> Result<(), Failure> {
    in_each_durability(
        s,
        CLAUSE,
        &[
            "reopen; scan ..",
            "reopen; reopen; put a 1; get a",
            "drop; scan ..",
            "kill; scan ..",
            "sync; reopen; scan ..",
            "write []; reopen; scan ..",
        ],
    )
}

pub(super) fn what_was_written_is_there_after_closing(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    in_each_durability(
        s,
        CLAUSE,
        &[
            "put a 1; reopen; get a",
            "put a 1; put a 2; reopen; get a",
            "put a 1; delete a; reopen; get a",
            "put a 1; reopen; delete a; reopen; get a",
            "put a 1; reopen; put b 2; reopen; scan ..",
            "put a 1; reopen; put a 2; reopen; reopen; get a",
            "write [put a 1, put b 2, delete a]; reopen; scan ..",
            "put a 1; sync; put b 2; reopen; scan ..",
            "put a 1; step; reopen; scan ..",
            "put a 1; drop; put b 2; reopen; scan ..",
            "put a x*2000; sync; put b x*2000; reopen; scan ..",
        ],
    )?;
    for script in with_each_durability(s, &Script::of("fill 3000; reopen; scan ..; get k02999")) {
        long(s, CLAUSE, script)?;
    }
    Ok(())
}

pub(super) fn any_bytes_are_there_after_closing(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    const CLAUSE: Clause = Clause::AnyBytes;
    let mut ops: Vec<Op> = Vec::new();
    for (number, key) in KEYS.into_iter().enumerate() {
        let len = VALUE_LENS[number % VALUE_LENS.len()];
        ops.push(Op::Put(key.into(), Bytes::Times(b'x', len)));
    }
    ops.push(Op::Put("z".into(), Bytes::from(&b"\0\xff\n\r\xfe"[..])));
    ops.push(Op::Reopen);
    ops.push(Op::Scan(Span::ALL, Order::Ascending));
    ops.extend(KEYS.map(|key| Op::Get(key.into())));
    for script in with_each_durability(s, &Script::new(ops)) {
        long(s, CLAUSE, script)?;
    }
    let limits = limits(s, CLAUSE)?;
    let largest = Script::of("put k*max x*max; reopen; get k*max");
    let reachable = is_reachable(&largest, &limits, budget).then_some(largest);
    each(s, CLAUSE, reachable)
}

pub(super) fn a_refused_batch_leaves_no_trace_after_closing(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    const CLAUSE: Clause = Clause::WholeOrNothing;
    let limits = limits(s, CLAUSE)?;
    let scripts = [
        "write [put a 1, put k*max+1 2]; reopen; scan ..",
        "put a 1; write [put a 2, put b x*max+1]; put c 3; reopen; scan ..",
    ];
    let scripts = scripts.map(Script::of).into_iter();
    let reachable = scripts.filter(|script| is_reachable(script, &limits, budget));
    each(
        s,
        CLAUSE,
        reachable.flat_map(|script| with_each_durability(s, &script)),
    )
}

pub(super) fn what_was_synced_is_there_after_dropping(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    in_each_durability(
        s,
        CLAUSE,
        &[
            "put a 1; sync; drop; get a",
            "put a 1; sync; put b 2; put c 3; drop; get a",
            "put a 1; sync; delete a; sync; drop; get a",
            "put a 1; put b 2; put a 3; drop; scan ..",
            "put a 1; reopen; drop; get a",
        ],
    )
}

pub(super) fn what_was_synced_survives_a_killed_process(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    in_each_durability(
        s,
        CLAUSE,
        &[
            "put a 1; sync; kill; get a",
            "put a 1; sync; put b 2; put c 3; kill; get a",
            "put a 1; put b 2; put a 3; kill; scan ..",
            "put a 1; sync; kill; put b 2; sync; kill; scan ..",
            "put a 1; kill; put b 2; kill; put c 3; reopen; scan ..",
        ],
    )
}

pub(super) fn opening_again_does_what_the_model_does(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    let vocabulary = Vocabulary {
        batches: true,
        syncs: true,
        endings: true,
        ..Vocabulary::default()
    };
    for &durability in s.supported() {
        let name = format!("opening_again_does_what_the_model_does {durability:?}");
        let strategy = scripts(vocabulary, 20);
        random(
            s,
            budget,
            &name,
            (150, 15_000),
            &in_durability(strategy, durability),
        )?;
    }
    Ok(())
}

pub(super) fn opening_again_after_maintenance_does_what_the_model_does(
    s: &Subject,
    budget: &Budget,
) -> Result<(), Failure> {
    if !owes_work(s, CLAUSE)? {
        return Ok(());
    }
    // Closing ends a file, whatever its size; so these leave some to merge.
    in_each_durability(
        s,
        CLAUSE,
        &[
            "put a 1; reopen; delete a; reopen; step; step; reopen; get a",
            "put a 1; reopen; put a 2; reopen; step; step; drop; get a",
            "put a x*2000; reopen; delete a; reopen; put b 1; reopen; step; step; step; reopen",
            "write [put a 1, put b 2]; reopen; delete a; reopen; step; step; step; reopen",
            "put a 1; reopen; put b 2; reopen; step; put a 3; step; step; kill; get a",
            "put a 1; reopen; put b 2; reopen; step; put a x*2000; put c 3; step; reopen; get a",
            "fill 4000; put a 1; reopen; put a 2; reopen; get a",
            "put a x*2000; step; put a y*2000; step; step; step; drop; get a",
        ],
    )?;
    let vocabulary = Vocabulary {
        batches: true,
        steps: true,
        endings: true,
        ..Vocabulary::default()
    };
    for &durability in s.supported() {
        let name = format!("opening_again_after_maintenance {durability:?}");
        let strategy = in_durability(scripts(vocabulary, 40), durability);
        random(s, budget, &name, (150, 15_000), &strategy)?;
    }
    Ok(())
}

fn in_durability(
    scripts: impl proptest::strategy::Strategy<Value = Script>,
    durability: engine::Durability,
) -> impl proptest::strategy::Strategy<Value = Script> {
    scripts.prop_map(move |script| Script {
        durability: Some(durability),
        ..script
    })
}

fn in_each_durability(s: &Subject, clause: Clause, texts: &[&str]) -> Result<(), Failure> {
    let scripts = texts.iter().map(|text| Script::of(text));
    each(
        s,
        clause,
        scripts.flat_map(|script| with_each_durability(s, &script)),
    )
}

/// The script in every durability that the subject supports, the first of
/// which needs no mention.
fn with_each_durability(s: &Subject, script: &Script) -> Vec<Script> {
    let number = s.supported().iter().enumerate();
    let durabilities = number.map(|(at, durability)| (at > 0).then_some(*durability));
    durabilities
        .map(|durability| Script {
            durability,
            ..script.clone()
        })
        .collect()
}
