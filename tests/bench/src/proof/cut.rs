//! The power, cut for a store that opens its files itself.
//!
//! Its process runs under `strace`. From what that writes down is worked out
//! which files are left when nothing survives but what was synced, and there
//! the store is opened.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::image::Image;
use super::trace::{self, Call, Event};
use super::{HELD, refuted, tried_on};
use crate::class::Class;
use crate::contender::Contender;
use crate::program::{ANSWERED, Program};
use crate::report::Proof;

/// After how many of the answers the power is cut, besides the last.
const CUTS: u64 = 12;

/// Loads, closes, overwrites under `strace`, and looks at what the power cuts
/// leave: right after answers, or, where it is to be `synced`, right after a
/// sync. What cannot be tried so is [`Proof::Untried`].
///
/// # Errors
///
/// Fails where the store does not do what it is asked.
pub fn survives_traced_cuts(
    contender: &Contender,
    class: Class,
    program: &Program,
    directory: &Path,
    synced: bool,
) -> Result<Proof> {
    // As the calls will spell it.
    let directory = fs::canonicalize(directory)?;
    let (store, trace) = (directory.join("store"), directory.join("trace"));
    fs::create_dir(&store)?;
    let loaded = program.trial(&tried_on(contender, "load-random", class, &store, 0))?;
    if let Some(broken) = refuted(loaded, "after a close") {
        return Ok(broken);
    }
    let before = Image::of(&store)?;
    let plan = tried_on(contender, "reopen-killed", class, &store, HELD);
    let held = program.hold_traced(&plan, synced, trace::CALLS, &trace);
    if let Some(refused) = held.context("overwriting under `strace`")? {
        return Ok(Proof::Untried(format!(
            "it opens its files itself, and they cannot be traced: {refused}"
        )));
    }
    let cuts = match cut(before, &trace, &directory) {
        Ok(cuts) => cuts,
        Err(error) => {
            return Ok(Proof::Untried(format!(
                "it opens its files itself, and they cannot be followed: {error:#}"
            )));
        }
    };
    for (answers, left) in &cuts {
        let plan = tried_on(contender, "reopen-killed", class, left, *answers);
        let after = if synced { "the sync after " } else { "" };
        let when = format!("after the power was cut right after {after}answer {answers}");
        if let Some(broken) = refuted(program.trial(&plan)?, &when) {
            return Ok(broken);
        }
    }
    let after = match synced {
        true => "its sync".into(),
        false => format!("{} of {HELD} answers", cuts.len()),
    };
    Ok(Proof::Holds(format!(
        "the power was cut, by its trace, right after {after}: all is there"
    )))
}

/// What is left by each of the power cuts: after how many answers, and where.
fn cut(mut image: Image, trace: &Path, directory: &Path) -> Result<Vec<(u64, PathBuf)>> {
    let mut cuts = Vec::new();
    let text = fs::read_to_string(trace).context("reading the trace")?;
    for event in trace::parse(&text)? {
        image.follow(&event)?;
        if let Event::Ends(call) = &event
            && let Some(answers) = answered(call)
            && (answers == HELD || answers % (HELD / CUTS) == 0)
        {
            let left = directory.join(format!("after-{answers}"));
            image.leave(&left)?;
            cuts.push((answers, left));
        }
    }
    anyhow::ensure!(
        cuts.last().is_some_and(|(answers, _)| *answers == HELD),
        "the trace ends before the last answer"
    );
    Ok(cuts)
}

/// How many answers there were, where the call says so.
fn answered(call: &Call) -> Option<u64> {
    let data = call.arguments.get(1).filter(|_| call.name == "write")?;
    let said = String::from_utf8(trace::bytes(data).ok()?).ok()?;
    said.strip_prefix(ANSWERED)?.trim_end().parse().ok()
}
