//! What is said where the command line is not understood.

use std::env;
use std::error::Error as _;
use std::process;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Error};

use super::Cli;
use crate::exercise::Scope;
use crate::fault::indented;
use crate::paint;

/// The status of a command line that is not understood.
const STATUS: i32 = 2;

/// The commands that take keys, which may begin with a `-`.
const OF_KEYS: [&str; 3] = ["get", "put", "delete"];

/// Ends the program with a word on what may have been meant; or with the help
/// that was asked for.
pub(super) fn end(mut error: Error) -> ! {
    let typed: Vec<String> = env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .skip(1)
        .collect();
    if let Some(said) = wrong_value(&error) {
        let said = format!("error: {said}\n\nFor more information, try '--help'.");
        let said = indented(&said, 0).replacen("error:", &paint::bad("error:"), 1);
        anstream::eprintln!("{said}");
        process::exit(STATUS);
    }
    if let Some(tip) = number_alone(&error) {
        suggest(&mut error, tip);
    }
    if error.kind() == ErrorKind::UnknownArgument {
        name_whole(&mut error, &typed);
    }
    error.exit()
}

/// What is wrong with a value, and what its place takes.
fn wrong_value(error: &Error) -> Option<String> {
    if error.kind() == ErrorKind::InvalidUtf8 {
        return Some(
            "an argument is not UTF-8: spell the bytes of a key or a value as \\xNN".to_owned(),
        );
    }
    let value = text(error, ContextKind::InvalidValue)?;
    let argument = text(error, ContextKind::InvalidArg)?;
    let place = match argument.split_once(' ') {
        Some((option, _)) if value.is_empty() => option.to_owned(),
        Some((option, _)) => format!("{option} {value}"),
        None => value.to_owned(),
    };
    match error.kind() {
        ErrorKind::ValueValidation => {
            let takes = error.source()?.to_string();
            // Some say it themselves.
            Some(match takes.contains(&format!("`{value}`")) {
                true => takes,
                false => format!("`{place}`: {takes}"),
            })
        }
        // Without a value, clap says that one is missing.
        ErrorKind::InvalidValue if !value.is_empty() => {
            let Some(ContextValue::Strings(there)) = error.get(ContextKind::ValidValue) else {
                return None;
            };
            let (last, rest) = there.split_last()?;
            let there = match rest {
                [] => last.clone(),
                rest => format!("{} or {last}", rest.join(", ")),
            };
            Some(format!("`{place}`: it takes {there}"))
        }
        _ => None,
    }
}

/// A tip for somebody who typed the number of an exercise or a chapter where a
/// command should have been.
fn number_alone(error: &Error) -> Option<String> {
    let typed = text(error, ContextKind::InvalidSubcommand)?;
    let scope: Scope = typed.parse().ok()?;
    Some(match scope {
        Scope::Exercise(id) => format!("to test it: check {id}; for a hint: hint {id}"),
        _ => format!("to test it: check {typed}"),
    })
}

/// Names the whole word that no option begins with, not its first letter
/// alone, and says how to give it where it was meant as a key.
fn name_whole(error: &mut Error, typed: &[String]) {
    let Some(begin) = text(error, ContextKind::InvalidArg).map(str::to_owned) else {
        return;
    };
    let Some(at) = typed.iter().position(|word| word.starts_with(&begin)) else {
        return;
    };
    let word = &typed[at];
    error.insert(
        ContextKind::InvalidArg,
        ContextValue::String(word.to_owned()),
    );
    if error.get(ContextKind::SuggestedArg).is_some() {
        return;
    }
    let before = at.checked_sub(1).map(|before| typed[before].as_str());
    let option = before.filter(|before| takes_a_value(&typed[0], before));
    if let Some(option) = option {
        suggest(
            error,
            format!("to give {option} this value: {option}={word}"),
        );
    } else if OF_KEYS.contains(&typed[0].as_str()) {
        let tip = format!("what begins with - and is no option comes last, after --: -- {word}");
        suggest(error, tip);
    } else {
        // It would not be taken there, either.
        error.remove(ContextKind::Suggested);
    }
}

fn suggest(error: &mut Error, tip: String) {
    let tips = vec![StyledStr::from(tip)];
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
}

/// Whether this word is an option of the command that is followed by its value.
fn takes_a_value(command: &str, word: &str) -> bool {
    let Some(name) = word.strip_prefix("--") else {
        return false;
    };
    let is_it = |command: &Command| {
        let mut arguments = command.get_arguments();
        arguments.any(|argument| {
            argument.get_long() == Some(name) && argument.get_action().takes_values()
        })
    };
    let root = Cli::command();
    is_it(root.find_subcommand(command).unwrap_or(&root))
}

fn text(error: &Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text),
        _ => None,
    }
}
