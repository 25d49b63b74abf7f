//! The program behind `cargo run`.

use std::process::ExitCode;

use clap::Parser;
use workbook::cli::Cli;

fn main() -> ExitCode {
    match workbook::cli::run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
