//! Whether the tests that ship are those that ran.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

use super::verdict::short;
use crate::edition;
use crate::exercise::ExerciseId;
use crate::fault::slashes;
use crate::files;
use crate::progress::{State, Verdict};
use crate::workspace::Chapter;

/// A test that came with the chapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shipped {
    name: String,
    /// Its file, from the root.
    file: PathBuf,
}

/// The tests that came with a chapter, by exercise. Those that only some
/// systems build are left out.
pub(super) fn tests(root: &Path, chapter: &Chapter) -> BTreeMap<ExerciseId, Vec<Shipped>> {
    let mut found: BTreeMap<ExerciseId, Vec<Shipped>> = BTreeMap::new();
    for (file, text) in texts(root, chapter) {
        let Ok(source) = syn::parse_file(&text) else {
            continue;
        };
        let mut names = Names::default();
        names.visit_file(&source);
        for name in names.0 {
            if let Some(id) = ExerciseId::of_test(&name) {
                let file = file.clone();
                found.entry(id).or_default().push(Shipped { name, file });
            }
        }
    }
    found
}

/// The sources that hold tests: as the reader got them, or, if nobody kept
/// those, as the reference has them, which is the same.
fn texts(root: &Path, chapter: &Chapter) -> Vec<(PathBuf, String)> {
    let is_source = |path: &Path, text: &str| {
        path.extension().is_some_and(|e| e == "rs") && text.contains("fn ex_")
    };
    let kept = edition::base(root, chapter).ok().flatten();
    let mut all: Vec<(PathBuf, String)> = match kept {
        Some(files) => files
            .into_iter()
            .map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned()))
            .collect(),
        None => {
            let from = root.join(chapter.solution_dir());
            let read = |path: PathBuf| {
                let text = fs::read_to_string(from.join(&path)).ok()?;
                Some((chapter.dir().join(path), text))
            };
            let listed = files::below(&from).unwrap_or_default();
            listed.into_iter().filter_map(read).collect()
        }
    };
    all.retain(|(path, text)| is_source(path, text));
    all
}

/// The tests of a source that every system builds.
#[derive(Default)]
struct Names(Vec<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        let is = |name: &str| function.attrs.iter().any(|a| a.path().is_ident(name));
        if is("test") && !is("cfg") {
            self.0.push(function.sig.ident.to_string());
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let only_somewhere = |attribute: &syn::Attribute| {
            let plain = attribute.parse_args::<syn::Ident>();
            attribute.path().is_ident("cfg") && !plain.is_ok_and(|what| what == "test")
        };
        if !module.attrs.iter().any(only_somewhere) {
            visit::visit_item_mod(self, module);
        }
    }
}

/// The verdict on an exercise whose tests pass, but are not all that ship.
pub(super) fn lacking(verdict: Verdict, shipped: &[Shipped], ran: &[String]) -> Verdict {
    let is_there = |test: &Shipped| ran.iter().any(|name| short(name) == test.name);
    let Some(first) = shipped.iter().find(|test| !is_there(test)) else {
        return verdict;
    };
    if verdict.state != State::Solved {
        return verdict;
    }
    let there = shipped.iter().filter(|test| is_there(test)).count();
    let (all, file) = (shipped.len(), slashes(&first.file));
    let sentence = format!(
        "Not judged: of the {all} tests that the book ships only {there} ran, and \
         `{}` did not. {file} was changed: delete it, and `cargo run -- update` brings \
         it back as it came.",
        first.name
    );
    Verdict::new(State::Unknown, sentence)
}

/// Why a chapter without tests cannot be judged.
pub(super) fn no_tests() -> Verdict {
    Verdict::new(
        State::Unknown,
        "No tests are built: is `mod tests;` still in src/lib.rs?",
    )
}
