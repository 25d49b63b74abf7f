//! What is said of a build that takes its time.

use std::time::{Duration, Instant};

use super::build::BuildOptions;
use super::stage::Stage;

/// Tells, once, of a build that takes longer than a moment, and once of one
/// that cannot begin yet.
pub(super) struct Patience<'o> {
    options: &'o BuildOptions,
    since: Instant,
    told: bool,
    /// Whether the suite was there before this build, as far as cargo has said.
    has_suite: bool,
    /// Whether the book compiled before this build began, and still does.
    waits: bool,
    told_for_whom: bool,
}

/// A build that is over by then needs no words.
const MOMENT: Duration = Duration::from_secs(2);

/// What takes longest to compile, and is compiled once.
const SUITE: &str = "conformance";

/// Nor does a wait that is over by then.
const SHORT_WAIT: Duration = Duration::from_secs(1);

impl<'o> Patience<'o> {
    pub(super) fn begin(options: &'o BuildOptions) -> Self {
        Self {
            options,
            since: Instant::now(),
            told: false,
            has_suite: false,
            waits: options.turn.awaited().is_some(),
            told_for_whom: false,
        }
    }

    /// Hears of a package that did not have to be compiled again.
    pub(super) fn is_there(&mut self, package: &str) {
        self.has_suite |= package == SUITE;
    }

    /// Says what has taken so long until now.
    pub(super) fn wait(&mut self) {
        if self.waits && self.options.turn.awaited().is_none() {
            self.waits = false;
            self.since = Instant::now();
        }
        self.wait_for(self.since.elapsed());
    }

    /// Says what has taken all of that time.
    fn wait_for(&mut self, time: Duration) {
        let listener = &self.options.listener;
        let awaited = self.options.turn.awaited().filter(|_| self.waits);
        match awaited {
            Some(chapter) if time >= SHORT_WAIT && !self.told_for_whom => {
                self.told_for_whom = true;
                listener.tell(Stage::Waiting(chapter));
            }
            None if time >= MOMENT && !self.told => {
                self.told = true;
                let suite = !self.has_suite;
                listener.tell(Stage::Compiling { suite });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::runner::{Listener, Turn};

    #[test]
    fn a_long_build_is_told_of_once_and_a_short_one_never() {
        let heard = Arc::new(AtomicUsize::new(0));
        let listener = {
            let heard = Arc::clone(&heard);
            Listener::new(move |stage| {
                assert_eq!(stage, Stage::Compiling { suite: true });
                heard.fetch_add(1, Ordering::Relaxed);
            })
        };
        let options = BuildOptions {
            listener,
            ..BuildOptions::default()
        };
        let mut patience = Patience::begin(&options);
        patience.wait_for(MOMENT / 2);
        assert_eq!(heard.load(Ordering::Relaxed), 0);
        patience.wait_for(MOMENT);
        patience.wait_for(2 * MOMENT);
        assert_eq!(heard.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn whom_a_build_waits_for_is_told_once_and_before_anything_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("turn.lock");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener = {
            let heard = Arc::clone(&heard);
            Listener::new(move |stage| {
                let mut heard = heard.lock().expect("nobody panicked");
                heard.push(format!("{stage:?}"));
            })
        };
        let options = BuildOptions {
            listener,
            turn: Turn::of_a_command(file.clone()),
            ..BuildOptions::default()
        };
        let books = Turn::of_the_book(file.clone()).begin(3);
        let mut patience = Patience::begin(&options);
        patience.wait_for(SHORT_WAIT / 2);
        assert_eq!(*heard.lock().expect("nobody panicked"), [""; 0]);
        patience.wait_for(SHORT_WAIT);
        patience.wait_for(2 * MOMENT);
        drop(books);
        patience.is_there(SUITE);
        patience.wait();
        patience.wait_for(MOMENT);
        // A book that compiles later waits itself.
        let _books = Turn::of_the_book(file).begin(4);
        patience.wait_for(2 * MOMENT);
        let heard = heard.lock().expect("nobody panicked");
        assert_eq!(*heard, ["Waiting(3)", "Compiling { suite: false }"]);
    }
}
