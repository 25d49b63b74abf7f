//! `restore`: a copy that was kept, taken back.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use jiff::{Timestamp, tz::TimeZone};

use super::{counted, desk, reset};
use crate::fault::{hanging, slashes};
use crate::keep::Restore;
use crate::{ask, keep, mirror, paint, report};

/// Which copy to take back.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The copy's name; all copies are listed if it is left out.
    #[arg(value_name = "COPY")]
    pub copy: Option<String>,

    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// Takes a copy back, and keeps what it writes over; or lists the copies.
///
/// # Errors
///
/// Fails if there is no such copy, if there is nobody to ask, or if a file
/// cannot be written.
pub fn run(args: &Args) -> Result<ExitCode> {
    let desk = desk()?;
    let root = desk.workspace().root();
    let Some(name) = &args.copy else {
        report::say(&listed(root)?);
        return Ok(ExitCode::SUCCESS);
    };
    let plan = keep::plan(root, name)?;
    if plan.changed.is_empty() {
        report::say("Nothing to do: everything is as it is in that copy.\n");
        return Ok(ExitCode::SUCCESS);
    }
    // Whatever only comes back takes nothing away.
    if !plan.over.is_empty() && !ask::yes(&question(&plan, root, name), args.yes)? {
        report::say("Nothing was changed.\n");
        return Ok(ExitCode::SUCCESS);
    }
    let before = plan.carry_out(root)?;
    for chapter in desk.workspace().written() {
        mirror::take(desk.workspace(), chapter)?;
    }
    report::say("Taken back:\n");
    for path in &plan.changed {
        report::say(&format!("  {}\n", slashes(path)));
    }
    if let Some(before) = before {
        report::say(&reset::told(&before));
    }
    Ok(ExitCode::SUCCESS)
}

fn question(plan: &Restore, root: &Path, name: &str) -> String {
    let files = counted(plan.over.len(), "whole file");
    let taken = match plan.taken_away(root).as_slice() {
        [] => "no function that you wrote is lost by it".to_owned(),
        gone => format!("what you have now is taken away: {}", gone.join(", ")),
    };
    format!("Take back {name}? This writes over {files}; {taken}. A copy is kept.")
}

fn listed(root: &Path) -> Result<String> {
    let copies = keep::list(root)?;
    if copies.is_empty() {
        return Ok("No copies yet: `reset` and `update` make them.\n".to_owned());
    }
    let wide = copies.iter().map(|copy| copy.name.len()).max().unwrap_or(0);
    let mut out = paint::heading("Copies, the oldest first:") + "\n";
    for copy in copies {
        let made = copy.made.and_then(|made| Timestamp::try_from(made).ok());
        let made = made.map(|made| made.to_zoned(TimeZone::system()));
        let made = made.map_or_else(String::new, |made| made.strftime("%F %R").to_string());
        let holds: Vec<String> = copy
            .exercises(root)
            .iter()
            .map(ToString::to_string)
            .collect();
        let holds = match holds.as_slice() {
            [] => counted(copy.files.len(), "file"),
            ids => format!("with {}", ids.join(", ")),
        };
        let line = format!("  {:wide$}  {made:16}  {holds}", copy.name);
        let _ = writeln!(out, "{}", hanging(&line, 4));
    }
    out.push_str("To take one back, whole files as they were then:\n");
    out.push_str("  cargo run -- restore COPY\n");
    Ok(out)
}
