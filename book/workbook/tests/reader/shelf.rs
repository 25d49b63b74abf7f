//! A reader at the shelf: the workspace of the fixtures, derived, and what to
//! write in it.

use std::path::Path;
use std::process::Command;

pub(crate) use crate::support::{Answer, Fixture};

/// The file that readers edit.
pub(crate) const LIB: &str = "chapters/ch01-shelf/src/lib.rs";

/// The stubs of exercise 1.1 and what solves them.
const PUT: [(&str, &str); 2] = [
    (
        "todo!(\"exercise 1.1: Puts a book in its place\")",
        "let place = place(&self.titles, title).unwrap_or_else(|place| place);\n\
         self.titles.insert(place, title.to_owned());",
    ),
    (
        "todo!(\"exercise 1.1: Searches the sorted titles: where a book is, or where it would be\")",
        "titles.binary_search_by(|there| there.as_str().cmp(title))",
    ),
];

/// The stub of exercise 1.2.
pub(crate) const FIND: &str =
    "todo!(\"exercise 1.2: Says at which place a book stands, counted from 0\")";

/// The stub of exercise 1.3.
pub(crate) const TAKE: &str = "todo!(\"exercise 1.3: Takes one copy of a book away, and says \
                               whether there was one\")";

/// What solves exercise 1.2.
pub(crate) const FOUND: &str = "place(&self.titles, title).ok()";

/// A workspace with its chapter derived and nothing solved.
pub(crate) fn derived() -> Fixture {
    let fixture = Fixture::new();
    fixture.author_ok(&["derive"]);
    fixture
}

/// Solves exercise 1.1.
pub(crate) fn solve_first(fixture: &Fixture) {
    // In one save, as an editor does it.
    let mut text = fixture.read(LIB);
    for (stub, body) in PUT {
        assert!(text.contains(stub), "{stub}");
        text = text.replace(stub, body);
    }
    fixture.write(LIB, &text);
}

/// Solves what comes after exercise 1.1.
pub(crate) fn solve_the_rest(fixture: &Fixture) {
    let text = fixture.read(LIB).replace(FIND, FOUND).replace(
        TAKE,
        "let place = self.find(title);\n\
         place.map(|place| self.titles.remove(place)).is_some()",
    );
    fixture.write(LIB, &text);
}

/// A page after the exercises of the chapter, one after all chapters, and a
/// chapter between them that is still to come.
pub(crate) fn close(fixture: &Fixture) {
    for (file, title) in [
        ("ch01-shelf/what-you-built.md", "What you built"),
        ("comparing-engines.md", "Comparing shelves"),
    ] {
        fixture.write(Path::new("book/src").join(file), &format!("# {title}\n"));
    }
    fixture.edit(
        "book/src/SUMMARY.md",
        "(ch01-shelf/03-take.md)\n",
        "(ch01-shelf/03-take.md)\n  - [What you built](ch01-shelf/what-you-built.md)\n\
         - [2. A house]()\n\
         - [Comparing shelves](comparing-engines.md)\n",
    );
}

/// The program, about to run in the workspace.
pub(crate) fn program(fixture: &Fixture, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workbook"));
    command
        .current_dir(fixture.root())
        .args(args)
        .env("CARGO_TARGET_DIR", fixture.target_dir())
        .env("CARGO_TERM_PROGRESS_WHEN", "never")
        // As the fixture's manifest says: with lines in backtraces.
        .env_remove("CARGO_PROFILE_DEV_DEBUG")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("NO_COLOR")
        .env_remove("RUST_BACKTRACE");
    command
}

/// Runs the program to its end.
pub(crate) fn run(fixture: &Fixture, args: &[&str]) -> Answer {
    let output = program(fixture, args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "");
    Answer {
        success: output.status.success(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// What a command prints and how it ends; no line of it is too long.
pub(crate) fn shown(fixture: &Fixture, args: &[&str]) -> String {
    let answer = run(fixture, args);
    let end = if answer.success { "success" } else { "failure" };
    let all = format!("{}{}[{end}]\n", answer.stdout, answer.stderr);
    for line in all.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    all
}

/// The same, with today's date in it made any day, and its time noon.
pub(crate) fn shown_any_day(fixture: &Fixture, args: &[&str]) -> String {
    let today = jiff::Zoned::now().date().to_string();
    let shown = shown(fixture, args).replace(&today, "2026-03-01");
    let mut parts = shown.split("  2026-03-01 ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("  2026-03-01 12:00");
        out.push_str(&part["12:00".len()..]);
    }
    out
}

/// The page of an exercise, from the root.
pub(crate) fn page(name: &str) -> String {
    let page = format!("book/src/ch01-shelf/{name}.md");
    assert!(Path::new(&page).is_relative());
    page
}
