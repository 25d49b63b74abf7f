//! Several walks as one, through a tree of losers.
//!
//! Merging asks one question over and over: which of k sources stands at the
//! first key? The answer is found as in a tournament. Each source is a leaf, at
//! each node two meet, and the one with the first key goes up:
//!
//! ```text
//!                   source 2 wins
//!                         │
//!                 ┌─ 1: 3 lost ─────┐
//!         ┌─ 2: 0 lost ─┐     ┌─ 3: 1 lost ─┐
//!    ┌─ 4: 4 lost ─┐    │     │             │
//!    8             9    5     6             7
//!    d             k    e     c             b    keys
//!    3             4    0     1             2    sources
//! ```
//!
//! Under node n stand the nodes 2n and 2n + 1, and the leaf of source i is node
//! k + i, which makes a tree of any k. At each node is kept who lost there.
//!
//! When the winner's source has stepped to its next key, only the matches on
//! the way from its leaf to the top can end otherwise, and at each of them the
//! opponent is at hand: it is who lost there. That is one comparison a node,
//! ⌈log₂ k⌉ in all; a heap needs about two. (Knuth, The Art of Computer
//! Programming, volume 3, section 5.4.1.)
//!
//! Where keys come in runs, of which one source has many in a row, most steps
//! need a single comparison: the best of those that the winner beat is the
//! *runner-up*, and who still stands before that one stands before all. To find
//! it costs ⌈log₂ k⌉ - 1 comparisons, so it is looked for only when a source
//! has won twice in a row.
//!
//! **Equal keys.** Of sources at the same key the newest wins. The others are to
//! be skipped, and no comparison is spent on that: where a match is a tie, the
//! loser is marked. If the next winner bears the mark of a match that it lost
//! against the one before, it stands at a key that was shown.

use std::cmp::Ordering;
use std::ops::Bound;

use engine::{Error, Order, Result};

use crate::source::Source;

/// The entries of several sources as those of one. Of equal keys only the
/// newest source's entry is shown, also where that is a tombstone.
///
/// When a source fails, its error is answered, and the merging stands nowhere:
/// it shows no entry, and [`advance`](Source::advance) answers the same error
/// again. A [`seek`](Source::seek) that succeeds mends that.
#[derive(Debug)]
pub struct Merging<S> {
    /// Newest first.
    sources: Vec<S>,
    order: Order,
    /// Who lost at each node, from index 1 on. One for each source.
    losers: Vec<Loser>,
    /// The source that stands first.
    winner: usize,
    /// The one that would without it, where that is known.
    runner_up: Option<usize>,
    /// Whether the tree has been built, and not failed since.
    stands: bool,
    failed: Option<Error>,
}

/// Who lost a match.
#[derive(Debug, Clone, Copy, Default)]
struct Loser {
    source: usize,
    /// Whether it stands at the winner's key, and lost because it is older.
    tied: bool,
}

impl<S: Source> Merging<S> {
    /// Merges sources, the newest first, each of which walks in `order`. It
    /// stands nowhere until the first [`seek`](Source::seek).
    pub fn new(sources: Vec<S>, order: Order) -> Self {
        Merging {
            losers: vec![Loser::default(); sources.len()],
            sources,
            order,
            winner: 0,
            runner_up: None,
            stands: false,
            failed: None,
        }
    }

    /// Which of two sources stands first, or whether both stand at one key.
    /// One that has come to its end stands after every key.
    fn compare(&self, one: usize, other: usize) -> Ordering {
        match (self.sources[one].key(), self.sources[other].key()) {
            (Some(one), Some(other)) => match self.order {
                Order::Ascending => one.cmp(other),
                Order::Descending => other.cmp(one),
            },
            (one, other) => other.is_some().cmp(&one.is_some()),
        }
    }

    /// A match between two sources: who won, and who lost how. Of two at one
    /// key, the newer one wins.
    fn meet(&self, one: usize, other: usize) -> (usize, Loser) {
        let found = self.compare(one, other);
        let tied = found.is_eq();
        let (winner, source) = match found.then(one.cmp(&other)) {
            Ordering::Greater => (other, one),
            _ => (one, other),
        };
        (winner, Loser { source, tied })
    }

    /// Plays all matches under `node`, and answers who won.
    ///
    /// # Exercise 3.10
    fn play(&mut self, node: usize) -> usize {
        if let Some(leaf) = node.checked_sub(self.sources.len()) {
            return leaf;
        }
        let (left, right) = (self.play(2 * node), self.play(2 * node + 1));
        let (winner, loser) = self.meet(left, right);
        self.losers[node] = loser;
        winner
    }

    /// Plays the winner's matches again, now that its source has stepped on.
    /// Answers whether the new winner stands at the key that the old one left.
    ///
    /// # Exercise 3.10
    fn replay(&mut self) -> bool {
        let mut winner = self.winner;
        let mut repeats = false;
        let mut node = self.parent_of_leaf(winner);
        while node > 0 {
            let Loser { source, tied } = self.losers[node];
            let (better, loser) = self.meet(winner, source);
            if better == source {
                // It lost here against the key that was left.
                repeats = tied;
            }
            self.losers[node] = loser;
            winner = better;
            node /= 2;
        }
        self.runner_up = match winner == self.winner {
            true => self.best_loser(),
            false => None,
        };
        self.winner = winner;
        repeats
    }

    /// The best of those that lost against the winner; `None` where it is
    /// alone.
    ///
    /// # Exercise 3.10
    fn best_loser(&self) -> Option<usize> {
        let mut node = self.parent_of_leaf(self.winner);
        let mut best = None;
        while node > 0 {
            let loser = self.losers[node].source;
            best = Some(best.map_or(loser, |best| self.meet(best, loser).0));
            node /= 2;
        }
        best
    }

    fn parent_of_leaf(&self, source: usize) -> usize {
        (self.sources.len() + source) / 2
    }

    /// Answers whether the winner, which has stepped on, stands before all
    /// others still. Where that is not known, and at the runner-up's own key,
    /// the answer is no: then the matches are played.
    fn stays_winner(&self) -> bool {
        let runner_up = self.runner_up;
        runner_up.is_some_and(|other| self.compare(self.winner, other).is_lt())
    }

    /// Steps on from the key where it stands, past all entries of that key.
    fn step(&mut self) -> Result<()> {
        loop {
            self.sources[self.winner].advance()?;
            if self.stays_winner() || !self.replay() {
                return Ok(());
            }
        }
    }

    /// Moves all sources, and builds the tree of where they stand then.
    fn start(&mut self, to: Bound<&[u8]>) -> Result<()> {
        for source in &mut self.sources {
            source.seek(to)?;
        }
        self.runner_up = None;
        if !self.sources.is_empty() {
            self.winner = self.play(1);
        }
        Ok(())
    }

    /// Stands nowhere, since a source failed.
    fn fail(&mut self, error: Error) -> Error {
        self.stands = false;
        self.failed = Some(error.clone());
        error
    }

    /// The source whose entry is shown.
    fn shown(&self) -> Option<&S> {
        self.sources.get(self.winner).filter(|_| self.stands)
    }
}

impl<S: Source> Source for Merging<S> {
    fn key(&self) -> Option<&[u8]> {
        self.shown()?.key()
    }

    fn value(&self) -> Option<&[u8]> {
        self.shown()?.value()
    }

    fn advance(&mut self) -> Result<()> {
        if self.key().is_some() {
            return self.step().map_err(|error| self.fail(error));
        }
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn seek(&mut self, to: Bound<&[u8]>) -> Result<()> {
        self.start(to).map_err(|error| self.fail(error))?;
        self.stands = true;
        self.failed = None;
        Ok(())
    }
}
