//! Finding the workspace and its chapters.

use std::fs;

use workbook::workspace::Workspace;

use crate::support::{Fixture, SOLUTION};

/// What opening the workspace around `folder` complains of.
fn complaint(fixture: &Fixture, folder: &str) -> String {
    let found = Workspace::find(&fixture.root().join(folder));
    format!("{:#}", found.expect_err("it opens"))
}

#[test]
fn chapters_are_found_from_any_folder_below_the_root() {
    let fixture = Fixture::new();
    let below = fixture.root().join(SOLUTION).join("src");
    let workspace = Workspace::find(&below).expect("a workspace");
    assert_eq!(workspace.root(), fixture.root());
    let shown: Vec<String> = workspace
        .chapters()
        .iter()
        .map(|c| format!("{} {} {} {:?}", c.number, c.folder, c.package, c.solution))
        .collect();
    let expected = [
        "0 ch00-wood wood None",
        "1 ch01-shelf shelf Some(\"shelf-solution\")",
    ];
    assert_eq!(shown, expected);
    assert_eq!(workspace.written().count(), 1);
    let error = workspace.chapter(7).expect_err("there is none");
    assert_eq!(
        error.to_string(),
        "there is no chapter 7, only ch00-wood, ch01-shelf"
    );
}

#[test]
fn elsewhere_the_message_says_where_to_go() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let error = Workspace::find(elsewhere.path()).expect_err("there is none");
    assert!(
        error
            .to_string()
            .contains("change to the folder of the workbook")
    );

    let fixture = Fixture::new();
    fs::remove_dir_all(fixture.root().join("chapters")).expect("removed");
    assert!(complaint(&fixture, "solutions").contains("not the workbook's"));
}

#[test]
fn folders_that_cannot_be_told_apart_or_understood_are_named() {
    let fixture = Fixture::new();
    let manifest = "[package]\nname = \"wood\"\n";
    fixture.write("chapters/ch01-wood/Cargo.toml", manifest);
    let said = complaint(&fixture, "");
    assert!(
        said.contains("chapter 1: ch01-shelf and ch01-wood"),
        "{said}"
    );

    fixture.write("chapters/chapter-one/Cargo.toml", manifest);
    let said = complaint(&fixture, "");
    assert!(
        said.contains("`chapter-one` is named like no chapter"),
        "{said}"
    );

    fs::remove_dir_all(fixture.root().join("chapters/chapter-one")).expect("removed");
    fixture.write("chapters/ch01-wood/Cargo.toml", "[package");
    let said = complaint(&fixture, "");
    assert!(said.contains("Cargo.toml is not a manifest"), "{said}");
}
