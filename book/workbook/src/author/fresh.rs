//! `author derive --check`, the *fresh* gate: what stands in `chapters/` is
//! what deriving gives, and that compiles without a warning.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::Result;

use super::{
    derive::{Plan, read_all},
    solution::Solution,
    tree::Desk,
};
use crate::{
    fault::{Fault, Faults},
    paint,
    runner::{self, Level},
    workspace::Workspace,
};

/// What brings `chapters/` up to date.
const DERIVE: &str = "Run `cargo run -- author derive`.";

/// Compares every chapter with what its solution derives to, and compiles the
/// derived text, tests included, in a copy.
///
/// # Errors
///
/// Fails with all [`Faults`] together: rules broken by a solution, files that
/// differ, and whatever the compiler says.
pub fn check(workspace: &Workspace) -> Result<()> {
    let solutions = read_all(workspace)?;
    let mut faults = Faults::default();
    for solution in &solutions {
        compare(workspace, solution, &mut faults)?;
    }
    compile(workspace, &solutions, &mut faults)?;
    faults.into_result()?;
    Ok(())
}

fn compare(workspace: &Workspace, solution: &Solution, faults: &mut Faults) -> Result<()> {
    let plan = Plan::new(workspace, solution)?;
    for path in &plan.stale {
        let what = format!("No solution has this file any more. {DERIVE}");
        faults.0.push(Fault::of(path, what));
    }
    for path in &plan.changed {
        let bytes = path.strip_prefix(&plan.dir).ok();
        let Some(derived) = bytes.and_then(|path| plan.derived.get(path)) else {
            continue;
        };
        faults.0.push(difference(workspace.root(), path, derived));
    }
    Ok(())
}

/// Says where a file first differs from what it derives to.
fn difference(root: &Path, path: &Path, derived: &[u8]) -> Fault {
    let Ok(there) = fs::read(root.join(path)) else {
        return Fault::of(path, format!("This file is missing. {DERIVE}"));
    };
    let (Ok(there), Ok(derived)) = (str::from_utf8(&there), str::from_utf8(derived)) else {
        return Fault::of(path, format!("This file is stale. {DERIVE}"));
    };
    let mut lines = [there, derived].map(|text| text.split_inclusive('\n'));
    let mut number = 1;
    loop {
        let [here, derived] = lines.each_mut().map(Iterator::next);
        if here != derived {
            let shown = |line: Option<&str>| match line {
                Some(line) => format!("`{}`", line.escape_debug()),
                None => "the end of the file".to_owned(),
            };
            let what = format!(
                "This is not what its solution derives to.\n    \
                 here:    {}\n    derived: {}\n{DERIVE} Edits belong in solutions/.",
                shown(here),
                shown(derived)
            );
            return Fault::at(path, number, what);
        }
        number += 1;
    }
}

fn compile(workspace: &Workspace, solutions: &[Solution], faults: &mut Faults) -> Result<()> {
    if solutions.is_empty() {
        return Ok(());
    }
    let tree = Desk::open(workspace)?.lay_out(workspace, solutions)?;
    let packages: BTreeSet<&str> = solutions
        .iter()
        .map(|solution| solution.chapter.package.as_str())
        .collect();
    let mut cargo = tree.cargo();
    cargo.args(["check", "--all-targets", "--keep-going"]);
    for package in &packages {
        cargo.args(["--package", package]);
    }
    for diagnostic in runner::compile(cargo)?.diagnostics {
        let ours = packages.contains(diagnostic.package.as_str());
        if !ours && diagnostic.level == Level::Warning {
            continue;
        }
        let says = match diagnostic.level {
            Level::Warning => "The derived text makes the compiler warn",
            Level::Error => "The derived text does not compile",
        };
        let what = format!(
            "{says}: {}. Change the solution so that it compiles with and \
             without its bodies.\n{}",
            diagnostic.message,
            quoted(&paint::plain(&diagnostic.rendered))
        );
        faults.0.push(match diagnostic.file {
            Some(file) => Fault::at(file, diagnostic.line, what),
            None => Fault::of(diagnostic.package, what),
        });
    }
    Ok(())
}

/// Indented, so that it is shown as it is.
fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
