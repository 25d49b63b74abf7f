//! Directives become what they name, and say where they cannot.

use std::path::Path;

use workbook::fault::Faults;
use workbook::preprocess::{Resolver, speak};

const SOURCE: &str = r#"//! The store.
//!
//! It holds [`Entry`]s.

use std::io;

// A note that belongs to nobody.

/// An entry.
///
/// ```text
/// offset  size  field
///      0     4  crc32
/// ```
#[derive(Debug)]
pub struct Entry {
    key: Vec<u8>, // bytes
}

impl Entry {
    /// How long it is.
    ///
    /// # Exercise 1.2
    pub fn len(&self) -> usize
    where
        Self: Sized,
    {
        // Not the value.
        self.key.len()
    }
}

impl From<io::Error> for Entry {
    fn from(_: io::Error) -> Self {
        Self { key: Vec::new() }
    }
}

impl From<&str> for Entry {
    fn from(text: &str) -> Self {
        Self { key: text.into() }
    }
}

mod inner {
    pub const LIMIT: usize = 3;
}

trait Grow {
    /// Grows.
    fn grow(&mut self);
}
"#;

/// Resolves a page of a repository whose `src/store.rs` is [`SOURCE`].
fn resolve(page: &str) -> (String, Vec<String>) {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("src")).unwrap();
    std::fs::create_dir_all(root.path().join("book/src")).unwrap();
    std::fs::write(root.path().join("src/store.rs"), SOURCE).unwrap();
    std::fs::write(root.path().join("src/broken.rs"), "fn x( {}\n").unwrap();
    std::fs::write(root.path().join("book/src/part.md"), "part\n").unwrap();
    let summary = "# Summary\n\n- [1. A store](page.md)\n  - [1.1 Keep](keep.md)\n";
    std::fs::write(root.path().join("book/src/SUMMARY.md"), summary).unwrap();
    let mut faults = Faults::default();
    let mut resolver = Resolver::new(root.path());
    let out = resolver.page(Path::new("book/src/page.md"), page, &mut faults);
    (out, faults.0.iter().map(ToString::to_string).collect())
}

fn resolved(page: &str) -> String {
    let (out, faults) = resolve(page);
    assert_eq!(faults, Vec::<String>::new());
    out
}

fn fault(page: &str) -> String {
    let (_, faults) = resolve(page);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].lines().all(|l| l.chars().count() <= 80),
        "{}",
        faults[0]
    );
    faults[0].clone()
}

#[test]
fn an_excerpt_is_the_item_with_docs_and_comments() {
    insta::assert_snapshot!(resolved("{{#excerpt src/store.rs Entry}}\n"), @r#"
    ````rust
    /// An entry.
    ///
    /// ```text
    /// offset  size  field
    ///      0     4  crc32
    /// ```
    #[derive(Debug)]
    pub struct Entry {
        key: Vec<u8>, // bytes
    }
    ````
    "#);
}

#[test]
fn a_method_loses_its_indentation() {
    insta::assert_snapshot!(resolved("{{#excerpt src/store.rs Entry::len}}\n"), @r#"
    ```rust
    /// How long it is.
    ///
    /// # Exercise 1.2
    pub fn len(&self) -> usize
    where
        Self: Sized,
    {
        // Not the value.
        self.key.len()
    }
    ```
    "#);
}

#[test]
fn a_signature_ends_before_the_body() {
    insta::assert_snapshot!(resolved("{{#signature src/store.rs Entry::len}}\n"), @r#"
    ```rust
    /// How long it is.
    ///
    /// # Exercise 1.2
    pub fn len(&self) -> usize
    where
        Self: Sized,
    ```
    "#);
    let shown = resolved("{{#signature src/store.rs Grow::grow}}\n");
    assert_eq!(shown, "```rust\n/// Grows.\nfn grow(&mut self)\n```\n");
}

#[test]
fn docs_become_markdown() {
    let shown = resolved("{{#doc src/store.rs Entry}}\n");
    assert_eq!(
        shown,
        "An entry.\n\n```text\noffset  size  field\n     0     4  crc32\n```\n"
    );
    let module = resolved("{{#doc src/store.rs mod}}\n");
    assert_eq!(module, "The store.\n\nIt holds `Entry`s.\n");
}

#[test]
fn items_have_every_name_that_tells_them_apart() {
    for (item, holds) in [
        ("<From<io::Error> for Entry>::from", "io::Error"),
        ("<From<&str> for Entry>::from", "text.into()"),
        ("<From<&str> for Entry>", "impl From<&str>"),
        ("LIMIT", "usize = 3"),
        ("Grow", "fn grow"),
    ] {
        let shown = resolved(&format!("{{{{#excerpt src/store.rs {item}}}}}\n"));
        assert!(shown.contains(holds), "{item}: {shown}");
    }
}

#[test]
fn a_directive_in_a_list_keeps_the_indentation() {
    let shown = resolved("- item\n\n  {{#excerpt src/store.rs LIMIT}}\n");
    assert_eq!(
        shown,
        "- item\n\n  ```rust\n  pub const LIMIT: usize = 3;\n  ```\n"
    );
}

#[test]
fn an_escaped_directive_stays_text() {
    let page = "Write \\{{#excerpt PATH ITEM}}.\n";
    assert_eq!(resolved(page), page);
}

#[test]
fn includes_are_whole_files_of_the_book() {
    assert_eq!(resolved("{{#include part.md}}\n"), "part\n");
    assert!(fault("{{#include nowhere.md}}\n").contains("no `nowhere.md` beside"));
    assert!(fault("{{#include ../../src/store.rs}}\n").contains("outside book/src"));
    assert!(fault("{{#include part.md:3}}\n").contains("goes stale"));
}

#[test]
fn a_figure_is_drawn_and_the_map_lists_the_book() {
    let figure = resolved("{{#figure snapshot-file}}\n");
    assert!(figure.starts_with("<figure class=\"drawn\">\n<svg role=\"img\""));
    assert!(figure.contains(">STRATA-1</text>"), "{figure}");
    assert_eq!(
        resolved("{{#letters}}\n\n## A\n"),
        "<nav class=\"letters\" aria-label=\"The letters\">\n<a href=\"#a\">A</a>\n</nav>\n\n## A\n"
    );
    assert_eq!(
        resolved("{{#go-on}}\n"),
        "<p class=\"go-on\"><a href=\"keep.html\">Begin with 1.1 Keep</a></p>\n"
    );
    let map = resolved("{{#map}}\n");
    let exercise = "<li data-exercise=\"1.1\"><a href=\"keep.html\">1.1 Keep</a></li>";
    assert!(map.contains(exercise), "{map}");
}

#[test]
fn faults_say_where_and_what_to_do() {
    insta::assert_snapshot!(fault("# Page\n\n{{#excerpt src/store.rs Entry::size}}\n"), @r"
    book/src/page.md:3
      src/store.rs: no item `Entry::size`; the file holds `Entry`, `Entry::len`,
      `<From<io::Error> for Entry>::from`, `<From<io::Error> for Entry>`,
      `<From<&str> for Entry>::from`, `<From<&str> for Entry>`, `LIMIT`,
      `Grow::grow`, `Grow`.
    ");
    insta::assert_snapshot!(fault("{{#excerpt src/stor.rs Entry}}\n"), @r"
    book/src/page.md:1
      there is no file `src/stor.rs`; write its path from the repository's root.
    ");
    insta::assert_snapshot!(fault("{{#excerpt src/store.rs Entry::from}}\n"), @r"
    book/src/page.md:1
      src/store.rs: `Entry::from` may be `<From<io::Error> for Entry>::from` or
      `<From<&str> for Entry>::from`; say which.
    ");
    insta::assert_snapshot!(fault("{{#signature src/store.rs Entry}}\n"), @r"
    book/src/page.md:1
      src/store.rs: `Entry` is not a function; use {{#excerpt …}} to show it.
    ");
    insta::assert_snapshot!(fault("{{#doc src/store.rs LIMIT}}\n"), @r"
    book/src/page.md:1
      src/store.rs: `LIMIT` has no doc comment; write one.
    ");
    insta::assert_snapshot!(fault("{{#exerpt src/store.rs Entry}}\n"), @r"
    book/src/page.md:1
      {{#exerpt}} is no directive; `{{#excerpt PATH ITEM}}`, `{{#signature PATH
      ITEM}}`, `{{#doc PATH ITEM}}`, `{{#figure NAME}}`, `{{#map}}`, `{{#go-on}}`
      and `{{#letters}}` are what there is.
    ");
    insta::assert_snapshot!(fault("{{#figure nothing}}\n"), @r"
    book/src/page.md:1
      there is no figure `nothing`; there are: unsynced-writes, scan-chunks,
      snapshot-file, snapshot-sync, batch-file, torn-or-damaged, hint-file,
      merge-cuts, levels, copied-path.
    ");
    insta::assert_snapshot!(fault("{{#map of this}}\n"), @r"
    book/src/page.md:1
      {{#map}} takes no arguments.
    ");
    insta::assert_snapshot!(fault("{{#excerpt src/broken.rs x}}\n"), @r"
    book/src/page.md:1
      `src/broken.rs` does not parse: line 1, column 5: cannot parse string into
      token stream.
    ");
    insta::assert_snapshot!(fault("See {{#excerpt src/store.rs Entry}}.\n"), @r"
    book/src/page.md:1
      {{#excerpt}} must stand alone on its line.
    ");
    insta::assert_snapshot!(fault("{{#excerpt ../store.rs Entry}}\n"), @r"
    book/src/page.md:1
      `../store.rs` must be a path from the repository's root.
    ");
}

#[test]
fn mdbook_is_spoken_to_in_json() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("book/src")).unwrap();
    std::fs::write(root.path().join("a.rs"), "/// A.\nfn a() {}\n").unwrap();
    let input = |item: &str| {
        serde_json::json!([
            {
                "root": root.path().join("book"),
                "config": { "book": { "title": "T", "src": "src" } },
                "renderer": "html",
                "mdbook_version": "0.5.4",
            },
            { "items": [{ "Chapter": {
                "name": "Page",
                "content": format!("# Page\n\n{{{{#excerpt a.rs {item}}}}}\n"),
                "number": null,
                "sub_items": [],
                "path": "page.md",
                "source_path": "page.md",
                "parent_names": [],
            } }] },
        ])
        .to_string()
    };
    let mut output = Vec::new();
    speak(input("a").as_bytes(), &mut output).unwrap();
    let book: serde_json::Value = serde_json::from_slice(&output).unwrap();
    assert_eq!(
        book["items"][0]["Chapter"]["content"],
        "# Page\n\n```rust\n/// A.\nfn a() {}\n```\n"
    );
    let error = speak(input("b").as_bytes(), Vec::new()).unwrap_err();
    assert!(
        error.to_string().starts_with("book/src/page.md:3"),
        "{error}"
    );
}
