//! Commands on the pages: they name packages and subcommands that there are.

use cargo_metadata::Metadata;
use std::collections::BTreeSet;

use clap::Parser;

use super::{Book, Page};
use crate::cli::Cli;
use crate::fault::{Fault, Faults};
use crate::markdown::blocks;

/// Checks the commands in `sh` and `console` blocks.
pub(super) fn check(book: &Book<'_>, metadata: &Metadata, faults: &mut Faults) {
    // Chapters count even if nobody has derived them here yet.
    let chapters = book.workspace.chapters().iter();
    let members = metadata.workspace_packages().into_iter();
    let packages: BTreeSet<String> = members
        .map(|package| package.name.to_string())
        .chain(chapters.map(|chapter| chapter.package.clone()))
        .collect();
    let packages: Vec<String> = packages.into_iter().collect();
    for page in &book.pages {
        for (line, command) in commands(page) {
            if let Err(what) = check_command(&command, &packages) {
                faults.0.push(Fault::at(&page.path, line, what));
            }
        }
    }
}

/// The commands of a page with their lines.
fn commands(page: &Page) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for block in blocks(&page.text) {
        let language = block.info.split(',').next().unwrap_or_default().trim();
        for (line, text) in (block.text_line..).zip(block.text.lines()) {
            let command = match (language, text.strip_prefix("$ ")) {
                ("console" | "sh", Some(command)) => command,
                ("sh", None) => text,
                _ => continue,
            };
            found.push((line, command.trim().to_owned()));
        }
    }
    found
}

/// The words of a command, without comments and variables before it.
pub(super) fn words(command: &str) -> Option<Vec<String>> {
    let words = shlex::split(command)?;
    let is_variable = |word: &&String| {
        let name = word.split_once('=').map_or("", |(name, _)| name);
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    };
    let variables = words.iter().take_while(is_variable).count();
    Some(words[variables..].to_vec())
}

fn check_command(command: &str, packages: &[String]) -> Result<(), String> {
    let Some(words) = words(command) else {
        return Err(format!("`{command}` has a quote that does not close."));
    };
    if words.first().is_none_or(|word| word != "cargo") {
        return Ok(());
    }
    let (cargo, program) = match words.iter().position(|word| word == "--") {
        Some(at) => (&words[..at], Some(&words[at + 1..])),
        None => (&words[..], None),
    };
    for (i, word) in cargo.iter().enumerate() {
        let package = match word.as_str() {
            "-p" | "--package" => cargo.get(i + 1).map(String::as_str),
            word => word.strip_prefix("--package="),
        };
        if package.is_some_and(|p| !packages.iter().any(|there| there == p)) {
            return Err(format!(
                "`{command}` names no package of this workspace; there are {}.",
                packages.join(", ")
            ));
        }
    }
    let runs_workbook = cargo
        .get(1)
        .is_some_and(|word| word == "run" || word == "r")
        && !cargo
            .iter()
            .any(|word| word.starts_with("-p") || word.starts_with("--"));
    match program {
        Some(arguments) if runs_workbook => {
            let line = ["workbook"]
                .into_iter()
                .chain(arguments.iter().map(String::as_str));
            Cli::try_parse_from(line).map(|_| ()).or_else(|error| {
                use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
                if matches!(error.kind(), DisplayHelp | DisplayVersion) {
                    return Ok(());
                }
                let why = error.to_string();
                let why = why.lines().next().unwrap_or_default();
                Err(format!("`{command}` is not understood: {why}."))
            })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_what_there_is() {
        let packages = ["memory".to_owned()];
        for right in [
            "cargo run",
            "cargo run -- check 1.2",
            "cargo run -- hint 1.2 --rung 3",
            "cargo run -- --help",
            "cargo test -p memory ex_1_2",
            "STRATA=1 cargo test --package=memory",
            "git status",
        ] {
            assert_eq!(check_command(right, &packages), Ok(()), "{right}");
        }
        for (wrong, says) in [
            ("cargo test -p memroy", "there are memory"),
            ("cargo run -- chekc 1.2", "chekc"),
            ("cargo run -- hint 1.2 --rung 4", "rung"),
            ("cargo run -- 'check", "does not close"),
        ] {
            let Err(words) = check_command(wrong, &packages) else {
                panic!("{wrong} passed");
            };
            assert!(words.contains(says), "{words}");
        }
    }
}
