//! Clause 2: whole or nothing, as far as one thread and one opening see it.

use super::super::playing::{is_reachable, limits, random, spelled};
use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::playing::each;
use crate::report::Failure;
use crate::script::{Script, Vocabulary, scripts};
use crate::subject::Subject;

const CLAUSE: Clause = Clause::WholeOrNothing;

pub(super) fn a_batch_changes_every_key_in_it(s: &Subject, _: &Budget) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &[
            "write [put a 1, put b 2]; get a; get b",
            "put a 1; write [delete a, put b 2]; get a; get b",
            "put a 1; put b 2; write [delete a, delete b]; get a; get b",
            "write [put a 1, put b 2, put c 3, put \"\" 4]; get a; get b; get c; get \"\"",
            "write [delete a, put b 1]; get b",
        ],
    )
}

pub(super) fn the_last_write_to_a_key_in_a_batch_wins(
    s: &Subject,
    _: &Budget,
) -> Result<(), Failure> {
    spelled(
        s,
        CLAUSE,
        &[
            "write [put a 1, put a 2]; get a",
            "write [put a 2, put a 1]; get a",
            "write [put a 1, delete a]; get a",
            "write [delete a, put a 1]; get a",
            "put a 1; write [delete a, put a 2]; get a",
            "put a 1; write [put a 2, delete a]; get a",
            "write [put a 1, put b 2, delete a, put a 3]; get a; get b",
            "write [put a 1, put b 2, put a 3, delete a]; get a; get b",
        ],
    )
}

pub(super) fn an_empty_batch_changes_nothing(s: &Subject, _: &Budget) -> Result<(), Failure> {
    spelled(s, CLAUSE, &["write []; get a", "put a 1; write []; get a"])
}

pub(super) fn a_refused_batch_leaves_no_trace(s: &Subject, budget: &Budget) -> Result<(), Failure> {
    let limits = limits(s, CLAUSE)?;
    let scripts = [
        "write [put a 1, put k*max+1 2]; get a",
        "write [put k*max+1 1, put a 2]; get a",
        "write [put a 1, delete k*max+1, put b 2]; get a; get b",
        "put a 1; write [delete a, put k*max+1 2]; get a",
        "write [put a 1, put b x*max+1]; get a; get b",
        "write [put b x*max+1, put a 1]; get a; get b",
        "put a 1; write [put a 2, put b x*max+1]; get a",
        "put a 1; write [put a x*max+1]; put b 2; get a; get b",
    ];
    let scripts = scripts.into_iter().map(Script::of);
    let reachable = scripts.filter(|script| is_reachable(script, &limits, budget));
    each(s, CLAUSE, reachable)
}

pub(super) fn batches_do_what_the_model_does(s: &Subject, budget: &Budget) -> Result<(), Failure> {
    let vocabulary = Vocabulary {
        batches: true,
        long_keys: limits(s, CLAUSE)?.key_bytes_max <= super::bytes::RANDOM_KEY_BYTES_MAX,
        ..Vocabulary::default()
    };
    let name = "batches_do_what_the_model_does";
    random(s, budget, name, (300, 30_000), &scripts(vocabulary, 16))
}
