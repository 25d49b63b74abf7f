//! Lines that fit a terminal, and commands that its shell takes.

use std::fmt::Write as _;

use crate::script::Script;

/// How wide a terminal is, at least.
const COLUMNS: usize = 80;

/// The most operations of a script that are listed.
const LISTED_MAX: usize = 16;

/// `text` in lines that fit behind `indent` spaces, which each of them gets.
/// Words that are longer than a line stay whole.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let columns = indent + line.chars().count() + 1 + word.chars().count();
            if !line.is_empty() && columns > COLUMNS {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    let indented = lines.iter().map(|line| format!("{:indent$}{line}", ""));
    indented.collect::<Vec<_>>().join("\n")
}

/// The operations of a script, one to a line, with a mark at `step`. Of many,
/// those around the mark.
pub(super) fn listing(script: &Script, step: Option<usize>) -> String {
    let mut text = String::new();
    if let Some(durability) = script.durability {
        let durability = format!("{durability:?}").to_lowercase();
        writeln!(text, "       durability {durability}").expect("a string takes everything");
    }
    let last = step.map_or(script.ops.len(), |step| step + 1);
    let first = last.saturating_sub(LISTED_MAX);
    if first > 0 {
        writeln!(text, "       … {first} operations").expect("a string takes everything");
    }
    for (number, op) in script.ops.iter().enumerate().take(last).skip(first) {
        let mark = if Some(number) == step { '>' } else { ' ' };
        let op = shortened(&op.to_string(), COLUMNS - 10);
        writeln!(text, "  {mark} {:>2}  {op}", number + 1).expect("a string takes everything");
    }
    text
}

fn shortened(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    text.chars().take(columns).chain(['…']).collect()
}

/// A script's text in lines that fit, broken between operations, where a
/// script may be.
pub(super) fn folded(script: &str) -> String {
    // The first line shares its own with the variable's name.
    let mut columns = "    STRATA_SCRIPT='".len();
    let mut text = String::new();
    for op in script.split_inclusive("; ") {
        if columns + op.len() > COLUMNS - 2 && !text.is_empty() {
            let trimmed = text.trim_end().len();
            text.truncate(trimmed);
            text.push_str("\n      ");
            columns = 6;
        }
        text.push_str(op);
        columns += op.len();
    }
    text
}

/// Who reads commands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shell {
    Posix,
    PowerShell,
}

impl Shell {
    /// The one that people use here.
    pub(super) const HERE: Shell = if cfg!(windows) {
        Shell::PowerShell
    } else {
        Shell::Posix
    };

    /// The lines that run `command` with `variables` set. No value holds a
    /// quote: scripts spell it `\x27`.
    pub(super) fn command(self, variables: &[(String, String)], command: &str) -> String {
        let mut text = String::new();
        for (name, value) in variables {
            let line = match self {
                Shell::Posix => format!("    {name}='{value}' \\\n"),
                Shell::PowerShell => format!("    $env:{name}='{value}'\n"),
            };
            text.push_str(&line);
        }
        text.push_str("    ");
        text.push_str(command);
        text.push('\n');
        if matches!(self, Shell::PowerShell) {
            for (name, _) in variables {
                text.push_str("    Remove-Item Env:");
                text.push_str(name);
                text.push('\n');
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_between_words_within_eighty_columns() {
        let text = "word ".repeat(40);
        let wrapped = wrapped(text.trim(), 14);
        assert!(wrapped.lines().count() > 1);
        for line in wrapped.lines() {
            assert!(line.starts_with("              word"));
            assert!(line.len() <= COLUMNS, "{line}");
        }
    }

    #[test]
    fn a_folded_script_is_the_same_script() {
        let ops = "put a x*100; write [put b 1, delete c]; cursor ..; next; ".repeat(9);
        let script = Script::of(&ops);
        let folded = folded(&script.to_string());
        assert!(folded.lines().count() > 3);
        assert!(folded.lines().all(|line| line.len() <= COLUMNS));
        assert_eq!(Script::of(&folded), script);
    }

    #[test]
    fn each_shell_gets_its_own_command() {
        let variables = [("STRATA_SCRIPT".to_owned(), "get a".to_owned())];
        let command = |shell: Shell| shell.command(&variables, "cargo test -p memory ex_1_1");
        let both = [Shell::Posix, Shell::PowerShell].map(command);
        insta::assert_snapshot!(both.join("\n"), @r#"
    STRATA_SCRIPT='get a' \
    cargo test -p memory ex_1_1

    $env:STRATA_SCRIPT='get a'
    cargo test -p memory ex_1_1
    Remove-Item Env:STRATA_SCRIPT
    "#);
    }
}
