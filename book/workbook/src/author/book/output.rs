//! What a command printed against what a page says it prints.
//!
//! | on the page | matches |
//! |---|---|
//! | `[..]` | anything within a line |
//! | a line `...` | any number of lines |
//! | anything else | itself |
//!
//! What cargo says of its own work is left out on both sides, since it depends
//! on what is compiled already; so is the number of blank lines.

use similar::{ChangeTag, TextDiff};

/// The words that cargo's own lines begin with, aligned to the right.
const CARGO_SAYS: [&str; 14] = [
    "Compiling",
    "Checking",
    "Building",
    "Finished",
    "Running",
    "Blocking",
    "Downloading",
    "Downloaded",
    "Updating",
    "Locking",
    "Adding",
    "Fresh",
    "Dirty",
    "Doc-tests",
];

/// The column at which cargo's words end.
const CARGO_COLUMN: usize = 12;

/// `Err` with a small diff if the output is not what the page says.
pub(super) fn compare(expected: &str, found: &str) -> Result<(), String> {
    let (expected, found) = (essential(expected), essential(found));
    if matches(&expected, &found) {
        Ok(())
    } else {
        Err(diff(&expected, &found))
    }
}

/// The lines that count.
fn essential(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        let repeated = line.is_empty() && lines.last().is_none_or(String::is_empty);
        if !repeated && !is_cargos(line) {
            lines.push(line.to_owned());
        }
    }
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn is_cargos(line: &str) -> bool {
    let Some((word, rest)) = line.split_at_checked(CARGO_COLUMN) else {
        return false;
    };
    (rest.is_empty() || rest.starts_with(' ')) && CARGO_SAYS.contains(&word.trim_start())
}

/// Whether the lines match the patterns, by trying each length for `...`.
fn matches(expected: &[String], found: &[String]) -> bool {
    // reach[j]: the patterns so far match the first j lines.
    let mut reach = vec![false; found.len() + 1];
    reach[0] = true;
    for pattern in expected {
        let mut next = vec![false; found.len() + 1];
        if pattern == "..." {
            let from = reach.iter().position(|r| *r).unwrap_or(found.len() + 1);
            for reached in next.iter_mut().skip(from) {
                *reached = true;
            }
        } else {
            for (j, line) in found.iter().enumerate() {
                next[j + 1] = reach[j] && line_matches(pattern, line);
            }
        }
        reach = next;
    }
    reach[found.len()]
}

/// Whether a line matches a pattern with `[..]`.
fn line_matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split("[..]");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// Expected lines with `-`, found ones with `+`.
fn diff(expected: &[String], found: &[String]) -> String {
    let expected = filled_in(expected, found);
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    let diff = TextDiff::from_slices(&expected, &found);
    let mut out = String::from("    - expected, + found:\n");
    for group in diff.grouped_ops(2) {
        for op in group {
            for change in diff.iter_changes(&op) {
                let sign = match change.tag() {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                };
                let line = format!("    {sign} {}", change.value());
                out.push_str(line.trim_end());
                out.push('\n');
            }
        }
    }
    out
}

/// The expected lines with every pattern replaced by what it stands for, where
/// that can be told: so a pattern is no difference.
fn filled_in(expected: &[String], found: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    let mut from = 0;
    for (i, pattern) in expected.iter().enumerate() {
        let rest = &found[from..];
        let hit = |pattern: &str| rest.iter().position(|line| line_matches(pattern, line));
        if pattern == "..." {
            let until = match expected.get(i + 1) {
                Some(next) => hit(next).unwrap_or(0),
                None => rest.len(),
            };
            out.extend_from_slice(&rest[..until]);
            from += until;
        } else if let Some(at) = hit(pattern) {
            out.push(rest[at].clone());
            from += at + 1;
        } else {
            out.push(pattern.clone());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUND: &str = "   Compiling memory v0.1.0 (/home/ada/strata/chapters/ch01-memory)
    Finished `test` profile in 0.31s

running 2 tests
test a ... ok
test b ... ok


test result: ok. 2 passed; finished in 0.01s
";

    #[test]
    fn patterns_match_within_lines_and_across_them() {
        for expected in [
            "running 2 tests\ntest a ... ok\ntest b ... ok\n\ntest result: ok. [..] in [..]s\n",
            "...\ntest result: ok[..]\n",
            "running [..] tests\n...\n",
            "   Compiling other v1\n...\ntest b ... ok\n...\n",
            "...\n",
        ] {
            assert_eq!(compare(expected, FOUND), Ok(()), "{expected}");
        }
        for wrong in [
            "",
            "running 2 tests\n",
            "...\ntest c ... ok\n...\n",
            "...\nok\n",
        ] {
            assert!(compare(wrong, FOUND).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_diff_shows_what_differs() {
        let expected = "running [..] tests\ntest a ... ok\ntest c ... ok\n...\n";
        let Err(diff) = compare(expected, FOUND) else {
            panic!("they differ");
        };
        insta::assert_snapshot!(diff, @r"
            - expected, + found:
              running 2 tests
              test a ... ok
            - test c ... ok
              test b ... ok
        ");
    }

    #[test]
    fn a_line_needs_all_parts_of_its_pattern_in_order() {
        assert!(line_matches("a[..]b[..]", "a1b2"));
        assert!(!line_matches("a[..]b", "ab2"));
        assert!(!line_matches("a[..]b[..]c", "acb"));
    }
}
