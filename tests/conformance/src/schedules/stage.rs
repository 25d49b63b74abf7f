//! The threads themselves, of which one runs at a time.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use engine::sync::guide::{self, Step};

use super::plan::Plan;
use super::turns::{Event, Place, Turns};
use crate::sim::Operation;

/// A run that has not ended after so many points never will.
const STEPS_MAX: usize = 20_000;

/// What a thread is to do.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Every thread did.
    All,
    /// No thread could go on.
    Deadlock,
    /// The threads went on and on.
    Endless,
    /// This thread neither ended nor reached a point.
    Silent(usize),
}

/// A run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) end: End,
    pub(crate) log: Vec<(usize, Event)>,
    /// How many points each thread has passed.
    pub(crate) points: Vec<usize>,
    /// Equal paths mean equal schedules of one program.
    pub(crate) path: u64,
}

/// Threads that wait for work.
pub(crate) struct Stage {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    patience: Duration,
}

struct Shared {
    state: Mutex<State>,
    /// Tells each thread that it is its turn.
    turns: Vec<Condvar>,
    /// Tells the stage that a run has ended.
    ended: Condvar,
}

struct State {
    turns: Turns,
    jobs: Vec<Option<Job>>,
    phase: Phase,
    /// A panic that nobody caught: a `todo!`.
    todo: Option<Box<dyn Any + Send>>,
}

enum Phase {
    /// Threads wait for work.
    Idle,
    Running,
    /// Threads unwind: the run ends like that.
    Over(End),
    /// Threads go home.
    Closed,
}

impl Stage {
    /// So many threads. One that reaches no point for `patience` never will.
    pub(crate) fn new(threads: usize, patience: Duration) -> Self {
        let idle = Plan::serial(&[]);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                turns: Turns::new(&idle),
                jobs: Vec::new(),
                phase: Phase::Idle,
                todo: None,
            }),
            turns: (0..threads).map(|_| Condvar::new()).collect(),
            ended: Condvar::new(),
        });
        let spawn = |me: usize| {
            let actor = Actor {
                shared: Arc::clone(&shared),
                me,
            };
            // Named like the test, for the messages of their panics.
            let name = thread::current().name().unwrap_or("check").to_owned();
            let thread = thread::Builder::new().name(name);
            let spawned = thread.spawn(move || actor.work());
            spawned.expect("the system has room for a thread")
        };
        let threads = (0..threads).map(spawn).collect();
        Stage {
            shared,
            threads,
            patience,
        }
    }

    /// Runs the jobs, one for each thread, as `plan` says.
    ///
    /// # Panics
    ///
    /// With the panic of a job, if one panics.
    pub(crate) fn run(&mut self, plan: &Plan, jobs: Vec<Job>) -> Ran {
        let mut state = self.shared.state();
        state.turns = Turns::new(plan);
        state.jobs = jobs.into_iter().map(Some).collect();
        state.phase = Phase::Running;
        self.shared.turns[state.turns.current].notify_one();
        let mut steps = 0;
        let end = loop {
            if state.turns.have_ended() {
                break match std::mem::replace(&mut state.phase, Phase::Idle) {
                    Phase::Over(end) => end,
                    _ => End::All,
                };
            }
            let waited = self.shared.ended.wait_timeout(state, self.patience);
            let (again, time) = waited.unwrap_or_else(PoisonError::into_inner);
            state = again;
            if time.timed_out() && !state.turns.have_ended() && state.turns.steps == steps {
                let silent = End::Silent(state.turns.current);
                self.shared.cancel(&mut state, silent);
                self.threads.clear(); // Nothing can end it: it is left behind.
                break silent;
            }
            steps = state.turns.steps;
        };
        let todo = state.todo.take();
        let (log, points, path) = state.turns.finish();
        drop(state);
        if let Some(todo) = todo {
            resume_unwind(todo);
        }
        Ran {
            end,
            log,
            points,
            path,
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.shared.state().phase = Phase::Closed;
        self.shared.turns.iter().for_each(Condvar::notify_one);
        for thread in self.threads.drain(..) {
            thread.join().expect("a panic was caught within the thread");
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the run: each thread unwinds from where it is.
    fn cancel(&self, state: &mut State, end: End) {
        state.phase = Phase::Over(end);
        for (thread, job) in state.jobs.iter_mut().enumerate() {
            if job.take().is_some() {
                state.turns.end(thread); // It had not begun.
            }
        }
        self.turns.iter().for_each(Condvar::notify_one);
        self.ended.notify_one();
    }
}

thread_local! {
    static ACTOR: RefCell<Option<Actor>> = const { RefCell::new(None) };
}

/// One of the threads.
struct Actor {
    shared: Arc<Shared>,
    me: usize,
}

/// The payload with which a thread unwinds when its run is over.
struct Cancelled;

/// Does an operation of the program, unless others are to go first.
pub(crate) fn operation<T>(number: usize, work: impl FnOnce() -> T) -> T {
    with_actor(|actor| {
        actor.point(Place::Call);
        actor.note(Event::Called(number));
    });
    let answer = work();
    with_actor(|actor| {
        // Whoever catches panics of engines has caught this one, too.
        actor.unwind_if_over(actor.shared.state());
        actor.note(Event::Returned(number));
    });
    answer
}

/// This thread is about to ask the disk for something. Where it is not
/// steered, nothing happens.
pub(crate) fn at_disk(operation: Operation, file: &str) {
    with_actor(|actor| actor.point(Place::Disk(operation, file.into())));
}

fn guided(step: Step) {
    with_actor(|actor| actor.step(step));
}

fn with_actor(f: impl FnOnce(&Actor)) {
    ACTOR.with(|actor| {
        if let Some(actor) = &*actor.borrow() {
            f(actor);
        }
    });
}

impl Actor {
    fn work(self) {
        let (shared, me) = (Arc::clone(&self.shared), self.me);
        ACTOR.set(Some(self));
        while let Some(job) = shared.next_job(me) {
            guide::set(Some(guided));
            let result = catch_unwind(AssertUnwindSafe(job));
            guide::set(None);
            let mut state = shared.state();
            match result {
                Err(payload) if !payload.is::<Cancelled>() => state.todo = Some(payload),
                _ => {}
            }
            let next = state.turns.end(me);
            match next {
                Some(next) => shared.turns[next].notify_one(),
                None if state.turns.have_ended() => shared.ended.notify_one(),
                None if matches!(state.phase, Phase::Running) => {
                    shared.cancel(&mut state, End::Deadlock);
                }
                None => {}
            }
        }
    }

    fn note(&self, event: Event) {
        self.shared.state().turns.note(self.me, event);
    }

    fn point(&self, place: Place) {
        let state = self.shared.state();
        self.turn(state, |turns| turns.pass(self.me, place));
    }

    fn step(&self, step: Step) {
        let me = self.me;
        let mut state = self.shared.state();
        match step {
            Step::Asks(lock) => {
                self.turn(state, |turns| turns.pass(me, Place::Lock(lock)));
                // Others may have run, and may hold it now.
                loop {
                    let state = self.shared.state();
                    if state.turns.is_free(me, &lock) || !matches!(state.phase, Phase::Running) {
                        break;
                    }
                    self.turn(state, |turns| turns.wait(me, lock));
                }
            }
            Step::Waits(lock) => self.turn(state, |turns| turns.wait(me, lock)),
            Step::Took(lock) => state.turns.took(me, lock),
            Step::Sleeps(condvar) => state.turns.sleep(me, condvar),
            Step::Wakes { condvar, all } => state.turns.wake(condvar.address, all),
            Step::Gave(lock) => {
                if let Some(next) = state.turns.gave(me, lock)
                    && matches!(state.phase, Phase::Running)
                {
                    drop(self.give_way(state, next));
                }
            }
        }
    }

    /// Lets `choose` say whose turn it is, and comes back when it is this
    /// thread's; unwinds when the run is over.
    fn turn<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        choose: impl FnOnce(&mut Turns) -> Option<usize>,
    ) {
        if matches!(state.phase, Phase::Running) {
            let next = choose(&mut state.turns);
            state = self.give_way(state, next);
        }
        self.unwind_if_over(state);
    }

    fn unwind_if_over(&self, state: MutexGuard<'_, State>) {
        let is_over = !matches!(state.phase, Phase::Running);
        drop(state);
        if is_over {
            if thread::panicking() {
                thread::yield_now(); // Others unwind, too, and give locks back.
            } else {
                resume_unwind(Box::new(Cancelled));
            }
        }
    }

    /// Comes back when it is this thread's turn, or the run is over.
    fn give_way<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        next: Option<usize>,
    ) -> MutexGuard<'s, State> {
        let end = match next {
            None => Some(End::Deadlock),
            _ if state.turns.steps > STEPS_MAX => Some(End::Endless),
            Some(_) => None,
        };
        if let Some(end) = end {
            self.shared.cancel(&mut state, end);
            return state;
        }
        if state.turns.current == self.me {
            return state;
        }
        self.shared.turns[state.turns.current].notify_one();
        let waits = |state: &mut State| {
            matches!(state.phase, Phase::Running) && state.turns.current != self.me
        };
        let waited = self.shared.turns[self.me].wait_while(state, waits);
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// The next job of a thread, when it is its turn; `None` when there are no
    /// more.
    fn next_job(&self, me: usize) -> Option<Job> {
        let waits = |state: &mut State| match state.phase {
            Phase::Closed => false,
            Phase::Running => state.turns.current != me || state.jobs[me].is_none(),
            Phase::Idle | Phase::Over(_) => true,
        };
        let waited = self.turns[me].wait_while(self.state(), waits);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.jobs.get_mut(me)?.take()
    }
}
