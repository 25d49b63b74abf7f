//! A linker that fails: hardly ever because of what the reader wrote.
//!
//! A build that was killed can leave artifacts that do not fit together. The
//! compiler takes them for good, and the linker misses symbols, at each build
//! anew, until somebody takes them away.

use std::fmt;
use std::path::Path;
use std::process::Stdio;

use super::build::{BuildOptions, Diagnostic, Level, cargo};
use crate::paint;

/// How many of the linker's lines are shown.
const LINES_SHOWN: usize = 5;

/// How long one of them may be, in characters.
const LINE_SHOWN: usize = 300;

/// The linker failed, also after a build from scratch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlinked {
    /// What it said last.
    pub words: String,
}

impl fmt::Display for Unlinked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Unlinked {}

/// What the linker says, if nothing else stands in the way of a build.
pub(super) fn failure(diagnostics: &[Diagnostic]) -> Option<Unlinked> {
    let mut errors = diagnostics.iter().filter(|d| d.level == Level::Error);
    let all = |d: &Diagnostic| d.message.starts_with("linking with `");
    if diagnostics
        .iter()
        .any(|d| d.level == Level::Error && !all(d))
    {
        return None;
    }
    let words = last_words(&paint::plain(&errors.next()?.rendered));
    Some(Unlinked { words })
}

/// The last lines, without the command that was run: it fills pages.
fn last_words(rendered: &str) -> String {
    let is_command = |line: &str| line.trim_start().starts_with("= note:  \"");
    let lines = rendered.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<String> = lines
        .filter(|line| !is_command(line))
        .map(|line| line.chars().take(LINE_SHOWN).collect())
        .collect();
    lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n")
}

/// Takes a package's artifacts away; whether that went well, the next build
/// shows.
pub(super) fn clean(root: &Path, package: &str, options: &BuildOptions) {
    let _ = cargo(root, options.target_dir.as_deref())
        .args(["clean", "--quiet", "--package", package])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(message: &str, rendered: &str) -> Diagnostic {
        Diagnostic {
            level: Level::Error,
            package: "memory".to_owned(),
            file: None,
            line: 0,
            column: 0,
            message: message.to_owned(),
            rendered: rendered.to_owned(),
        }
    }

    #[test]
    fn a_linker_is_told_from_the_compiler() {
        let linking = error(
            "linking with `cc` failed: exit status: 1",
            "error: linking with `cc` failed\n  |\n  = note:  \"cc\" \"-m64\" …\n  \
             = note: rust-lld: error: undefined hidden symbol: anon.5c\n\n",
        );
        let found = failure(std::slice::from_ref(&linking)).expect("the linker's");
        assert!(found.words.ends_with("symbol: anon.5c"), "{found}");
        assert!(!found.words.contains("-m64"), "{found}");
        assert_eq!(failure(&[linking, error("mismatched types", "")]), None);
        assert_eq!(failure(&[]), None);
    }
}
