//! `author derive`: what it writes, and what it will not overwrite.

use std::{fs, path::Path};

use crate::support::{CHAPTER, Fixture, SOLUTION};

const LIB: &str = "chapters/ch01-shelf/src/lib.rs";

#[test]
fn a_chapter_is_its_solution_without_the_bodies() {
    let fixture = Fixture::new();
    insta::assert_snapshot!(fixture.author_ok(&["derive"]));
    insta::assert_snapshot!(fixture.read(LIB));
    insta::assert_snapshot!(fixture.read(format!("{CHAPTER}/Cargo.toml")));
    for same in ["README.md", "src/tests.rs", "src/tests/ex_1_2.rs"] {
        let [chapter, solution] = [CHAPTER, SOLUTION].map(|dir| Path::new(dir).join(same));
        assert_eq!(fixture.read(chapter), fixture.read(solution));
    }
    let again = fixture.author_ok(&["derive"]);
    assert_eq!(again, "Nothing to do: chapters/ is up to date.\n");
}

#[test]
fn snapshots_are_renamed_after_the_derived_crate() {
    let fixture = Fixture::new();
    let snapshots = "src/tests/snapshots";
    fixture.write(
        format!("{SOLUTION}/{snapshots}/shelf_solution__tests__a.snap"),
        "bytes",
    );
    fixture.author_ok(&["derive"]);
    let derived = format!("{CHAPTER}/{snapshots}/shelf__tests__a.snap");
    assert_eq!(fixture.read(derived), "bytes");
}

#[test]
fn what_the_solution_has_lost_the_chapter_loses() {
    let fixture = Fixture::new();
    fixture.write(format!("{SOLUTION}/fixtures/deep/old.bin"), "bytes");
    fixture.author_ok(&["derive"]);
    fs::remove_dir_all(fixture.root().join(SOLUTION).join("fixtures")).expect("removed");
    let said = fixture.author_ok(&["derive"]);
    assert_eq!(said, "removed chapters/ch01-shelf/fixtures/deep/old.bin\n");
    assert!(!fixture.root().join(CHAPTER).join("fixtures").exists());
}

#[test]
fn deriving_twice_without_a_commit_loses_nothing_and_asks_nothing() {
    let fixture = Fixture::new();
    fixture.author_ok(&["derive"]);
    fixture.edit_solution("lib.rs", "How many books there are", "Counts the books");
    let said = fixture.author_ok(&["derive"]);
    assert_eq!(said, format!("wrote   {LIB}\n"));
}

#[test]
fn edits_are_not_overwritten_unless_forced() {
    let fixture = Fixture::new();
    fixture.author_ok(&["derive"]);
    fixture.commit();
    fixture.edit(LIB, "todo!(\"exercise 1.2", "solved!(\"exercise 1.2");
    fixture.write(format!("{CHAPTER}/src/mine.rs"), "// Mine.\n");
    let complaint = fixture.author_fails(&["derive"]);
    insta::assert_snapshot!(complaint);
    assert!(fixture.read(LIB).contains("solved!"), "it stays");

    fixture.author_ok(&["derive", "--force"]);
    assert!(!fixture.read(LIB).contains("solved!"), "it goes");
    assert!(!fixture.root().join(CHAPTER).join("src/mine.rs").exists());
}

#[test]
fn what_is_committed_may_be_overwritten() {
    let fixture = Fixture::new();
    fixture.author_ok(&["derive"]);
    fixture.edit(LIB, "todo!(\"exercise 1.2", "solved!(\"exercise 1.2");
    fixture.commit();
    assert_eq!(fixture.author_ok(&["derive"]), format!("wrote   {LIB}\n"));
}

#[test]
fn without_git_every_edit_counts() {
    let fixture = Fixture::new();
    fixture.author_ok(&["derive"]);
    fixture.edit(LIB, "todo!(\"exercise 1.2", "solved!(\"exercise 1.2");
    let complaint = fixture.author_fails(&["derive"]);
    insta::assert_snapshot!(complaint);
}
