//! The rules that keep the ladder honest, each of them a trap that someone
//! stepped into.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::Result;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use super::{
    manifest,
    scan::TestFn,
    solution::{Parsed, Solution, crate_name},
};
use crate::{
    exercise::{ExerciseId, Site},
    fault::{Fault, Faults},
};

/// Everything that is wrong with a solution as the source of a chapter.
///
/// # Errors
///
/// Fails if the manifest cannot be read; a broken rule is one of the faults.
pub(super) fn check(solution: &Solution) -> Result<Faults> {
    let dir = solution.chapter.solution_dir();
    let mut rules = Rules {
        solution,
        faults: Vec::new(),
    };
    for name in manifest::path_dependencies(solution.manifest()?)? {
        let what = format!(
            "The dependency `{name}` is given by path: the derived chapter would \
             take the reader's own. Write `{name}.workspace = true`, and the \
             path in the root manifest."
        );
        rules.faults.push(Fault::of(dir.join("Cargo.toml"), what));
    }
    for (path, parsed) in &solution.sources {
        rules.file(&dir.join(path), parsed);
    }
    rules.numbering();
    rules.tests_and_exercises();
    Ok(Faults(rules.faults))
}

struct Rules<'a> {
    solution: &'a Solution,
    faults: Vec<Fault>,
}

impl Rules<'_> {
    fn fault(&mut self, file: &Path, line: usize, what: impl Into<String>) {
        self.faults.push(Fault::at(file, line, what));
    }

    fn file(&mut self, file: &Path, parsed: &Parsed) {
        for &line in &parsed.source.stray_headings {
            self.fault(
                file,
                line,
                "This heading makes no exercise: it stands exactly as \
                 `# Exercise N.M` in the docs of a function with a body.",
            );
        }
        let mut end = 0;
        for site in &parsed.source.sites {
            self.site(file, site);
            if site.body.start < end {
                let what = format!(
                    "`{}` stands inside another exercise, whose body is taken \
                     out whole: move it out of there.",
                    site.function
                );
                self.fault(file, site.line, what);
            }
            end = end.max(site.body.end);
        }
        for test in &parsed.scan.tests {
            self.test(file, test);
        }
        for &line in &parsed.scan.sleeps {
            self.fault(
                file,
                line,
                "Nothing sleeps in a chapter: wait for the thing itself (a \
                 join, a channel), or take a step by hand.",
            );
        }
        let own_name = crate_name(&self.solution.own_name());
        for (line, text) in (1..).zip(parsed.text.lines()) {
            if text.contains(&own_name) {
                let what = format!(
                    "`{own_name}` does not exist in the derived chapter: write \
                     `crate` instead."
                );
                self.fault(file, line, what);
            }
        }
    }

    fn site(&mut self, file: &Path, site: &Site) {
        let name = &site.function;
        let id = site.id;
        for (other, line) in &site.more {
            let what = format!(
                "`{name}` is exercise {id} and {other}: what two exercises would \
                 write becomes two functions."
            );
            self.fault(file, *line, what);
        }
        if id.chapter != self.solution.chapter.number {
            let what = format!(
                "Exercise {id} stands in {}: number it {}.{}, or move it.",
                self.solution.chapter.folder, self.solution.chapter.number, id.number
            );
            self.fault(file, site.heading_line, what);
        }
        if site.is_const {
            let what = format!(
                "`{name}` is a `const fn`, where `todo!` cannot say which \
                 exercise it is: drop the `const`."
            );
            self.fault(file, site.line, what);
        }
        if site.in_drop {
            let what = format!(
                "`{name}` is an exercise in `impl Drop`: a `todo!` there panics \
                 while panicking and aborts every test. Move the work into a \
                 function of its own that `drop` calls once it can."
            );
            self.fault(file, site.line, what);
        }
        if site.returns_impl {
            let what = format!(
                "`{name}` returns `impl Trait`, which does not compile with \
                 `todo!` as its body: return a named type."
            );
            self.fault(file, site.line, what);
        }
        if site.summary().is_empty() {
            let what = format!(
                "The docs of `{name}` say nothing before the heading: begin with a \
                 sentence that says what it does; the stub repeats it."
            );
            self.fault(file, site.heading_line, what);
        }
        if let Some(line) = running_doctest(site) {
            let what = format!(
                "The example in the docs of `{name}` runs, and panics until the \
                 exercise is solved: mark it `no_run` or `text`, or make it a \
                 test."
            );
            self.fault(file, line, what);
        }
    }

    fn test(&mut self, file: &Path, test: &TestFn) {
        let name = &test.name;
        if test.should_panic {
            let what = format!(
                "`{name}` is `#[should_panic]`, so an unwritten exercise passes \
                 it: catch the panic and look at what it says."
            );
            self.fault(file, test.line, what);
        }
        if test.exercise.is_some() && test.ignored {
            let what = format!(
                "`{name}` is `#[ignore]`d and judges nobody: make it fast enough \
                 to run, or take it out."
            );
            self.fault(file, test.line, what);
        }
        if test.exercise.is_some() && !test.is_test {
            let what = format!(
                "`{name}` is named like a test but never runs: add `#[test]`, or \
                 name it otherwise."
            );
            self.fault(file, test.line, what);
        }
    }

    /// 1, 2, 3 … without a gap.
    fn numbering(&mut self) {
        let first = self.first_sites();
        let mut expected = 1;
        for (id, (file, line)) in first {
            if id.chapter != self.solution.chapter.number {
                continue;
            }
            if id.number != expected {
                let what = format!(
                    "There is no exercise {}.{expected} before exercise {id}: \
                     number them 1, 2, 3 … without a gap.",
                    id.chapter
                );
                self.fault(&file, line, what);
            }
            expected = id.number + 1;
        }
    }

    fn tests_and_exercises(&mut self) {
        let first = self.first_sites();
        let mut tested = BTreeSet::new();
        let dir = self.solution.chapter.solution_dir();
        for (path, parsed) in &self.solution.sources {
            for test in &parsed.scan.tests {
                let Some(id) = test.exercise else { continue };
                tested.insert(id);
                if !first.contains_key(&id) {
                    let what = format!(
                        "`{}` tests exercise {id}, which does not exist: rename it \
                         after the last exercise that it needs.",
                        test.name
                    );
                    self.fault(&dir.join(path), test.line, what);
                }
            }
        }
        for (id, (file, line)) in first {
            if !tested.contains(&id) {
                let prefix = format!("ex_{}_{}_", id.chapter, id.number);
                let what = format!(
                    "Exercise {id} has no test: write one whose name begins with \
                     `{prefix}`."
                );
                self.fault(&file, line, what);
            }
        }
    }

    /// Where each exercise is first met.
    fn first_sites(&self) -> BTreeMap<ExerciseId, (PathBuf, usize)> {
        let dir = self.solution.chapter.solution_dir();
        let mut first = BTreeMap::new();
        for (path, parsed) in &self.solution.sources {
            for site in &parsed.source.sites {
                let place = || (dir.join(path), site.heading_line);
                first.entry(site.id).or_insert_with(place);
            }
        }
        first
    }
}

/// The line of an example that rustdoc would run.
fn running_doctest(site: &Site) -> Option<usize> {
    let lines = site.docs.iter().map(|(_, text)| text.as_str());
    let docs = lines.collect::<Vec<_>>().join("\n");
    let runs = Parser::new(&docs).into_offset_iter().find(|(event, _)| {
        let Event::Start(Tag::CodeBlock(kind)) = event else {
            return false;
        };
        match kind {
            CodeBlockKind::Indented => true,
            CodeBlockKind::Fenced(info) => info
                .split([',', ' ', '\t'])
                .filter(|word| !word.is_empty())
                .all(|word| {
                    matches!(word, "rust" | "should_panic" | "test_harness")
                        || word.starts_with("edition")
                }),
        }
    });
    let (_, span) = runs?;
    let index = docs[..span.start].matches('\n').count();
    site.docs.get(index).map(|(line, _)| *line)
}
