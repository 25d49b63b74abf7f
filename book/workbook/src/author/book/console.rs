//! Printed output: each `console` block is run, and prints what it says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use super::super::progress::Progress;
use super::output;
use super::sandbox::Sandbox;
use super::{Book, Page};
use crate::exercise::ExerciseId;
use crate::fault::{Fault, Faults};
use crate::markdown::{Block, blocks};
use crate::printed::MARKDOWN;

/// A block with commands, and what they print.
struct Session {
    page: PathBuf,
    /// The last exercise that is solved.
    at: Option<ExerciseId>,
    steps: Vec<Step>,
}

/// A command and what the page says it prints.
struct Step {
    line: usize,
    command: String,
    expected: String,
}

/// Runs the `console` blocks of all pages; answers how many commands ran.
pub(super) fn check(
    book: &Book<'_>,
    mut sandbox: Sandbox,
    progress: &Progress,
    faults: &mut Faults,
) -> Result<usize> {
    let mut sessions: Vec<Session> = Vec::new();
    for page in &book.pages {
        for block in blocks(&page.text) {
            sessions.extend(session(page, &block, faults));
        }
    }
    // One state of the tree after the other: changing it means compiling.
    sessions.sort_by_key(|session| session.at);
    let mut ran: BTreeMap<(Option<ExerciseId>, Vec<String>), Vec<String>> = BTreeMap::new();
    let mut count = 0;
    for session in &sessions {
        let commands: Vec<String> = session.steps.iter().map(|s| s.command.clone()).collect();
        let key = (session.at, commands.clone());
        let outputs = match ran.get(&key) {
            Some(outputs) => outputs.clone(),
            None => {
                progress.show(&commands.join("; "));
                count += commands.len();
                match sandbox.run(session.at, &commands) {
                    Ok(outputs) => outputs,
                    Err(error) => {
                        let line = session.steps.first().map_or(1, |step| step.line);
                        let what = format!("{error:#}.");
                        faults.0.push(Fault::at(&session.page, line, what));
                        continue;
                    }
                }
            }
        };
        for (step, found) in session.steps.iter().zip(&outputs) {
            if let Err(diff) = output::compare(&step.expected, found) {
                let at = session.at.map_or_else(
                    || "with nothing solved".to_owned(),
                    |id| format!("with exercises through {id} solved"),
                );
                let what = format!("`{}`, {at}, prints something else:\n{diff}", step.command);
                faults.0.push(Fault::at(&session.page, step.line, what));
            }
        }
        ran.insert(key, outputs);
    }
    sandbox.finish()?;
    Ok(count)
}

/// Reads a block, if it is one to run.
fn session(page: &Page, block: &Block, faults: &mut Faults) -> Option<Session> {
    let mut options = block.info.split(',').map(str::trim);
    if options.next() != Some("console") {
        return None;
    }
    let mut fault = |line, what: String| faults.0.push(Fault::at(&page.path, line, what));
    let mut at = None;
    let mut run = true;
    for option in options {
        match option.strip_prefix("at=").map(str::parse) {
            Some(Ok(id)) => at = Some(id),
            None if option == "norun" => run = false,
            None if option == MARKDOWN => {}
            _ => fault(
                block.line,
                format!(
                    "`{option}` is no option of a console block: `at=N.M`, `{MARKDOWN}` and `norun` are."
                ),
            ),
        }
    }
    if !run {
        let above = page.text.lines().nth(block.line.saturating_sub(2));
        let says_why = above.is_some_and(|l| l.trim().starts_with("<!--") && block.line > 1);
        if !says_why {
            let what = "Say in a comment in the line above (`<!-- … -->`) why this cannot be run.";
            fault(block.line, what.to_owned());
        }
        return None;
    }
    let mut steps: Vec<Step> = Vec::new();
    for (line, text) in (block.text_line..).zip(block.text.lines()) {
        match (text.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step {
                line,
                command: command.trim().to_owned(),
                expected: String::new(),
            }),
            (None, Some(step)) => {
                step.expected.push_str(text);
                step.expected.push('\n');
            }
            (None, None) => {
                let what = "A console block begins with a command: `$ ` and what is typed.";
                fault(line, what.to_owned());
                return None;
            }
        }
    }
    Some(Session {
        page: page.path.clone(),
        at,
        steps,
    })
}
