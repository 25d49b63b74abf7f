//! Who can go on, and who does.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::Location;
use std::sync::Arc;

use engine::sync::guide::Lock;

use super::plan::{Fall, Plan};
use crate::sim::Operation;

/// A thread that has passed so many points in a row lets another one pass: it
/// may be waiting for that one in a loop.
const IN_A_ROW_MAX: usize = 500;

/// Where a thread can give way to another.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// Before an operation of its program.
    Call,
    /// Before it takes a lock.
    Lock(Lock),
    /// Before it asks the disk for something.
    Disk(Operation, Arc<str>),
}

/// What a thread could do next.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Standing {
    /// Go on.
    Ready,
    /// Take this lock, once it is free.
    Waiting(Lock),
    /// Sleep until this condition variable is notified.
    Asleep(Lock),
    /// Nothing: it has ended.
    Ended,
}

/// Why a thread cannot have a lock.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Because {
    /// This thread has it, since there.
    Held(usize, &'static Location<'static>),
    /// It would read, and this thread waits to write.
    Writer(usize),
}

/// What happened, in the order in which it did.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Called(usize),
    Returned(usize),
    /// The plan let another thread go on.
    Passed(Place),
    /// It could not have the lock.
    Waited(Lock, Because),
    /// It sleeps.
    Slept(Lock),
}

/// The state of a run.
#[derive(Debug)]
pub(crate) struct Turns {
    order: Vec<usize>,
    falls: Vec<Fall>,
    standing: Vec<Standing>,
    /// How many points each thread has passed.
    points: Vec<usize>,
    held: Vec<(usize, Lock)>,
    /// Whose turn it is.
    pub(super) current: usize,
    in_a_row: usize,
    pub(super) steps: usize,
    path: DefaultHasher,
    log: Vec<(usize, Event)>,
}

impl Turns {
    pub(super) fn new(plan: &Plan) -> Self {
        Turns {
            order: plan.order.clone(),
            falls: plan.falls.clone(),
            standing: vec![Standing::Ready; plan.order.len()],
            points: vec![0; plan.order.len()],
            held: Vec::new(),
            current: plan.order.first().copied().unwrap_or(0),
            in_a_row: 0,
            steps: 0,
            path: DefaultHasher::new(),
            log: Vec::new(),
        }
    }

    /// The log, how many points each thread has passed, and a fingerprint of
    /// who passed them in which order.
    pub(super) fn finish(&mut self) -> (Vec<(usize, Event)>, Vec<usize>, u64) {
        let log = std::mem::take(&mut self.log);
        (log, std::mem::take(&mut self.points), self.path.finish())
    }

    pub(super) fn note(&mut self, thread: usize, event: Event) {
        self.log.push((thread, event));
    }

    /// `me` passes a point, unless it falls behind there. The answer is whose
    /// turn it is; `None` where nobody can go on.
    pub(super) fn pass(&mut self, me: usize, place: Place) -> Option<usize> {
        let here = Fall {
            thread: me,
            point: self.points[me],
        };
        self.points[me] += 1;
        self.in_a_row += 1;
        if self.falls.contains(&here) || self.in_a_row > IN_A_ROW_MAX {
            self.order.retain(|thread| *thread != me);
            self.order.push(me);
        }
        let next = self.next()?;
        if next != me {
            self.note(me, Event::Passed(place));
        }
        Some(next)
    }

    /// `me` cannot have the lock now.
    pub(super) fn wait(&mut self, me: usize, lock: Lock) -> Option<usize> {
        self.standing[me] = Standing::Waiting(lock);
        if let Some(because) = self.hindrance(me, &lock) {
            self.note(me, Event::Waited(lock, because));
        }
        self.next()
    }

    /// `me` sleeps from the moment on that it gives its mutex back.
    pub(super) fn sleep(&mut self, me: usize, condvar: Lock) {
        self.standing[me] = Standing::Asleep(condvar);
    }

    /// Wakes one thread that sleeps there, or all.
    pub(super) fn wake(&mut self, condvar: usize, all: bool) {
        for standing in &mut self.standing {
            if matches!(standing, Standing::Asleep(at) if at.address == condvar) {
                *standing = Standing::Ready;
                if !all {
                    break;
                }
            }
        }
    }

    pub(super) fn took(&mut self, me: usize, lock: Lock) {
        self.standing[me] = Standing::Ready;
        self.held.push((me, lock));
    }

    /// `me` gave a lock back. The answer is whose turn it is, where that is
    /// not its own any more.
    pub(super) fn gave(&mut self, me: usize, lock: Lock) -> Option<Option<usize>> {
        let taken = |(thread, held): &(usize, Lock)| *thread == me && held.address == lock.address;
        if let Some(at) = self.held.iter().rposition(taken) {
            self.held.remove(at);
        }
        let Standing::Asleep(condvar) = self.standing[me] else {
            return None;
        };
        self.note(me, Event::Slept(condvar));
        Some(self.next())
    }

    /// `me` has ended. The answer is whose turn it is.
    pub(super) fn end(&mut self, me: usize) -> Option<usize> {
        self.standing[me] = Standing::Ended;
        self.next()
    }

    pub(super) fn have_ended(&self) -> bool {
        let mut standing = self.standing.iter();
        standing.all(|standing| matches!(standing, Standing::Ended))
    }

    /// Gives the turn to the first thread in the order that can go on.
    fn next(&mut self) -> Option<usize> {
        let can = |thread: &&usize| self.can_go_on(**thread);
        let next = *self.order.iter().find(can)?;
        if next != self.current {
            self.in_a_row = 0;
        }
        self.current = next;
        self.steps += 1;
        next.hash(&mut self.path);
        Some(next)
    }

    fn can_go_on(&self, thread: usize) -> bool {
        match &self.standing[thread] {
            Standing::Ready => true,
            Standing::Waiting(lock) => self.is_free(thread, lock),
            Standing::Asleep(_) | Standing::Ended => false,
        }
    }

    /// Answers whether `me` can have the lock.
    pub(super) fn is_free(&self, me: usize, lock: &Lock) -> bool {
        self.hindrance(me, lock).is_none()
    }

    /// Why `me` cannot have the lock, if it cannot. A writer that waits keeps
    /// new readers out: the standard library leaves open whether its locks do
    /// that, and an engine has to bear both.
    fn hindrance(&self, me: usize, lock: &Lock) -> Option<Because> {
        let in_the_way = |(_, held): &&(usize, Lock)| {
            held.address == lock.address && !(held.is_shared && lock.is_shared)
        };
        let held = || self.held.iter().filter(in_the_way);
        // A thread that waits for itself is the one to name.
        let first = held().find(|(of, _)| *of == me).or_else(|| held().next());
        if let Some((of, held)) = first {
            return Some(Because::Held(*of, held.at));
        }
        let waits_to_write = |(of, standing): &(usize, &Standing)| {
            let Standing::Waiting(waited) = standing else {
                return false;
            };
            *of != me && !waited.is_shared && waited.address == lock.address
        };
        let mut others = self.standing.iter().enumerate();
        let writer = others.find(waits_to_write).filter(|_| lock.is_shared);
        writer.map(|(of, _)| Because::Writer(of))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Call => f.write_str("between two operations"),
            Place::Lock(lock) => write!(f, "at {}:{}", lock.at.file(), lock.at.line()),
            Place::Disk(operation, file) => write!(f, "before {} `{file}`", operation.name()),
        }
    }
}
