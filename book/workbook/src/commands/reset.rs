//! `reset`: a chapter, or one exercise, as it came.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::{counted, desk, no_such};
use crate::desk::Desk;
use crate::exercise::{ExerciseId, Scope};
use crate::fault::{indented, slashes};
use crate::keep::{self, Copy};
use crate::shipped::{self, Files, bodies, with_bodies};
use crate::{ask, files, mirror, report};

/// What to reset.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A chapter, as in 1, or an exercise, as in 1.2.
    #[arg(value_name = "CH|CH.EX")]
    pub scope: Scope,

    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// Takes a chapter or an exercise back to how it came, after keeping a copy.
///
/// # Errors
///
/// Fails if there is no such exercise, if there is nobody to ask, or if a file
/// cannot be copied or written.
pub fn run(args: &Args) -> Result<ExitCode> {
    let desk = desk()?;
    let (progress, _) = desk.known();
    let (number, name) = match args.scope {
        Scope::All => bail!("say what to reset: a chapter, as in 1, or an exercise, as in 1.2"),
        Scope::Chapter(number) => (number, format!("chapter {number}")),
        Scope::Exercise(id) => (id.chapter, format!("exercise {id}")),
    };
    let known = match args.scope {
        Scope::Exercise(id) => progress.exercise(&id.to_string()).is_some(),
        _ => progress.chapter(number).is_some(),
    };
    if !known {
        bail!("{}", no_such(&progress, args.scope));
    }
    let plan = match args.scope {
        Scope::Exercise(id) => of_exercise(&desk, id)?,
        _ => of_chapter(&desk, number)?,
    };
    if plan.is_empty() {
        report::say(&format!("Nothing to do: {name} is as it came.\n"));
        return Ok(ExitCode::SUCCESS);
    }
    if !ask::yes(&plan.question(&name), args.yes)? {
        report::say("Nothing was changed.\n");
        return Ok(ExitCode::SUCCESS);
    }
    let root = desk.workspace().root();
    let label = name.split(' ').next_back().unwrap_or("all");
    let copy = plan.carry_out(root, &format!("reset-{label}"))?;
    mirror::take(desk.workspace(), desk.workspace().chapter(number)?)?;
    report::say(&format!("{} is as it came.\n", capital(&name)));
    report::say(&told(&copy));
    Ok(ExitCode::SUCCESS)
}

/// What a reset changes.
#[derive(Debug, Default)]
struct Plan {
    written: Files,
    removed: Vec<PathBuf>,
    /// How many functions of exercises lose their bodies.
    functions: usize,
}

impl Plan {
    fn is_empty(&self) -> bool {
        self.written.is_empty() && self.removed.is_empty()
    }

    fn question(&self, name: &str) -> String {
        let count = self.written.len() + self.removed.len();
        format!(
            "Reset {name} to how it came? This changes {} with {} that you \
             wrote. A copy is kept.",
            counted(count, "file"),
            counted(self.functions, "function")
        )
    }

    fn carry_out(&self, root: &Path, label: &str) -> Result<Copy> {
        let written = self.written.keys();
        let changed: Vec<PathBuf> = written.chain(&self.removed).cloned().collect();
        let copy = keep::keep(root, label, &changed)?;
        for (path, bytes) in &self.written {
            files::write_if_changed(&root.join(path), bytes)?;
        }
        for path in &self.removed {
            files::remove(root, path)?;
        }
        Ok(copy)
    }
}

fn of_chapter(desk: &Desk, number: u32) -> Result<Plan> {
    let workspace = desk.workspace();
    let chapter = workspace.chapter(number)?;
    let yours = shipped::yours(workspace.root(), chapter)?;
    let mut plan = Plan::default();
    let shipped = shipped::chapter(workspace, chapter)?;
    let added = yours.keys().filter(|path| !shipped.contains_key(*path));
    plan.removed = added.cloned().collect();
    for (path, bytes) in shipped {
        if yours
            .get(&path)
            .is_some_and(|yours| shipped::same(yours, &bytes))
        {
            continue;
        }
        let text = yours.get(&path).map(|bytes| String::from_utf8_lossy(bytes));
        let written = text.map_or(0, |text| {
            bodies(&text).iter().filter(|b| !b.unwritten).count()
        });
        plan.functions += written;
        plan.written.insert(path, bytes);
    }
    Ok(plan)
}

/// The bodies of one exercise are put back; everything else stays.
fn of_exercise(desk: &Desk, id: ExerciseId) -> Result<Plan> {
    let workspace = desk.workspace();
    let chapter = workspace.chapter(id.chapter)?;
    let mut plan = Plan::default();
    for (path, bytes) in shipped::chapter(workspace, chapter)? {
        let shipped = bodies(&String::from_utf8_lossy(&bytes));
        let of_id: Vec<_> = shipped.into_iter().filter(|body| body.id == id).collect();
        if of_id.is_empty() {
            continue;
        }
        let cannot = |why: &str| {
            anyhow::anyhow!(
                "{}: {why}, so exercise {id} cannot be reset alone. To reset all \
                 of the chapter:\n  cargo run -- reset {}",
                slashes(&path),
                id.chapter
            )
        };
        let Ok(text) = fs::read_to_string(workspace.root().join(&path)) else {
            return Err(cannot("this file is gone"));
        };
        let there = bodies(&text);
        let find = |function: &str| there.iter().find(|b| b.id == id && b.function == function);
        for body in &of_id {
            let Some(yours) = find(&body.function) else {
                let why = match there.is_empty() {
                    true => "this does not parse".to_owned(),
                    false => format!("there is no `{}` any more", body.function),
                };
                return Err(cannot(&why));
            };
            plan.functions += usize::from(!yours.unwritten);
        }
        let new = with_bodies(&text, |yours| {
            let shipped = of_id
                .iter()
                .find(|b| b.function == yours.function && yours.id == id);
            shipped.map(|shipped| shipped.text.clone())
        });
        if let Some(new) = new.filter(|new| !shipped::same(new.as_bytes(), text.as_bytes())) {
            plan.written.insert(path, new.into_bytes());
        }
    }
    Ok(plan)
}

/// Where the copy is, and how to get it back.
pub(super) fn told(copy: &Copy) -> String {
    let text = format!(
        "As it was before: {}\nTo get it back (whole files, as they were then):\n  cargo run -- restore {}",
        slashes(&copy.folder()),
        copy.name
    );
    indented(&text, 0) + "\n"
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
