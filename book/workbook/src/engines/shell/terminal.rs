//! The shell on a terminal: a prompt, a history, names completed by Tab.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Editor, Helper};

use super::NOT_UTF8;
use super::line::NAMES;
use super::session::{INTERRUPTED, Next, Session};
use crate::fault::indented;
use crate::interrupt;
use crate::store::own;
use crate::workspace::Workspace;

/// Talks with the person at the terminal until they leave.
pub(super) fn talk(session: &mut Session) -> Result<()> {
    // It fails where somebody else handles Ctrl-C; then Ctrl-C just ends us.
    interrupt::each(|| INTERRUPTED.store(true, Ordering::Relaxed));
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .auto_add_history(true)
        .build();
    let mut editor: Editor<Names, FileHistory> =
        Editor::with_config(config).context("cannot take hold of the terminal")?;
    editor.set_helper(Some(Names));
    let history = history_file();
    if let Some(file) = &history {
        // The first shell has none yet.
        let _ = editor.load_history(file);
    }
    let name = session.place().engine.name;
    println!("{name}: `help` lists what can be asked, Ctrl-D leaves.");
    let prompt = format!("{name}> ");
    let talked = loop {
        match editor.readline(&prompt) {
            Ok(line) => match session.line(&line, &mut io::stdout().lock()) {
                Ok(Next::Line) => {}
                Ok(Next::Leave) => break Ok(()),
                Err(error) if session.is_over() => break Err(error),
                Err(error) => eprintln!("{}", indented(&format!("{error:#}"), 0)),
            },
            Err(ReadlineError::Interrupted) => println!("(Ctrl-D leaves.)"),
            Err(ReadlineError::Eof) => break Ok(()),
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                eprintln!("this line is {NOT_UTF8}");
            }
            Err(error) => break Err(error).context("cannot read from the terminal"),
        }
    };
    if let Some(file) = history {
        // A history that is lost is no reason to fail.
        let _ = editor.save_history(&file);
    }
    io::stdout().flush()?;
    talked
}

/// Where lines are kept from shell to shell: beside cargo's own artifacts.
fn history_file() -> Option<PathBuf> {
    let workspace = Workspace::find(&env::current_dir().ok()?).ok()?;
    let target = workspace.metadata().ok()?.target_directory;
    let folder = target.into_std_path_buf().join("strata");
    fs::create_dir_all(&folder).ok()?;
    Some(folder.join(own(workspace.root(), "shell-history", "txt")))
}

/// Completes the name of a request at a line's beginning.
struct Names;

impl Completer for Names {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _context: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let typed = &line[..at];
        let start = typed.rfind(';').map_or(0, |at| at + 1);
        let word = typed[start..].trim_start();
        let names = NAMES.iter().filter(|name| name.starts_with(word));
        let names = names.map(|name| format!("{name} ")).collect();
        Ok((at - word.len(), names))
    }
}

impl Hinter for Names {
    type Hint = String;
}

impl Highlighter for Names {}
impl Validator for Names {}
impl Helper for Names {}
