//! `update`: a new edition of the chapters, with what the reader wrote.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::{desk, reset};
use crate::desk::Desk;
use crate::edition::{self, Plan};
use crate::fault::{indented, slashes};
use crate::keep::Copy;
use crate::shipped::{self, Files};
use crate::workspace::Workspace;
use crate::{mirror, paint, report};

/// Where the work is.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder of an older workbook, to bring over what you wrote there.
    #[arg(long, value_name = "FOLDER")]
    pub from: Option<PathBuf>,
}

/// Brings chapters/ up to date and keeps what the reader wrote.
///
/// # Errors
///
/// Fails if a chapter cannot be read, or if a file cannot be copied or
/// written.
pub fn run(args: &Args) -> Result<ExitCode> {
    let desk = desk()?;
    let workspace = desk.workspace();
    let plan = match &args.from {
        None => here(workspace)?,
        Some(from) => over(workspace, from)?,
    };
    let copy = plan.carry_out(workspace.root())?;
    remember(&desk)?;
    report::say(&told(&plan, copy.as_ref()));
    Ok(ExitCode::SUCCESS)
}

/// What a new edition changes in this workspace.
fn here(workspace: &Workspace) -> Result<Plan> {
    let mut plan = Plan::default();
    for chapter in workspace.written() {
        plan.extend(edition::plan(workspace, chapter)?);
    }
    Ok(plan)
}

/// What the reader wrote in another workspace, merged with the chapters here.
fn over(workspace: &Workspace, from: &Path) -> Result<Plan> {
    if !from.is_dir() {
        bail!("there is no folder {}", from.display());
    }
    let real = |path: &Path| path.canonicalize().ok();
    if real(from) == real(workspace.root()) {
        bail!(
            "{} is this workbook itself: name the folder of the older one",
            from.display()
        );
    }
    let other = Workspace::at(from)
        .with_context(|| format!("{} is not the folder of a workbook", from.display()))?;
    let mut plan = Plan::default();
    for chapter in workspace.written() {
        let new = shipped::chapter(workspace, chapter)?;
        let here = shipped::yours(workspace.root(), chapter)?;
        let Some(old) = other.written().find(|c| c.folder == chapter.folder) else {
            continue;
        };
        let base = match edition::base(other.root(), old)? {
            Some(base) => base,
            None => shipped::chapter(&other, old)?,
        };
        let yours = shipped::yours(other.root(), old)?;
        if differ(&here, &new) {
            bail!(
                "{} holds work already. Bringing over chapter {} would mix the \
                 two; to begin from how it came:\n  cargo run -- reset {}",
                slashes(&chapter.dir()),
                chapter.number,
                chapter.number
            );
        }
        plan.extend(brought(&base, &yours, &new));
    }
    Ok(plan)
}

fn differ(here: &Files, new: &Files) -> bool {
    new.iter()
        .any(|(path, new)| here.get(path).is_none_or(|here| !shipped::same(here, new)))
}

/// The plan whose files are written where the new edition stands already.
fn brought(base: &Files, yours: &Files, new: &Files) -> Plan {
    let mut plan = Plan::of(base, yours, new);
    plan.renewed.clear();
    plan.returned.clear();
    plan.recovered.clear();
    plan.removed.clear();
    // Here the reader's file is the one to be laid in the chapter; what they
    // added themselves comes along.
    for kept in &plan.kept {
        if let Some(yours) = yours.get(&kept.path) {
            plan.merged.insert(kept.path.clone(), yours.clone());
        }
    }
    for (path, bytes) in yours {
        let is_own = !base.contains_key(path) && !new.contains_key(path);
        let edited = base
            .get(path)
            .is_some_and(|base| !shipped::same(base, bytes));
        let same_edition = base.get(path) == new.get(path);
        if is_own || edited && same_edition {
            plan.merged.insert(path.clone(), bytes.clone());
        }
    }
    plan
}

fn remember(desk: &Desk) -> Result<()> {
    for chapter in desk.workspace().written() {
        edition::remember(desk.workspace(), chapter)?;
        mirror::take(desk.workspace(), chapter)?;
    }
    Ok(())
}

fn told(plan: &Plan, copy: Option<&Copy>) -> String {
    if plan.is_empty() {
        return "Nothing to do: chapters/ is up to date, with what you wrote in it.\n".to_owned();
    }
    let mut out = String::new();
    let mut list = |heading: &str, paths: Vec<&PathBuf>| {
        if !paths.is_empty() {
            let _ = writeln!(out, "{}", paint::heading(heading));
        }
        for path in paths {
            let _ = writeln!(out, "  {}", slashes(path));
        }
    };
    let is_kept = |path: &PathBuf| plan.kept.iter().any(|kept| kept.path == *path);
    list("Brought up to date:", plan.renewed.keys().collect());
    list("Brought back:", plan.returned.keys().collect());
    list(
        "Brought back, with what you wrote:",
        plan.recovered.keys().collect(),
    );
    let merged = plan.merged.keys().filter(|path| !is_kept(path));
    list("With what you wrote:", merged.collect());
    list(
        "No longer part of the chapter:",
        plan.removed.iter().collect(),
    );
    if !plan.kept.is_empty() {
        let _ = writeln!(out, "{}", paint::heading("Left as you have it:"));
    }
    for kept in &plan.kept {
        let _ = writeln!(out, "  {}", slashes(&kept.path));
        let mut why = kept.why.clone();
        if kept.new.is_some() {
            let _ = write!(why, " The new text is in {}.", slashes(&kept.beside()));
        }
        let _ = writeln!(out, "{}", indented(&why, 4));
    }
    if let Some(copy) = copy {
        out.push_str(&reset::told(copy));
    }
    out
}
