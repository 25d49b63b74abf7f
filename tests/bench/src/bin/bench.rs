//! The bench: `cargo run -- bench`, or without the workbook
//! `cargo run --release -p bench --bin bench`.

use std::process::ExitCode;

use bench::{cli, program};

fn main() -> ExitCode {
    let done = match std::env::args().nth(1) {
        Some(task) if program::is_task(&task) => program::be_started(&task).map(|()| true),
        _ => cli::run(),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
