//! The processes in which trials are made.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::limit::MemoryLimit;
use crate::trial::{Outcome, Plan, Trial};

/// This program, to be started again for each trial.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
}

/// What a process is told to do, as its first argument.
const TRIAL: &str = "trial";
/// See [`Program::hold`].
const HOLD: &str = "hold";
/// The same, and synced.
const HOLD_SYNCED: &str = "hold-synced";
/// See [`Program::hold_traced`].
const HOLD_MARKED: &str = "hold-marked";
/// The same, and synced.
const HOLD_MARKED_SYNCED: &str = "hold-marked-synced";

/// What a process says when it holds what was planned.
const HELD: &str = "held";

/// What a process writes to its standard error, in one call, in front of the
/// number of answers that it has got.
pub const ANSWERED: &str = "strata-bench answered ";

impl Program {
    /// The program at that path; where [`is_task`] says so of its first
    /// argument, it calls [`be_started`].
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Program { path: path.into() }
    }

    /// Makes a trial in a process of its own.
    ///
    /// # Errors
    ///
    /// Fails where no process can be started. What goes wrong within it is an
    /// [`Outcome`].
    pub fn trial(&self, plan: &Plan) -> Result<Outcome> {
        let child = self.start(TRIAL, plan)?;
        let ended = child.wait_with_output().context("waiting for a trial")?;
        if ended.status.success() {
            let said = serde_json::from_slice(&ended.stdout);
            return said.context("a trial says nothing that can be understood");
        }
        let exceeded = plan.memory.as_ref().is_some_and(MemoryLimit::was_exceeded);
        Ok(Outcome::Failed(match exceeded {
            true => "it needed more memory than it was given".into(),
            false => how_it_ended(ended.status, &String::from_utf8_lossy(&ended.stderr)),
        }))
    }

    /// Overwrites entries in a process of its own, and kills that without a
    /// warning as soon as the last of them has been answered; or, where it is
    /// to be `synced`, as soon as a sync after them has been.
    ///
    /// # Errors
    ///
    /// Fails where the process does, or none can be started.
    pub fn hold(&self, plan: &Plan, synced: bool) -> Result<()> {
        let mut child = self.start(if synced { HOLD_SYNCED } else { HOLD }, plan)?;
        let mut said = String::new();
        let out = child.stdout.take().context("the process has no output")?;
        let heard = BufReader::new(out).read_line(&mut said);
        // It may have ended by itself, and then there is nothing to kill.
        let killed = child.kill();
        let status = child.wait().context("waiting for a killed process")?;
        heard.context("listening to a process")?;
        if said.trim_end() == HELD {
            return killed.context("killing a process");
        }
        let mut complaint = String::new();
        if let Some(mut err) = child.stderr.take() {
            err.read_to_string(&mut complaint)?;
        }
        bail!(how_it_ended(status, &complaint))
    }

    /// Overwrites entries in a process of its own, under `strace`, which writes
    /// those `calls` into the file `trace`. After each answer the process says
    /// so, by a write of [`ANSWERED`]; or, where it is to be `synced`, after the
    /// sync that follows all.
    ///
    /// Answers why it could not be traced, if it could not.
    ///
    /// # Errors
    ///
    /// Fails where the process does.
    pub fn hold_traced(
        &self,
        plan: &Plan,
        synced: bool,
        calls: &[&str],
        trace: &Path,
    ) -> Result<Option<String>> {
        // A question mark: not every kernel has every call.
        let calls: Vec<String> = calls.iter().map(|call| format!("?{call}")).collect();
        let mut command: Vec<OsString> = ["strace", "-f", "-qq", "-xx", "-s", "16777216", "-e"]
            .map(OsString::from)
            .into();
        command.push(format!("trace={}", calls.join(",")).into());
        command.extend([OsString::from("-o"), trace.into(), self.path.clone().into()]);
        let task = if synced {
            HOLD_MARKED_SYNCED
        } else {
            HOLD_MARKED
        };
        let child = match start(&command, task, plan) {
            Ok(child) => child,
            Err(error) => return Ok(Some(format!("`strace` does not start: {error:#}"))),
        };
        // It ends by itself when it reads the end of its input.
        let ended = child.wait_with_output().context("waiting for `strace`")?;
        if String::from_utf8_lossy(&ended.stdout).trim_end() == HELD {
            return Ok(None);
        }
        let complaint = String::from_utf8_lossy(&ended.stderr);
        match complaint.lines().find(|line| line.starts_with("strace: ")) {
            Some(refused) => Ok(Some(refused.into())),
            None => bail!(how_it_ended(ended.status, &complaint)),
        }
    }

    fn start(&self, task: &str, plan: &Plan) -> Result<Child> {
        let path = self.path.display();
        let started = start(&[self.path.clone().into()], task, plan);
        started.with_context(|| format!("`{path}` does not start"))
    }
}

/// Starts a command that ends with this program, and tells it the plan.
fn start(command: &[OsString], task: &str, plan: &Plan) -> Result<Child> {
    let (program, arguments) = command.split_first().context("there is no command")?;
    let mut child = Command::new(program)
        .args(arguments)
        .arg(task)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("the process has no input")?;
    // A process that has ended already says so itself.
    let _ = writeln!(input, "{}", serde_json::to_string(plan)?);
    child.stdin = Some(input);
    Ok(child)
}

/// What a process was that did not do what it should.
fn how_it_ended(status: ExitStatus, complaint: &str) -> String {
    let last = complaint.lines().rfind(|line| !line.trim().is_empty());
    match last {
        Some(line) => format!("its process ended ({status}): {}", line.trim()),
        None => format!("its process ended ({status})"),
    }
}

/// Whether that is what a process is told that was started for a trial.
pub fn is_task(task: &str) -> bool {
    let holds = [HOLD, HOLD_SYNCED, HOLD_MARKED, HOLD_MARKED_SYNCED];
    task == TRIAL || holds.contains(&task)
}

/// Does what a process that was started for a trial is to do.
///
/// # Errors
///
/// Fails where the plan cannot be read, or the store does not do what was
/// planned.
pub fn be_started(task: &str) -> Result<()> {
    let mut input = std::io::stdin().lock();
    let mut line = String::new();
    input.read_line(&mut line)?;
    let plan: Plan = serde_json::from_str(&line).context("the plan cannot be read")?;
    if let Some(memory) = &plan.memory {
        memory
            .join()
            .context("joining the group with the memory limit")?;
    }
    let trial = Trial::new(plan)?;
    if task == TRIAL {
        println!("{}", serde_json::to_string(&trial.run())?);
        return Ok(());
    }
    let synced = [HOLD_SYNCED, HOLD_MARKED_SYNCED].contains(&task);
    let marked = [HOLD_MARKED, HOLD_MARKED_SYNCED].contains(&task);
    let store = trial.hold(synced, |answers| {
        if marked {
            io::stderr().write_all(format!("{ANSWERED}{answers}\n").as_bytes())?;
        }
        Ok(())
    })?;
    println!("{HELD}");
    // Until whoever started this kills it, or is gone itself.
    input.read_line(&mut String::new())?;
    drop(store);
    Ok(())
}
