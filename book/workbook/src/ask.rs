//! A question to the person at the terminal, answered by yes or no.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, Result, bail};

use crate::fault::indented;

/// Asks, and answers whether the answer was yes. Whoever said `--yes` has been
/// asked already.
///
/// # Errors
///
/// Fails, and says what to add, where there is nobody to ask.
pub fn yes(question: &str, assumed: bool) -> Result<bool> {
    if assumed {
        return Ok(true);
    }
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        bail!(
            "there is no terminal to ask at, and this is the question:\n{question}\n\
             To answer yes, run the command again with --yes."
        );
    }
    let mut stderr = anstream::stderr();
    write!(stderr, "{} [y/N] ", indented(question, 0)).context("cannot ask")?;
    stderr.flush().context("cannot ask")?;
    let mut answer = String::new();
    stdin
        .lock()
        .read_line(&mut answer)
        .context("cannot read the answer")?;
    Ok(is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        assert!(is_yes("y\n") && is_yes(" Yes\r\n"));
        assert!(!is_yes("\n") && !is_yes("yeah") && !is_yes("n"));
    }
}
