//! The program behind `cargo run`.

use std::process::ExitCode;

use workbook::cli::{self, Cli};
use workbook::{fault, paint, report};

fn main() -> ExitCode {
    match cli::run(Cli::at_the_terminal()) {
        Ok(_) if report::is_cut_off() => ExitCode::FAILURE,
        Ok(code) => code,
        Err(error) => {
            let message = fault::indented(&format!("error: {error:#}"), 0);
            let message = message.replacen("error:", &paint::bad("error:"), 1);
            anstream::eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
