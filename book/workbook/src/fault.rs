//! Something wrong at a place in the book, and what to do about it.

use std::fmt;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// Columns that a message may fill at the terminal.
pub const WIDTH: usize = 80;

/// Columns for messages here and now: those of the terminal, but never more
/// than [`WIDTH`], and so many where there is no terminal.
pub fn width() -> usize {
    const NARROWEST: usize = 20;
    // Tests read what fills all of the width, wherever somebody runs them.
    let fixed = cfg!(test) || !(io::stdout().is_terminal() || io::stderr().is_terminal());
    match fixed {
        true => WIDTH,
        false => textwrap::termwidth().clamp(NARROWEST, WIDTH),
    }
}

/// One fault: where it stands, and a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, from the root of the repository.
    pub file: PathBuf,
    /// The line, counted from one, where there is one.
    pub line: Option<usize>,
    /// What is wrong and what to do; may span lines.
    pub what: String,
}

impl Fault {
    /// A fault at a line of a file.
    pub fn at(file: impl Into<PathBuf>, line: usize, what: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: Some(line),
            what: what.into(),
        }
    }

    /// A fault of a whole file.
    pub fn of(file: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: None,
            what: what.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", slashes(&self.file))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, "\n{}", indented(&self.what, 2))
    }
}

/// All the faults that one look at the book found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// `Ok` when there are none.
    ///
    /// # Errors
    ///
    /// The faults themselves, sorted by place, each once.
    pub fn into_result(mut self) -> Result<(), Self> {
        if self.0.is_empty() {
            return Ok(());
        }
        self.0.sort();
        self.0.dedup();
        Err(self)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// A path with forward slashes, as the book writes it on every platform.
pub fn slashes(path: &Path) -> String {
    path.components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
        .replace("//", "/")
}

/// Wraps prose to the terminal and indents it.
///
/// Lines that are indented already are shown as they are: they quote
/// something, and wrapping would change it.
pub fn indented(text: &str, indent: usize) -> String {
    indented_within(width(), text, indent)
}

/// The same for a terminal of that width.
pub fn indented_within(width: usize, text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let options = options(width, &margin).initial_indent(&margin);
    let mut out = String::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            out.push('\n');
        } else if line.starts_with(' ') {
            out.push_str(&margin);
            out.push_str(line.trim_end());
            out.push('\n');
        } else {
            out.push_str(&textwrap::fill(line, &options));
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Wraps one line of prose to the terminal; all but its beginning is indented.
pub fn hanging(line: &str, indent: usize) -> String {
    textwrap::fill(line, options(width(), &" ".repeat(indent)))
}

fn options(width: usize, margin: &str) -> textwrap::Options<'_> {
    textwrap::Options::new(width)
        .subsequent_indent(margin)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_wrapped_and_quotations_are_not() {
        let long = "word ".repeat(30);
        let text = format!("{long}\n    {long}\n");
        let shown = indented(&text, 2);
        let lines: Vec<_> = shown.lines().collect();
        assert!(lines[0].len() <= WIDTH);
        assert!(lines.last().is_some_and(|l| l.len() > WIDTH));
        assert!(lines.iter().all(|l| l.starts_with("  ")));
    }

    #[test]
    fn faults_come_sorted_and_once() {
        let faults = Faults(vec![
            Fault::at("b.md", 2, "x"),
            Fault::of("a.md", "y"),
            Fault::at("b.md", 2, "x"),
        ]);
        let shown = faults.into_result().map_err(|f| f.to_string());
        assert_eq!(shown, Err("a.md\n  y\n\nb.md:2\n  x".to_owned()));
    }
}
