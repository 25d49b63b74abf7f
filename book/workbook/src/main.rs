//! The program behind `cargo run`.

use std::process::ExitCode;

use clap::Parser;
use workbook::cli::Cli;

fn main() -> ExitCode {
    match workbook::cli::run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            let message = format!("error: {error:#}");
            eprintln!("{}", workbook::fault::indented(&message, 0));
            ExitCode::FAILURE
        }
    }
}
