//! One line that says what long work is at, for a terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::fault::WIDTH;
use crate::runner::{Listener, Stage};

/// A line on standard error that is written over and over, and is gone in the
/// end. Where that is no terminal, nothing is said.
#[derive(Debug, Clone)]
pub struct Ticker(Arc<Line>);

#[derive(Debug)]
struct Line {
    what: String,
    moves: bool,
    shown: Mutex<String>,
}

impl Ticker {
    /// Begins to say what is done, as in `Judging chapter 1`.
    pub fn begin(what: impl Into<String>) -> Self {
        let ticker = Self(Arc::new(Line {
            what: what.into(),
            moves: io::stderr().is_terminal(),
            shown: Mutex::default(),
        }));
        ticker.show("");
        ticker
    }

    /// As [`begin`](Self::begin), for work that shows nothing for long: where
    /// there is no terminal, one plain line says what was begun.
    pub fn announce(what: impl Into<String>) -> Self {
        let ticker = Self::begin(what);
        if !ticker.0.moves {
            eprintln!("{} …", ticker.0.what);
        }
        ticker
    }

    /// Hears of builds and tests.
    pub fn listener(&self) -> Listener {
        let ticker = self.clone();
        Listener::new(move |stage| ticker.show(&words(stage)))
    }

    /// Makes room for what is printed next.
    pub fn clear(&self) {
        if self.0.moves {
            self.draw("");
        }
    }

    fn show(&self, detail: &str) {
        if self.0.moves {
            let what = &self.0.what;
            self.draw(&match detail {
                "" => format!("{what} …"),
                detail => format!("{what}: {detail} …"),
            });
        }
    }

    fn draw(&self, line: &str) {
        let line: String = line.chars().take(WIDTH - 1).collect();
        let mut shown = self.0.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if *shown != line {
            let mut stderr = io::stderr().lock();
            // Nobody to tell, nothing to do about it.
            let _ = write!(stderr, "\r\x1b[2K{line}");
            let _ = stderr.flush();
            *shown = line;
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let shown = self.shown.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !shown.is_empty() {
            let _ = write!(io::stderr(), "\r\x1b[2K");
        }
    }
}

fn words(stage: Stage<'_>) -> String {
    match stage {
        Stage::Compiled(package) => format!("building, {package} is done"),
        Stage::Test { number, of } => format!("test {number} of {of}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_has_its_words() {
        assert_eq!(words(Stage::Test { number: 7, of: 112 }), "test 7 of 112");
        assert_eq!(words(Stage::Compiled("engine")), "building, engine is done");
    }
}
