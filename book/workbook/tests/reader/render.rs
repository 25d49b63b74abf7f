//! `author render`: the book as files, and nothing that is somebody else's
//! removed for it.

use std::path::Path;

use crate::shelf::derived;

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_book_is_rendered_and_rendered_again() {
    let fixture = derived();
    let out = fixture.root().join("site");
    let first = fixture.author_ok(&["render", "site"]);
    assert!(first.starts_with("rendered "), "{first}");
    assert!(first.contains("index.html"), "{first}");
    let page = read(&out.join("ch01-shelf/01-put.html"));
    assert!(page.contains("pub fn put"), "an excerpt is resolved");
    assert!(!page.contains("{{#"), "and none is left over");
    assert!(out.join(".nojekyll").is_file());

    // What an earlier book left behind goes; what did not change stays.
    std::fs::write(out.join("old.html"), "").unwrap();
    let again = fixture.author_ok(&["render", "site"]);
    assert!(again.contains(", 1 of them changed"), "{again}");
    assert!(!out.join("old.html").exists());
}

#[test]
fn the_page_for_addresses_that_lead_nowhere_knows_its_site() {
    let fixture = derived();
    fixture.author_ok(&["render", "site", "--site-url", "/shelf"]);
    let missing = read(&fixture.root().join("site/404.html"));
    assert!(
        missing.contains(r#"<base href="/shelf/">"#),
        "its links begin at the site's root: {missing}"
    );
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let fixture = derived();
    fixture.write("letters/dear.txt", "Dear Ada");
    let refused = fixture.author_fails(&["render", "letters"]);
    assert!(refused.contains("new or empty"), "{refused}");
    assert_eq!(fixture.read("letters/dear.txt"), "Dear Ada");
    let among = fixture.author_fails(&["render", "book/src/site"]);
    assert!(among.contains("among the pages"), "{among}");
    assert!(!fixture.root().join("book/src/site").exists());
}

#[test]
fn a_book_with_a_fault_is_not_published() {
    let fixture = derived();
    fixture.author_ok(&["render", "site"]);
    let before = read(&fixture.root().join("site/glossary.html"));
    fixture.edit("book/src/glossary.md", "Books in a row", "{{#exerpt x y}}");
    let fault = fixture.author_fails(&["render", "site"]);
    assert!(fault.contains("book/src/glossary.md:"), "{fault}");
    assert_eq!(read(&fixture.root().join("site/glossary.html")), before);
}
