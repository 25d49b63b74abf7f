//! One line on the terminal that says how far a long command is.

use std::io::{self, IsTerminal, Write};

/// One line that is written over and over; nothing where there is no terminal.
#[derive(Debug)]
pub(super) struct Progress {
    terminal: bool,
}

impl Progress {
    /// On standard error, so that the results can go elsewhere.
    pub(super) fn on_stderr() -> Self {
        Self {
            terminal: io::stderr().is_terminal(),
        }
    }

    /// Puts `line` in the place of the one before.
    pub(super) fn show(&self, line: &str) {
        if self.terminal {
            eprint!("\r\x1b[K{line}");
            // A line that does not show is no reason to stop.
            let _ = io::stderr().flush();
        }
    }

    /// Leaves nothing behind.
    pub(super) fn clear(&self) {
        self.show("");
    }
}
