//! Who goes on.

/// A schedule: the priorities of the threads, and where they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The threads; the first one that can run does.
    pub(crate) order: Vec<usize>,
    /// Points at which a thread falls behind all others.
    pub(crate) falls: Vec<Fall>,
}

/// The point of a thread at which it falls behind, counted from 0. Point 0 is
/// where its first operation begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fall {
    pub(crate) thread: usize,
    pub(crate) point: usize,
}

impl Plan {
    /// One thread after the other, as far as locks let them.
    pub(crate) fn serial(order: &[usize]) -> Self {
        Plan {
            order: order.to_vec(),
            falls: Vec::new(),
        }
    }

    /// The same, but the thread falls behind there.
    pub(crate) fn and(mut self, thread: usize, point: usize) -> Self {
        self.falls.push(Fall { thread, point });
        self
    }
}

/// Every order of so many threads.
pub(crate) fn orders(threads: usize) -> Vec<Vec<usize>> {
    let Some(last) = threads.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let mut all = Vec::new();
    for order in orders(last) {
        for at in (0..=last).rev() {
            let mut order = order.clone();
            order.insert(at, last);
            all.push(order);
        }
    }
    all
}
