//! Two threads, where there are threads.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::report::Failure;

/// Runs `work` in two threads, and answers with both results. One of the
/// threads is the caller's, which leaves the marks that
/// [`watch`](crate::watch) waits for. Without threads there is one result.
pub(crate) fn in_two<T: Send>(work: impl Fn() -> T + Sync) -> (T, Option<T>) {
    if cfg!(target_family = "wasm") {
        return (work(), None);
    }
    std::thread::scope(|scope| {
        let helper = scope.spawn(&work);
        let own = work();
        let other = helper.join().unwrap_or_else(|panic| resume_unwind(panic));
        (own, Some(other))
    })
}

/// Numbers, handed out one after the other.
#[derive(Debug)]
pub(crate) struct Numbers {
    next: AtomicUsize,
    end: AtomicUsize,
}

impl Numbers {
    /// The numbers below `end`.
    pub(crate) fn new(end: usize) -> Self {
        Numbers::between(0, end)
    }

    /// The numbers from `start` on that are below `end`.
    pub(crate) fn between(start: usize, end: usize) -> Self {
        Numbers {
            next: AtomicUsize::new(start),
            end: AtomicUsize::new(end),
        }
    }

    /// The next number.
    pub(crate) fn next(&self) -> Option<usize> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.end()).then_some(number)
    }

    /// No number from `end` on is needed any more.
    pub(crate) fn end_at(&self, end: usize) {
        self.end.fetch_min(end, Ordering::Relaxed);
    }

    /// What the numbers are below of, by now.
    pub(crate) fn end(&self) -> usize {
        self.end.load(Ordering::Relaxed)
    }
}

/// Does `work` for each number below `count`, and answers with the lowest that
/// failed. Which one that is does not depend on who was faster.
pub(crate) fn each(
    count: usize,
    work: impl Fn(usize) -> Result<(), Failure> + Sync,
) -> Result<(), (usize, Failure)> {
    let numbers = Numbers::new(count);
    let (one, other) = in_two(|| {
        while let Some(number) = numbers.next() {
            if let Err(failure) = work(number) {
                numbers.end_at(number);
                return Err((number, failure));
            }
        }
        Ok(())
    });
    match (one, other.unwrap_or(Ok(()))) {
        (Err(one), Err(other)) if other.0 < one.0 => Err(other),
        (Err(one), _) => Err(one),
        (Ok(()), other) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::Clause;

    #[test]
    fn every_number_is_worked_on_once() {
        let done = [const { AtomicUsize::new(0) }; 50];
        let result = each(50, |number| {
            done[number].fetch_add(1, Ordering::Relaxed);
            Ok(())
        });
        assert_eq!(result, Ok(()));
        assert!(done.iter().all(|done| done.load(Ordering::Relaxed) == 1));
    }

    #[test]
    fn the_lowest_failure_is_reported() {
        for _ in 0..20 {
            let (number, _) = each(50, |number| match number {
                7 | 8 | 30 => Err(Failure::new(Clause::Sync, "")),
                _ => Ok(()),
            })
            .unwrap_err();
            assert_eq!(number, 7);
        }
    }
}
