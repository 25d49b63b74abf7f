//! One line that says what long work is at, for a terminal.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::fault::width;
use crate::runner::{Listener, Stage};

/// A line on standard error that is written over and over, and is gone in the
/// end. Where that is no terminal, one plain line says that something is being
/// compiled, if that takes longer than a moment.
#[derive(Debug, Clone)]
pub struct Ticker(Arc<Line>);

#[derive(Debug)]
struct Line {
    what: String,
    moves: bool,
}

/// What stands on the terminal's last line: there is one terminal, whoever
/// writes to it.
static SHOWN: Mutex<String> = Mutex::new(String::new());

/// Takes the line away, so that something else can be printed; the next stage
/// brings it back.
pub fn make_room() {
    draw("");
}

impl Ticker {
    /// Begins to say what is done, as in `Judging chapter 1`.
    pub fn begin(what: impl Into<String>) -> Self {
        let ticker = Self(Arc::new(Line {
            what: what.into(),
            moves: io::stderr().is_terminal(),
        }));
        ticker.show(None);
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
        Listener::new(move |stage| match told(stage) {
            _ if ticker.0.moves => ticker.show(Some(stage)),
            Some(told) if !is_unwanted() => eprintln!("{told} …"),
            _ => {}
        })
    }

    fn show(&self, stage: Option<Stage<'_>>) {
        if self.0.moves {
            draw(&line(&self.0.what, stage));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        make_room();
    }
}

fn draw(line: &str) {
    let line: String = line.chars().take(width() - 1).collect();
    let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if *shown != line {
        let mut stderr = io::stderr().lock();
        // Nobody to tell, nothing to do about it.
        let _ = write!(stderr, "\r\x1b[2K{line}");
        let _ = stderr.flush();
        *shown = line;
    }
}

/// What is said once where no line is written over: why nothing else is said.
fn told(stage: Stage<'_>) -> Option<String> {
    match stage {
        Stage::Compiling { suite: true } => {
            let what = "Compiling the suite and the tests (this once, for a minute or two)";
            Some(what.to_owned())
        }
        Stage::Compiling { suite: false } => Some("Compiling the tests".to_owned()),
        Stage::Waiting(chapter) => Some(waiting(chapter)),
        Stage::Compiled(_) | Stage::Test { .. } => None,
    }
}

fn waiting(chapter: u32) -> String {
    format!("Waiting for the book that is open, which is judging chapter {chapter}")
}

/// Whether what comes or stays away by chance is to be left out: cargo's own
/// switch.
fn is_unwanted() -> bool {
    env::var_os("CARGO_TERM_PROGRESS_WHEN").is_some_and(|when| when == "never")
}

/// What is done, and what it is at.
fn line(what: &str, stage: Option<Stage<'_>>) -> String {
    let detail = match stage {
        None => return format!("{what} …"),
        Some(Stage::Waiting(chapter)) => return format!("{} …", waiting(chapter)),
        Some(Stage::Compiling { suite: true }) => {
            "building, this once for a minute or two".to_owned()
        }
        Some(Stage::Compiling { suite: false }) => "building".to_owned(),
        Some(Stage::Compiled(package)) => format!("building, {package} is done"),
        Some(Stage::Test { number, of }) => format!("test {number} of {of}"),
    };
    format!("{what}: {detail} …")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_has_its_words() {
        let line = |stage| line("Judging exercise 1.12", Some(stage));
        let test = Stage::Test { number: 7, of: 112 };
        assert_eq!(line(test), "Judging exercise 1.12: test 7 of 112 …");
        let built = line(Stage::Compiled("engine"));
        assert_eq!(built, "Judging exercise 1.12: building, engine is done …");
        let stages = [
            Stage::Compiling { suite: true },
            Stage::Compiling { suite: false },
            Stage::Waiting(12),
        ];
        let told = stages.into_iter().filter_map(told);
        for told in told.chain(stages.map(line)) {
            assert!(told.chars().count() < 75, "{told}");
        }
    }
}
