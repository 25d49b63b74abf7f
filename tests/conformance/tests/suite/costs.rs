//! Costs that an engine promises.

use conformance::{Clause, Costs, Level, Subject};

use crate::small;
use crate::small::Mistake;

/// What the engine costs that costs much.
const MUCH: Costs = Costs {
    bytes_written_per_byte: 40,
    pages_per_100_misses: 300,
};

fn promising(costs: Costs) -> Subject {
    small(Mistake::CostsMuch).costs_at_most(costs)
}

#[test]
fn costs_that_were_not_promised_are_not_checked() {
    small(Mistake::CostsMuch).check(Level::Core);
}

#[test]
fn an_engine_may_cost_what_it_promises() {
    promising(MUCH).check_clauses(Level::Core, &[Clause::CountedCosts]);
}

#[cfg(unix)]
mod messages {
    use conformance::suite::{judge, report};
    use conformance::{Budget, Costs, Level};

    use super::{MUCH, promising};

    fn message(costs: Costs) -> String {
        let subject = promising(costs);
        let judged = judge(&subject, Level::Core, &Budget::QUICK, |_| true);
        report(&subject, Level::Core, &judged.expect_err("it costs more"))
    }

    #[test]
    fn a_byte_more_than_promised() {
        let less = Costs {
            bytes_written_per_byte: 39,
            ..MUCH
        };
        insta::assert_snapshot!(message(less), @"
        Small breaks clause 9 (counted costs) at level core.

            Every engine counts what it does, the counts are true, and they keep within
            the budget.

        600 small entries were put in random order, and what was due was stepped. That
        wrote more bytes than the engine promises.

            expected  at most 39 BytesWritten for each byte of a key or value
            found     40 (720000 for 18000 bytes)

        Check: a_random_load_writes_as_few_bytes_as_promised

        Run it again:

            cargo test -p conformance a_byte_more_than_promised
        ");
    }

    #[test]
    fn a_page_more_than_promised() {
        let less = Costs {
            pages_per_100_misses: 299,
            ..MUCH
        };
        insta::assert_snapshot!(message(less), @"
        Small breaks clause 9 (counted costs) at level core.

            Every engine counts what it does, the counts are true, and they keep within
            the budget.

        600 entries were put in random order, and what was due was stepped. Then 600
        keys between these were looked up that are not there, and that touched more
        pages than the engine promises.

            expected  at most 299 PagesTouched by 100 such gets
            found     300 (1800 by 600 gets)

        Check: missing_keys_touch_as_few_pages_as_promised

        Run it again:

            cargo test -p conformance a_page_more_than_promised
        ");
    }
}
