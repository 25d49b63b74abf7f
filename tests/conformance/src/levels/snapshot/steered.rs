//! Scans and snapshots beside writers, steered through every place where one
//! could give way.

use crate::budget::Budget;
use crate::level::Clause;
use crate::levels::concurrent::steered::explained;
use crate::levels::playing::owes_work;
use crate::report::Failure;
use crate::schedules::program::{Answer, Mix, shown};
use crate::schedules::search::{Finished, Search, Tally};
use crate::subject::Subject;

const CLAUSE: Clause = Clause::OrderedScans;

/// What the check `every_schedule_shows_scans_one_moment` tries, and what it
/// finds.
pub(crate) fn one_moment(s: &Subject, budget: &Budget) -> (Tally, Result<(), Failure>) {
    let name = "every_schedule_shows_scans_one_moment";
    search(s, budget, name, 120, Mix::Moments)
}

/// What the check `every_schedule_beside_maintenance_shows_scans_one_moment`
/// tries, and what it finds. An engine that owes no work has no such schedules.
pub(crate) fn one_moment_beside_steps(
    s: &Subject,
    budget: &Budget,
) -> (Tally, Result<(), Failure>) {
    match owes_work(s, CLAUSE) {
        Ok(true) => {}
        Ok(false) => return (Tally::default(), Ok(())),
        Err(failure) => return (Tally::default(), Err(failure)),
    }
    let name = "every_schedule_beside_maintenance_shows_scans_one_moment";
    search(s, budget, name, 80, Mix::MomentsAndSteps)
}

/// What the check `every_schedule_in_a_crowd_shows_scans_one_moment` tries, and
/// what it finds: there, a reader comes by several pages, of which some may be
/// of another moment.
pub(crate) fn one_moment_in_a_crowd(s: &Subject, budget: &Budget) -> (Tally, Result<(), Failure>) {
    let name = "every_schedule_in_a_crowd_shows_scans_one_moment";
    search(s, budget, name, 20, Mix::MomentsInACrowd)
}

/// Tries so many programs in a quick run, and a hundred times as many in a full
/// one.
fn search(
    s: &Subject,
    budget: &Budget,
    name: &str,
    programs: usize,
    mix: Mix,
) -> (Tally, Result<(), Failure>) {
    let search = Search {
        subject: s,
        clause: CLAUSE,
        budget: *budget,
        seed: budget.seed_of(name),
        programs: budget.many(budget.pick(programs, 100 * programs)),
        drawn: budget.pick(10, 60),
        mix,
        judge: has_moments,
    };
    search.run()
}

/// Searches for an order of the writes, and in it for a moment of each scan and
/// snapshot at which all that it found was there, and nothing else.
fn has_moments(run: &Finished<'_>) -> Result<(), (u64, Failure)> {
    for (answers, times) in run.answers.iter().zip(&run.times) {
        for (answer, (_, end)) in answers.iter().zip(times) {
            if let Answer::Torn(got, scanned) = answer {
                let what = "A snapshot was read by gets and by a scan, and they differ.";
                let failure = Failure::new(CLAUSE, what)
                    .expected(format!("{}, by the scan as by the gets", shown(got)))
                    .found(format!("{} by the scan", shown(scanned)));
                return Err((*end, failure));
            }
        }
    }
    let what = "A scan or a snapshot found what was there at no moment: no order of the writes \
                explains it.";
    explained(run, || Failure::new(CLAUSE, what)).map(|_| ())
}
