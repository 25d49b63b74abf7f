//! Colours for marks and headings.
//!
//! Styles are always written; what prints them takes them out where no
//! terminal shows them, or where `NO_COLOR` asks for that. `CLICOLOR_FORCE`
//! keeps them everywhere.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

use crate::progress::State;

const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// A heading, or a label before what it says.
pub fn heading(text: impl Display) -> String {
    painted(Style::new().bold(), text)
}

/// What is added, or is well.
pub fn good(text: impl Display) -> String {
    painted(GREEN, text)
}

/// What is taken away, or is wrong.
pub fn bad(text: impl Display) -> String {
    painted(RED, text)
}

/// What to look at next.
pub fn next(text: impl Display) -> String {
    painted(CYAN.bold(), text)
}

/// The mark of a state in its colour.
pub fn mark(state: State) -> String {
    let style = match state {
        State::Solved => GREEN,
        State::Waiting => YELLOW,
        State::NotStarted | State::Unknown => Style::new().dimmed(),
        State::CompileError | State::Failing | State::Hung | State::Aborted => RED,
    };
    painted(style, state.mark())
}

/// A text without its styles.
pub fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn painted(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_come_and_go() {
        let shown = mark(State::Solved);
        assert_ne!(shown, "✓");
        assert_eq!(plain(&shown), "✓");
    }
}
