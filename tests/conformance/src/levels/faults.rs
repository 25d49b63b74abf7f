//! Level faults: operations of the simulated disk fail, and files are damaged.

use engine::Durability;

use crate::budget::Budget;
use crate::explore::{parallel, scripts};
use crate::level::{Check, Clause, Replay};
use crate::levels::playing::owes_work;
use crate::report::Failure;
use crate::script::{Op, Script, shrink};
use crate::sim::{EXTREMES, Fail, Operation};
use crate::subject::Subject;

mod damage;
mod failing;
mod owner;
mod reading;
pub(crate) mod replay;
#[cfg(test)]
mod tests;

use failing::Failing;

/// The level's checks.
pub const CHECKS: &[Check] = &[
    Check {
        clause: Clause::OneOwner,
        name: "a_second_opening_is_locked_out_until_the_first_ends",
        run: owner::check,
    },
    Check {
        clause: Clause::DamageIsFound,
        name: "short_reads_lose_nothing",
        run: |subject, budget| each_script(subject, budget, COUNTED, reading::short),
    },
    Check {
        clause: Clause::CountedCosts,
        name: "counts_are_what_the_disk_saw",
        run: |subject, budget| each_script(subject, budget, COUNTED, reading::counts),
    },
    Check {
        clause: Clause::DamageIsFound,
        name: "a_flipped_bit_is_found_after_a_close",
        run: |subject, budget| each_script(subject, budget, CLOSED, damage::after_close),
    },
    Check {
        clause: Clause::DamageIsFound,
        name: "a_flipped_bit_is_found_after_a_power_cut",
        run: |subject, budget| each_script(subject, budget, DAMAGED, damage::after_cut),
    },
    Check {
        clause: Clause::WholeOrNothing,
        name: "an_operation_that_fails_leaves_no_trace",
        run: |subject, budget| each_script(subject, budget, FAILING, failing_operations),
    },
    Check {
        clause: Clause::Poison,
        name: "a_failed_sync_poisons_until_the_engine_is_opened_again",
        run: |subject, budget| each_script(subject, budget, SYNCING, failing_syncs),
    },
    Check {
        clause: Clause::Poison,
        name: "a_full_disk_is_an_error_and_no_more",
        run: |subject, budget| each_script(subject, budget, FAILING, full_disk),
    },
];

/// Replays one script of the level.
pub const REPLAY: Option<Replay> = Some(replay::replay);

/// Scripts to begin with, the shortest first: what they find is easily
/// understood.
const SHORT: [&str; 6] = [
    "put a 1",
    "put a 1; sync",
    "put a 1; sync; put b 2; sync; put c 3",
    "put a 1; put a 2; sync; delete a; reopen; put b 3",
    "write [put a 1, put b 2]; sync; write [delete a, put c 3]; drop; put d 4; sync",
    "put a 1; sync; step; put b x*600; sync; put c 3; sync; reopen; get a",
];

/// Scripts for engines that owe work. Closing ends a file, whatever its size; so
/// these leave some to merge. Between a step that fails and the next one, much of
/// what it had copied becomes garbage.
const MAINTAINED: [&str; 4] = [
    "put a 1; reopen; put a 2; put b 3; reopen; step; step; step",
    "put a 1; put b 2; reopen; delete a; put c 3; reopen; step; write [put b 4, delete c]; \
     step; step; step; step; put d 5",
    "put a 1; put b 2; put c 3; reopen; put a x*600; put d 4; reopen; step; sync; step; reopen",
    "put a x*600; put b x*600; step; step; step; step; step; put c 3; sync",
];

/// A script for damage: it leaves more than one page or block where these are
/// short, and what leads to them.
const GROWN: [&str; 1] = ["fill 30; sync; put k00007 x*600; sync"];

/// Scripts for syncs that fail. A place in a file that was used and is free may be
/// used again, and then what was there before is found where a sync has lost what
/// came later. And what a close was to make durable may be in memory alone when the
/// engine is opened again, where it looks as if it were.
const LOST: [&str; 2] = [
    "put a 1; sync; put a 2; sync; put a 3; sync; put a 4; sync; put a 5; sync; put a 6; sync",
    "put a 1; reopen",
];

/// Which scripts follow: how many random ones, quick and full, and how long these
/// are; and some that are spelled out and longer, in a single durability.
#[derive(Clone, Copy)]
struct Amount {
    quick: usize,
    full: usize,
    ops_max: usize,
    longer: &'static [&'static str],
}

const FAILING: Amount = Amount {
    quick: 2,
    full: 60,
    ops_max: 8,
    longer: &[],
};
const SYNCING: Amount = Amount {
    longer: &LOST,
    ..FAILING
};
const COUNTED: Amount = Amount {
    quick: 20,
    full: 200,
    ops_max: 20,
    longer: &[],
};
const DAMAGED: Amount = Amount {
    quick: 2,
    full: 30,
    ops_max: 10,
    longer: &[],
};
const CLOSED: Amount = Amount {
    longer: &GROWN,
    ..DAMAGED
};

/// The checks that take a script, in the order in which they run.
pub(crate) const CHECKS_OF_A_SCRIPT: [OnScript; 7] = [
    reading::short,
    reading::counts,
    damage::after_close,
    damage::after_cut,
    failing_operations,
    failing_syncs,
    full_disk,
];

pub(crate) type OnScript = fn(&Subject, &Budget, &Script) -> Result<(), Failure>;

/// Runs `check` on each script in each durability, and shrinks what fails.
fn each_script(
    subject: &Subject,
    budget: &Budget,
    amount: Amount,
    check: OnScript,
) -> Result<(), Failure> {
    let durabilities = subject.supported();
    let random = budget.pick(amount.quick, amount.full);
    let maintained: &[&str] = match owes_work(subject, Clause::WholeOrNothing)? {
        true => &MAINTAINED,
        false => &[],
    };
    let texts = [&SHORT[..], maintained].concat();
    let count = (texts.len() + random) * durabilities.len();
    let script = |number: usize| {
        if let Some(longer) = number.checked_sub(count) {
            return Script {
                durability: Some(durabilities[0]),
                ..Script::of(amount.longer[longer])
            };
        }
        let durability = durabilities[number % durabilities.len()];
        let number = number / durabilities.len();
        match texts.get(number) {
            Some(text) => Script {
                durability: Some(durability),
                ..Script::of(text)
            },
            None => {
                let mut script = scripts::script(
                    budget.seed,
                    20 + SHORT.len() + number - texts.len(),
                    durability,
                );
                script.ops.truncate(amount.ops_max);
                script
            }
        }
    };
    let count = count + amount.longer.len();
    let result = parallel::each(count, |number| check(subject, budget, &script(number)));
    result.map_err(|(number, failure)| shrunk(subject, budget, &script(number), check, failure))
}

/// The failure of the smallest script found that breaks the same clause.
fn shrunk(
    subject: &Subject,
    budget: &Budget,
    script: &Script,
    check: OnScript,
    failure: Failure,
) -> Failure {
    let alike = |script: &Script| {
        let other = check(subject, budget, script).err();
        other.filter(|other| other.clause == failure.clause)
    };
    let smallest = shrink(script.clone(), |script| alike(script).is_some());
    alike(&smallest).unwrap_or(failure)
}

/// The images of a cut that matter when something has failed.
const FEW: usize = 5;

/// Fails every operation that is no sync, each alone.
fn failing_operations(subject: &Subject, budget: &Budget, script: &Script) -> Result<(), Failure> {
    let chosen = |operation: Operation, fail| !operation.is_sync() && matches!(fail, Fail::Once(_));
    Failing::new(subject, budget, script, FEW).each_operation(chosen)
}

/// Fails every sync alone, and everything from each operation on. What a sync has
/// lost may be missed no sooner than something else is torn, which few images are.
fn failing_syncs(subject: &Subject, budget: &Budget, script: &Script) -> Result<(), Failure> {
    let chosen = |operation: Operation, fail| operation.is_sync() || matches!(fail, Fail::From(_));
    Failing::new(subject, budget, script, 2 * EXTREMES).each_operation(chosen)
}

/// Lets the disk be full after each number of bytes.
fn full_disk(subject: &Subject, budget: &Budget, script: &Script) -> Result<(), Failure> {
    Failing::new(subject, budget, script, FEW).each_capacity(budget.pick(24, 200))
}

/// `script` with other operations.
fn with_ops(script: &Script, ops: Vec<Op>) -> Script {
    Script {
        durability: script.durability,
        ops,
    }
}

fn durability(subject: &Subject, script: &Script) -> Durability {
    script.durability.unwrap_or(subject.supported()[0])
}
