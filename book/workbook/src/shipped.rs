//! The chapters as the workbook ships them: derived from the references here
//! and now, whatever stands in `chapters/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::author;
use crate::exercise::{ExerciseId, Site, Source};
use crate::files;
use crate::workspace::{Chapter, Workspace};

/// Files and what they hold; paths from the workspace's root.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A chapter as it is shipped: every exercise is its `todo!`. A chapter that is
/// given has no files to speak of.
///
/// # Errors
///
/// Fails if the reference cannot be read or is not Rust.
pub fn chapter(workspace: &Workspace, chapter: &Chapter) -> Result<Files> {
    let Some(_) = &chapter.solution else {
        return Ok(Files::new());
    };
    let derived = author::shipped(workspace, chapter)?;
    let dir = chapter.dir();
    let files = derived
        .into_iter()
        .map(|(path, bytes)| (dir.join(path), bytes));
    Ok(files.collect())
}

/// A chapter as it stands in `chapters/`; files that cannot be read are left
/// out.
///
/// # Errors
///
/// Fails if the folder cannot be listed.
pub fn yours(root: &Path, chapter: &Chapter) -> Result<Files> {
    let dir = chapter.dir();
    let listed = files::below(&root.join(&dir))?;
    let read = |path: PathBuf| {
        Some((
            dir.join(&path),
            std::fs::read(root.join(&dir).join(path)).ok()?,
        ))
    };
    Ok(listed.into_iter().filter_map(read).collect())
}

/// Whether two files hold the same text, however their lines end.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    let plain = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    a == b || plain(a) == plain(b)
}

/// The body of one of an exercise's functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The exercise.
    pub id: ExerciseId,
    /// `name`, or `Type::name`.
    pub function: String,
    /// From its `{` to its `}`.
    pub text: String,
    /// The whole function, without its docs, from the beginning of its line.
    pub whole: String,
    /// The line of the function's name, from 1.
    pub line: usize,
    /// Whether it still is the `todo!` that was derived.
    pub unwritten: bool,
}

/// The bodies of all exercises in a source, from top to bottom; none if it is
/// not Rust.
pub fn bodies(text: &str) -> Vec<Body> {
    let Ok(source) = Source::parse(text) else {
        return Vec::new();
    };
    let body = |site: &Site| Body {
        id: site.id,
        function: site.function.clone(),
        text: text[site.body.clone()].to_owned(),
        whole: text[line_start(text, site.start)..site.body.end].to_owned(),
        line: site.line,
        unwritten: site.is_unwritten(text),
    };
    source.sites.iter().map(body).collect()
}

/// The functions in the order of their exercises, as in `1.2 find`.
pub fn named(mut bodies: Vec<Body>) -> Vec<String> {
    bodies.sort_by_key(|body| body.id);
    let name = |body: &Body| format!("{} {}", body.id, body.function);
    bodies.iter().map(name).collect()
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The text with the bodies that `new` answers in the place of its own.
///
/// `None` if it is not Rust.
pub fn with_bodies(text: &str, new: impl Fn(&Body) -> Option<String>) -> Option<String> {
    let source = Source::parse(text).ok()?;
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (site, body) in source.sites.iter().zip(bodies(text)) {
        if let Some(new) = new(&body) {
            out.push_str(&text[copied..site.body.start]);
            out.push_str(&new);
            copied = site.body.end;
        }
    }
    out.push_str(&text[copied..]);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "/// One.\n/// # Exercise 1.1\nfn a() { 1 }\n\n\
        /// Two.\n/// # Exercise 1.2\nfn b() {\n    todo!(\"exercise 1.2: Two\")\n}\n";

    #[test]
    fn bodies_are_taken_out_and_put_back() {
        let found = bodies(TEXT);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].text.as_str(), found[0].unwritten),
            ("{ 1 }", false)
        );
        assert!(found[1].unwritten);
        assert_eq!(
            (found[0].whole.as_str(), found[0].line),
            ("fn a() { 1 }", 3)
        );
        let backwards = found.iter().rev().cloned().collect();
        assert_eq!(named(backwards), ["1.1 a", "1.2 b"]);
        let swapped = with_bodies(TEXT, |body| {
            (body.function == "b").then(|| "{ 2 }".to_owned())
        });
        let swapped = swapped.expect("the text parses");
        assert!(swapped.ends_with("fn b() { 2 }\n") && swapped.contains("fn a() { 1 }"));
        assert_eq!(with_bodies("fn (", |_| None), None);
    }

    #[test]
    fn line_endings_are_no_difference() {
        assert!(same(b"a\r\nb\r\n", b"a\nb\n"));
        assert!(!same(b"a\n", b"b\n"));
    }
}
