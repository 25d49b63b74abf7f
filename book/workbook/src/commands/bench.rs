//! `bench`: engines side by side, measured by a program of their own.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::Value;
use toml_edit::DocumentMut;

use crate::interrupt;
use crate::runner::cargo;
use crate::workspace::{Workspace, read_manifest};

/// What the bench is told. (The [`menu`] says what it understands.)
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// Arguments of the bench; `--help` lists them.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENTS"
    )]
    pub arguments: Vec<OsString>,
}

/// The package of the bench, whose features are the names of the engines that
/// are not built in.
const PACKAGE: &str = "bench";

/// Compiles the bench for speed, with the engines that are asked for by name
/// in it, and runs it. What the menu says it says without the bench.
///
/// # Errors
///
/// Fails where the bench cannot be started. What it says of itself, and its
/// status, are handed on.
pub fn run(args: &Args) -> Result<ExitCode> {
    let words =
        std::iter::once(OsStr::new(PACKAGE)).chain(args.arguments.iter().map(AsRef::as_ref));
    let asked = match menu::Arguments::try_parse_from(words) {
        Ok(asked) => asked,
        // The help, too, is an error to clap.
        Err(other) => {
            other.print().context("cannot print")?;
            let code = u8::try_from(other.exit_code()).ok();
            return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
        }
    };
    asked.check()?;
    let here = std::env::current_dir().context("cannot tell the current folder")?;
    let workspace = Workspace::find(&here)?;
    let manifest = read_manifest(&workspace.root().join("tests/bench/Cargo.toml"))?;
    if asked.list {
        let features = known_features(&manifest);
        let is_built_in = |name: &str| !features.contains(&name) && !name.starts_with("mine-");
        write!(io::stdout().lock(), "{}", menu::list::list(is_built_in))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut words = args.arguments.clone();
    if let Some(report) = &asked.resume {
        words.extend(engines_of(report)?.into_iter().map(OsString::from));
    }
    let features = features(&manifest, &words);
    // From here, so that folders in the arguments are the reader's.
    let mut bench = cargo(&here, None);
    bench.args(["run", "--release", "--package", PACKAGE, "--bin", PACKAGE]);
    bench
        .arg("--manifest-path")
        .arg(workspace.root().join("Cargo.toml"));
    if !features.is_empty() {
        bench.arg("--features").arg(features.join(","));
    }
    hand_over(bench.arg("--").args(&args.arguments))
}

/// Runs the command and ends as it ends. Ctrl-C is its to answer.
fn hand_over(command: &mut Command) -> Result<ExitCode> {
    interrupt::each(|| {});
    let status = command.status().context("cannot start cargo")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The features of the bench that the arguments need: each that is named as
/// the engine that it brings, and `mine` for the reader's own.
fn features(manifest: &DocumentMut, arguments: &[OsString]) -> Vec<String> {
    let known = known_features(manifest);
    let words = arguments.iter().filter_map(|argument| argument.to_str());
    let words = words.flat_map(|argument| argument.split([',', '=']));
    let mut features: Vec<String> = words
        .map(|word| match word {
            "--peers" => "peers",
            _ if word.starts_with("mine-") => "mine",
            _ => word,
        })
        .filter(|word| known.contains(word))
        .map(str::to_string)
        .collect();
    features.sort();
    features.dedup();
    features
}

/// The engines of a run that is to be resumed: they are named by its report.
fn engines_of(report: &Path) -> Result<Vec<String>> {
    let name = report.display();
    let json = fs::read_to_string(report).with_context(|| format!("`{name}` cannot be read"))?;
    let json: Value = serde_json::from_str(&json)
        .with_context(|| format!("`{name}` is no report of the bench"))?;
    let contenders = json["contenders"].as_array().into_iter().flatten();
    let names = contenders.filter_map(|contender| contender["name"].as_str());
    Ok(names.map(str::to_owned).collect())
}

/// The features that the bench has.
fn known_features(manifest: &DocumentMut) -> Vec<&str> {
    let table = manifest
        .get("features")
        .and_then(|table| table.as_table_like());
    table
        .into_iter()
        .flat_map(|table| table.iter().map(|(name, _)| name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_its_engines() {
        let directory = tempfile::tempdir().expect("there is room for a file");
        let report = directory.path().join("report.json");
        let json = r#"{"format": 1, "contenders": [{"name": "mine-map"}, {"name": "lmdb"}]}"#;
        fs::write(&report, json).expect("the directory is there");
        let engines = engines_of(&report).expect("it is a report");
        assert_eq!(engines, ["mine-map", "lmdb"]);
        let missing = engines_of(Path::new("nowhere.json")).expect_err("it is not there");
        assert!(missing.to_string().contains("nowhere.json"), "{missing}");
    }

    #[test]
    fn engines_that_are_not_built_in_are_features() {
        let manifest = "[features]\nmine = []\npeers = []\nlmdb = []\nredb = []\n";
        let manifest: DocumentMut = manifest.parse().expect("the manifest is sound");
        let features = |arguments: &str| {
            let arguments: Vec<_> = arguments.split(' ').map(OsString::from).collect();
            super::features(&manifest, &arguments).join(" ")
        };
        assert_eq!(features("--quick"), "");
        assert_eq!(
            features("--engines memory,mine-memory,lmdb --quick"),
            "lmdb mine"
        );
        assert_eq!(features("--engines=redb,lmdb,redb"), "lmdb redb");
        assert_eq!(features("--quick --peers"), "peers");
        assert_eq!(features("--engines rocks"), "");
    }
}
