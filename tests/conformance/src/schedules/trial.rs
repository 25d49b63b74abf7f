//! Runs of one program.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::plan::{Plan, orders};
use super::program::{Act, Answer, Program};
use super::search::{Finished, Found, Search, Tally};
use super::stage::{self, End, Job, Ran, Stage};
use super::story::story;
use super::turns::Event;
use crate::level::Clause;
use crate::levels::playing::{failed, outcome};
use crate::panics;
use crate::report::Failure;
use crate::sim::random::Random;
use crate::sim::{Fail, Faults, SimDisk};
use crate::subject::Opened;
use crate::watch;

/// What is said of a thread that waits for something else than its turn.
pub(super) const SILENT: &str = "neither ended nor reached a lock of engine::sync";

/// Runs of programs with so many threads.
pub(super) struct Trial<'s> {
    search: &'s Search<'s>,
    stage: Stage,
    paths: HashSet<u64>,
    pub(super) tally: Tally,
}

impl<'s> Trial<'s> {
    pub(super) fn new(search: &'s Search<'s>, threads: usize) -> Self {
        Trial {
            search,
            stage: Stage::new(threads, search.subject.patience() / 2),
            paths: HashSet::new(),
            tally: Tally {
                programs: 1,
                ..Tally::default()
            },
        }
    }

    /// Tries every order, each with one fall at each point of its first
    /// thread, and so many plans more, with two. The first that fails is the
    /// answer: as `like` does, where that is given.
    pub(super) fn plans(
        &mut self,
        program: &Program,
        random: &mut Random,
        drawn: usize,
        like: Option<&Failure>,
    ) -> Option<Found> {
        let is_wanted = |failure: &Failure| {
            like.is_none_or(|like| like.what == failure.what && like.clause == failure.clause)
        };
        let mut attempt = |plan: Plan| match self.run(program, &plan) {
            Ok(points) => Ok(points),
            Err(failure) if is_wanted(&failure) => Err(Some(Found {
                program: program.clone(),
                plan,
                failure,
            })),
            Err(_) => Err(None),
        };
        let orders = orders(program.threads.len());
        let mut points = vec![0; program.threads.len()];
        let mut serial = Vec::new();
        for order in &orders {
            match attempt(Plan::serial(order)) {
                Ok(passed) => {
                    for (most, passed) in points.iter_mut().zip(&passed) {
                        *most = (*most).max(*passed);
                    }
                    serial.push((order, passed[order[0]]));
                }
                Err(Some(found)) => return Some(found),
                Err(None) => {}
            }
        }
        for (order, passed) in serial {
            // At point 0 nothing has happened: that is another order.
            for point in 1..passed {
                if let Err(Some(found)) = attempt(Plan::serial(order).and(order[0], point)) {
                    return Some(found);
                }
            }
        }
        for _ in 0..drawn {
            let mut plan = Plan::serial(&orders[random.below(orders.len())]);
            for _ in 0..2 {
                let thread = random.below(points.len());
                plan = plan.and(thread, 1 + random.below(points[thread].max(1)));
            }
            if let Err(Some(found)) = attempt(plan) {
                return Some(found);
            }
        }
        None
    }

    /// Runs one program once. The answer is how many points each thread has
    /// passed.
    pub(super) fn run(&mut self, program: &Program, plan: &Plan) -> Result<Vec<usize>, Failure> {
        watch::beat();
        let Search {
            subject,
            clause,
            judge,
            ..
        } = *self.search;
        let place = subject.place();
        let open = || {
            let engine = subject.open(place.disk(), subject.supported()[0])?;
            program.begin(&*engine)?;
            Ok(engine)
        };
        let engine = Arc::new(outcome(clause, panics::caught(open))?);
        if let (Some(disk), Some(fails)) = (place.simulation(), program.fails) {
            disk.set_faults(Faults {
                fail: Some(Fail::Once(disk.operations().len() + fails)),
                ..Faults::default()
            });
        }
        let answers = Arc::new(Answers::new(program));
        let cast = Cast {
            program: Arc::new(program.clone()),
            engine: Arc::clone(&engine),
            disk: place.simulation().cloned(),
            answers: Arc::clone(&answers),
        };
        let jobs = (0..program.threads.len()).map(|thread| job(cast.clone(), thread));
        let ran = self.stage.run(plan, jobs.collect());
        self.tally.schedules += 1;
        self.tally.distinct += u64::from(self.paths.insert(ran.path));
        self.tally.points += ran.points.iter().sum::<usize>() as u64;
        let answers = answers.take();
        let judged =
            panics::caught(
                || match ending(self.search, program.fails.is_some(), &ran, &answers) {
                    Some(failure) => Err((u64::MAX, failure)),
                    None => judge(&Finished {
                        program,
                        subject,
                        place: &place,
                        engine: &engine,
                        answers: &answers,
                        times: times(program, &ran),
                    }),
                },
            );
        match judged {
            Ok(Ok(())) => Ok(ran.points),
            Ok(Err((until, mut failure))) => {
                let until = usize::try_from(until).unwrap_or(usize::MAX);
                let told = ran.log.len().min(until.saturating_add(1));
                let mut trace = story(program, &answers, &ran.log[..told]);
                trace.append(&mut failure.trace);
                failure.trace = trace;
                failure.beside = Some(program.to_string());
                Err(failure)
            }
            Err(panic) => Err(Failure::panicked(clause, &panic)),
        }
    }
}

/// What the operations of each thread have answered.
struct Answers(Mutex<Vec<Vec<Answer>>>);

impl Answers {
    fn new(program: &Program) -> Self {
        let open = |acts: &Vec<_>| vec![Answer::Open; acts.len()];
        Answers(Mutex::new(program.threads.iter().map(open).collect()))
    }

    fn set(&self, thread: usize, number: usize, answer: Answer) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers[thread][number] = answer;
    }

    fn take(&self) -> Vec<Vec<Answer>> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What each thread of a run has in its hands.
#[derive(Clone)]
struct Cast {
    program: Arc<Program>,
    engine: Arc<Opened>,
    disk: Option<SimDisk>,
    answers: Arc<Answers>,
}

/// The operations of one thread.
fn job(cast: Cast, thread: usize) -> Job {
    Box::new(move || {
        for number in 0..cast.program.threads[thread].len() {
            let answer = stage::operation(number, || cast.act(thread, number));
            let has_panicked = matches!(answer, Answer::Panicked(_));
            cast.answers.set(thread, number, answer);
            if has_panicked {
                break;
            }
        }
    })
}

impl Cast {
    fn act(&self, thread: usize, number: usize) -> Answer {
        let act = || self.program.act(&self.engine, thread, number);
        let answer = panics::caught(act).unwrap_or_else(Answer::Panicked);
        match (&self.program.threads[thread][number], &answer, &self.disk) {
            (Act::Sync, Answer::Done, Some(disk)) => Answer::Synced(disk.changes()),
            _ => answer,
        }
    }
}

/// What is wrong with the way in which a run ended.
fn ending(
    search: &Search<'_>,
    may_fail: bool,
    ran: &Ran,
    answers: &[Vec<Answer>],
) -> Option<Failure> {
    for answer in answers.iter().flatten() {
        match answer {
            Answer::Panicked(panic) => return Some(Failure::panicked(search.clause, panic)),
            Answer::Failed(error) if !may_fail => return Some(failed(search.clause, error)),
            _ => {}
        }
    }
    let thread = |thread: usize| format!("Thread {}", thread + 1);
    Some(match ran.end {
        End::All => return None,
        End::Deadlock => Failure::new(
            Clause::OneOrder,
            "This is a deadlock: no thread can go on, and none ever will.",
        ),
        End::Endless => Failure::new(
            search.clause,
            "The threads go on and on, and none of them comes to an end.",
        ),
        End::Silent(who) => Failure::new(
            search.clause,
            format!(
                "{} {SILENT} for {:?}, while the others stood still. Engines take their locks \
                 from engine::sync: a lock, a channel or a loop of another kind cannot be \
                 steered.",
                thread(who),
                search.subject.patience() / 2,
            ),
        ),
    })
}

/// When each operation was called and when it returned, by the log.
fn times(program: &Program, ran: &Ran) -> Vec<Vec<(u64, u64)>> {
    let none = |acts: &Vec<_>| vec![(0, u64::MAX); acts.len()];
    let mut times: Vec<Vec<(u64, u64)>> = program.threads.iter().map(none).collect();
    for (time, (thread, event)) in (0..).zip(&ran.log) {
        match event {
            Event::Called(number) => times[*thread][*number].0 = time,
            Event::Returned(number) => times[*thread][*number].1 = time,
            _ => {}
        }
    }
    times
}
