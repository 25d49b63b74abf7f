//! `restore`: a copy that was kept, taken back.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::Result;

use super::{counted, desk, reset};
use crate::fault::slashes;
use crate::{keep, mirror, paint, report};

/// Which copy to take back.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The copy's name; all copies are listed if it is left out.
    #[arg(value_name = "COPY")]
    pub copy: Option<String>,
}

/// Takes a copy back, and keeps what it writes over; or lists the copies.
///
/// # Errors
///
/// Fails if there is no such copy, or if a file cannot be written.
pub fn run(args: &Args) -> Result<ExitCode> {
    let desk = desk()?;
    let root = desk.workspace().root();
    let Some(name) = &args.copy else {
        let copies = keep::list(root)?;
        let mut out = match copies.len() {
            0 => "No copies yet: `reset` and `update` make them.\n".to_owned(),
            _ => paint::heading("Copies, the oldest first:") + "\n",
        };
        for copy in copies {
            let _ = writeln!(
                out,
                "  {} ({})",
                copy.name,
                counted(copy.files.len(), "file")
            );
        }
        report::say(&out);
        return Ok(ExitCode::SUCCESS);
    };
    let (taken, before) = keep::restore(root, name)?;
    for chapter in desk.workspace().written() {
        mirror::take(desk.workspace(), chapter)?;
    }
    if taken.files.is_empty() {
        report::say("Nothing to do: everything is as it is in that copy.\n");
        return Ok(ExitCode::SUCCESS);
    }
    report::say("Taken back:\n");
    for path in &taken.files {
        report::say(&format!("  {}\n", slashes(path)));
    }
    if let Some(before) = before {
        report::say(&reset::told(&before));
    }
    Ok(ExitCode::SUCCESS)
}
