//! Which earlier chapter is underneath.

use crate::shelf::{Fixture, run, shown};

/// Three chapters: 2 stands on 1, and 3 on both.
fn tower() -> Fixture {
    let fixture = Fixture::new();
    fixture.edit(
        "Cargo.toml",
        "[workspace.lints.rust]",
        "[workspace.dependencies]\n\
         shelf = { package = \"shelf-solution\", path = \"solutions/ch01-shelf\" }\n\
         room = { package = \"room-solution\", path = \"solutions/ch02-room\" }\n\
         wood = { path = \"chapters/ch00-wood\" }\n\n\
         [workspace.lints.rust]",
    );
    for (folder, name, below) in [
        ("ch02-room", "room", "shelf.workspace = true # below\n"),
        (
            "ch03-house",
            "house",
            "room.workspace = true\nshelf = { workspace = true, features = [] }\n",
        ),
    ] {
        let manifest = format!(
            "[package]\nname = \"{name}-solution\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{below}wood.workspace = true\n\n[lints]\nworkspace = true\n"
        );
        let dir = format!("solutions/{folder}");
        fixture.write(format!("{dir}/Cargo.toml"), &manifest);
        let number = &folder[3..4];
        let lib = format!(
            "//! A {name}.\n\n/// Opens.\n///\n/// # Exercise {number}.1\npub fn open() {{}}\n\n\
             #[cfg(test)]\nmod tests {{\n    #[test]\n    fn ex_{number}_1_opens() {{\n        \
             super::open();\n    }}\n}}\n"
        );
        fixture.write(format!("{dir}/src/lib.rs"), &lib);
        let summary = fixture.read("book/src/SUMMARY.md");
        let entry = format!(
            "- [{number}. A {name}]({folder}/index.md)\n  - [{number}.1 Open]({folder}/01.md)\n"
        );
        let end = "\n[Glossary]";
        fixture.write(
            "book/src/SUMMARY.md",
            &summary.replace(end, &format!("{entry}{end}")),
        );
    }
    fixture.author_ok(&["derive"]);
    fixture
}

fn manifest(fixture: &Fixture, folder: &str) -> String {
    let text = fixture.read(format!("chapters/{folder}/Cargo.toml"));
    let (_, below) = text.split_once("[dependencies]\n").unwrap();
    below.split("\n\n").next().unwrap().to_owned()
}

#[test]
fn the_readers_own_goes_underneath_and_comes_out_again() {
    let fixture = tower();
    let first = [
        manifest(&fixture, "ch02-room"),
        manifest(&fixture, "ch03-house"),
    ];
    let solutions = fixture.read("solutions/ch03-house/Cargo.toml");
    let root = fixture.read("Cargo.toml");
    insta::assert_snapshot!("on_mine", shown(&fixture, &["build-on", "3", "mine"]));
    insta::assert_snapshot!("on_mine_room", manifest(&fixture, "ch02-room"));
    insta::assert_snapshot!("on_mine_house", manifest(&fixture, "ch03-house"));
    let again = shown(&fixture, &["build-on", "3", "mine"]);
    assert!(
        again.starts_with("Nothing to do: chapter 3 stands on your own chapters 1 and 2."),
        "{again}"
    );
    let status = shown(&fixture, &["status"]);
    assert!(
        status.contains("3. A house (0/1)\n  stands on your own chapters 1 and 2\n"),
        "{status}"
    );
    let json = run(&fixture, &["status", "--format", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["chapters"][2]["builds_on"], serde_json::json!([1, 2]));
    assert_eq!(fixture.read("solutions/ch03-house/Cargo.toml"), solutions);
    assert_eq!(fixture.read("Cargo.toml"), root);

    // Chapter 3 would see both shelves, if it stayed.
    insta::assert_snapshot!(
        "on_reference",
        shown(&fixture, &["build-on", "2", "reference"])
    );
    assert_eq!(manifest(&fixture, "ch02-room"), first[0]);
    assert!(manifest(&fixture, "ch03-house").starts_with("room.workspace = true\n"));
    // Its tests still run.
    let check = shown(&fixture, &["check", "3.1"]);
    assert!(check.contains("· 3.1 Open"), "{check}");
}

#[test]
fn a_chapter_alone_has_no_choice() {
    let fixture = tower();
    insta::assert_snapshot!("alone", shown(&fixture, &["build-on", "1", "mine"]));
    insta::assert_snapshot!("on_what", shown(&fixture, &["build-on", "2", "yours"]));
    insta::assert_snapshot!("no_such", shown(&fixture, &["build-on", "7", "mine"]));
}
