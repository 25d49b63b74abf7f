//! Programs and plans, tried and made small.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::plan::Plan;
use super::program::{Act, Answer, Mix, Program};
use super::trial::{SILENT, Trial};
use crate::budget::{Budget, Size};
use crate::explore::parallel::each;
use crate::level::Clause;
use crate::levels::concurrent::history::Event;
use crate::place::Place;
use crate::report::Failure;
use crate::sim::random::Random;
use crate::subject::{Opened, Subject};

/// How often a failing program may be tried while it gets smaller.
const TRIES_MAX: usize = 3000;

/// What is looked for, and how hard.
#[derive(Clone, Copy)]
pub(crate) struct Search<'s> {
    pub(crate) subject: &'s Subject,
    pub(crate) clause: Clause,
    pub(crate) budget: Budget,
    /// Where the choices of this budget begin.
    pub(crate) seed: u64,
    /// How many programs are drawn.
    pub(crate) programs: usize,
    /// How many plans of two falls are drawn for each.
    pub(crate) drawn: usize,
    /// What programs are made of.
    pub(crate) mix: Mix,
    /// What is wrong with a run that ended, if something is, and until when it
    /// is to be told.
    pub(crate) judge: fn(&Finished<'_>) -> Result<(), (u64, Failure)>,
}

/// A run that ended, and the engine after it.
pub(crate) struct Finished<'r> {
    pub(crate) program: &'r Program,
    pub(crate) subject: &'r Subject,
    pub(crate) place: &'r Place,
    pub(crate) engine: &'r Opened,
    pub(crate) answers: &'r [Vec<Answer>],
    /// When each operation was called and when it returned.
    pub(crate) times: Vec<Vec<(u64, u64)>>,
}

/// What was tried.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Programs.
    pub programs: u64,
    /// Runs of them.
    pub schedules: u64,
    /// Of these, how many differed from all others of their program.
    pub distinct: u64,
    /// Points at which a thread could have given way.
    pub points: u64,
}

/// A program and a plan that fail.
pub(super) struct Found {
    pub(super) program: Program,
    pub(super) plan: Plan,
    pub(super) failure: Failure,
}

impl Search<'_> {
    /// Tries programs and plans, and answers with the smallest failure found.
    pub(crate) fn run(&self) -> (Tally, Result<(), Failure>) {
        if cfg!(target_family = "wasm") {
            return (Tally::default(), Ok(())); // There are no threads.
        }
        let tally = Mutex::new(Tally::default());
        let tried = each(self.programs, |number| {
            let mut random = Random::new(self.seed ^ (number as u64).wrapping_mul(0x9e37_79b9));
            let program = Program::draw(&mut random, self.mix);
            let mut trial = Trial::new(self, program.threads.len());
            let found = trial.plans(&program, &mut random, self.drawn, None);
            let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
            tally.add(&trial.tally);
            drop(tally);
            match found {
                None => Ok(()),
                Some(found) => Err(self.again(self.smallest(found).failure)),
            }
        });
        let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        (tally, tried.map_err(|(_, failure)| failure))
    }

    /// The failure with what it takes to see it again.
    fn again(&self, mut failure: Failure) -> Failure {
        let Budget { size, seed } = self.budget;
        if size == Size::Full {
            failure = failure.replay_with("STRATA_BUDGET", "full");
        }
        if seed != Budget::QUICK.seed {
            failure = failure.replay_with("STRATA_SEED", seed.to_string());
        }
        failure
    }

    /// The simplest program that fails in the same way, with the fewest falls.
    fn smallest(&self, mut found: Found) -> Found {
        if found.failure.what.contains(SILENT) {
            return found; // Each try would leave a thread behind.
        }
        let mut tries = 0;
        let mut smaller = Some(());
        while smaller.take().is_some() && tries < TRIES_MAX {
            let mut random = Random::new(self.seed);
            for program in found.program.simpler() {
                let mut trial = Trial::new(self, program.threads.len());
                let drawn = if found.plan.falls.len() > 1 { 60 } else { 0 };
                let next = trial.plans(&program, &mut random, drawn, Some(&found.failure));
                tries += usize::try_from(trial.tally.schedules).expect("tries are few");
                if let Some(next) = next {
                    found = next;
                    smaller = Some(());
                    break;
                }
            }
        }
        self.in_order(found)
    }

    /// The same with the threads in the order in which they begin.
    fn in_order(&self, found: Found) -> Found {
        let order = &found.plan.order;
        let program = found.program.in_order(order);
        let identity: Vec<usize> = (0..order.len()).collect();
        let mut plan = Plan::serial(&identity);
        for fall in &found.plan.falls {
            let thread = order.iter().position(|thread| *thread == fall.thread);
            plan = plan.and(thread.expect("every thread has a place"), fall.point);
        }
        let mut trial = Trial::new(self, program.threads.len());
        match trial.run(&program, &plan) {
            Err(failure) if failure.what == found.failure.what => Found {
                program,
                plan,
                failure,
            },
            _ => found,
        }
    }
}

impl Finished<'_> {
    /// The history: what reads and writes did, and when.
    pub(crate) fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for (thread, answers) in self.answers.iter().enumerate() {
            for (number, answer) in answers.iter().enumerate() {
                let time = self.times[thread][number];
                events.extend(self.program.events((thread, number), answer, time));
            }
        }
        events
    }

    /// The writes that had ended at a time, in words.
    pub(crate) fn words(&self, time: u64) -> String {
        let mut words = Vec::new();
        for (thread, acts) in self.program.threads.iter().enumerate() {
            for (number, act) in acts.iter().enumerate() {
                let (_, end) = self.times[thread][number];
                let was_made = self.answers[thread][number] == Answer::Done;
                if matches!(act, Act::Write(_)) && was_made && end < time {
                    words.push((end, self.program.words(thread, number)));
                }
            }
        }
        words.sort();
        let words: Vec<String> = words.into_iter().map(|(_, words)| words).collect();
        words.join("; ")
    }
}

impl Tally {
    /// Adds what else was tried.
    pub fn add(&mut self, other: &Tally) {
        self.programs += other.programs;
        self.schedules += other.schedules;
        self.distinct += other.distinct;
        self.points += other.points;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally {
            programs,
            schedules,
            distinct,
            points,
        } = self;
        write!(
            f,
            "{programs} programs, {schedules} schedules ({distinct} distinct), {points} points"
        )
    }
}
