//! Threads that start together, and end together when one fails.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use engine::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::budget::Budget;
use crate::level::Clause;
use crate::panics;
use crate::report::Failure;
use crate::watch;

/// What threads share that work together.
pub(in crate::levels) struct Gate {
    threads: usize,
    arrived: AtomicUsize,
    round: AtomicUsize,
    ended: AtomicBool,
    clock: AtomicU64,
    chances: AtomicU64,
    chances_max: u64,
    deadline: Instant,
}

impl Gate {
    /// Waits until every thread waits here; false when it is time to end.
    ///
    /// It spins, so that all leave at the same moment.
    pub(in crate::levels) fn wait(&self) -> bool {
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.store(0, Ordering::Relaxed);
            self.round.store(round + 1, Ordering::Release);
        }
        let mut spins = 0;
        while self.round.load(Ordering::Acquire) == round {
            if self.has_ended() {
                return false;
            }
            spins += 1;
            // Where there are fewer processors than threads, the one that is
            // waited for needs this one.
            if spins % 256 == 0 {
                std::thread::yield_now();
            }
            std::hint::spin_loop();
        }
        !self.has_ended()
    }

    /// Sends every thread home.
    pub(in crate::levels) fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    /// Answers whether it is time to end.
    pub(in crate::levels) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// A moment: later than every one that any thread was told before.
    pub(in crate::levels) fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// Takes note that operations of two threads met.
    pub(in crate::levels) fn met(&self) {
        self.chances.fetch_add(1, Ordering::Relaxed);
    }

    /// Answers whether operations of two threads have met as often as the
    /// budget asks for. It gives up waiting for that on a machine that is too
    /// busy to run two threads at once.
    pub(in crate::levels) fn is_enough(&self) -> bool {
        self.chances.load(Ordering::Relaxed) >= self.chances_max || self.is_late()
    }

    /// Answers whether as much time was spent as the budget allows.
    pub(in crate::levels) fn is_late(&self) -> bool {
        watch::beat();
        Instant::now() >= self.deadline
    }
}

/// Runs `work` in so many threads, and answers with the first failure of any.
/// In a quick run they are to meet `chances_max` times, in a full one a
/// hundred times as often.
/// A panic in one is a failure; a `todo!` goes on in the caller.
pub(in crate::levels) fn together(
    budget: &Budget,
    threads: usize,
    chances_max: u64,
    work: impl Fn(usize, &Gate) -> Result<(), Failure> + Sync,
) -> Result<(), Failure> {
    let time = budget.pick(Duration::from_millis(600), Duration::from_secs(30));
    let gate = &Gate {
        threads,
        arrived: AtomicUsize::new(0),
        round: AtomicUsize::new(0),
        ended: AtomicBool::new(false),
        clock: AtomicU64::new(0),
        chances: AtomicU64::new(0),
        chances_max: chances_max * budget.pick(1, 100),
        deadline: Instant::now() + time,
    };
    let (work, marks) = (&work, &watch::marks());
    let run = |thread| {
        watch::share(marks.clone());
        let result = catch_unwind(AssertUnwindSafe(|| {
            match panics::caught(|| work(thread, gate)) {
                Ok(result) => result,
                Err(panic) => Err(Failure::panicked(Clause::OneOrder, &panic)),
            }
        }));
        if !matches!(result, Ok(Ok(()))) {
            gate.end();
        }
        result
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .map(|thread| scope.spawn(move || run(thread)))
            .collect();
        let mut results = vec![run(0)];
        results.extend(
            others
                .into_iter()
                .map(|other| other.join().expect("a panic was caught within the thread")),
        );
        for result in results {
            match result {
                Ok(result) => result?,
                Err(todo) => resume_unwind(todo),
            }
        }
        Ok(())
    })
}
