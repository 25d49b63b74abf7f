//! The text form of scripts, their shrinking, and their replay.

use std::process::Command;

use conformance::script::{
    Op, Script, Vocabulary, scripts, scripts_around_a_cursor, scripts_around_a_snapshot, shrink,
};
use conformance::{Budget, Level};
use engine::Limits;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::small;
use crate::small::Mistake;

const EVERYTHING: Vocabulary = Vocabulary {
    batches: true,
    scans: true,
    syncs: true,
    steps: false,
    snapshots: true,
    endings: true,
    long_keys: true,
};

#[test]
fn what_is_printed_parses_to_the_same_script() {
    let mut runner = Budget::QUICK.runner("round trip");
    let strategy = prop_oneof![
        scripts(EVERYTHING, 30),
        scripts_around_a_cursor(9, 9),
        scripts_around_a_snapshot(9, 9),
    ];
    for _ in 0..500 {
        let script = strategy.new_tree(&mut runner).unwrap().current();
        assert_eq!(script.to_string().parse(), Ok(script));
    }
}

#[test]
fn a_person_may_type_freely() {
    let typed = "\n durability os ;put a\\x00 x*100 ;; write [ put a 1 ,\n delete \"\" ]\n\
                 scan a<..=b desc\nnext; next 3;";
    let printed = "durability os; put a\\x00 x*100; write [put a 1, delete \"\"]; \
                   scan a<..=b desc; next; next 3";
    assert_eq!(Script::of(typed).to_string(), printed);
}

#[test]
fn the_contract_shows_a_range_as_a_script_spells_it() {
    let limits = Limits {
        key_bytes_max: 9,
        value_bytes_max: 9,
        batch_bytes_max: 9,
    };
    for text in ["a..b", "a<..=b", "..", "..=\"\"", r"a\x00\xff.."] {
        let script = Script::of(&format!("scan {text}"));
        let [Op::Scan(span, _)] = &script.ops[..] else {
            panic!("`{script}` is one scan");
        };
        assert_eq!(format!("{:?}", span.range(&limits)), text);
    }
}

#[test]
fn a_script_that_does_not_parse_says_where() {
    let texts = [
        "put a 1; get",
        "put a 1; put a.b 2",
        "get a\nscan a-b desc",
        "write [put a 1; put b 2]",
        "put a x*many",
        "get a b",
        "put a 1; fetch a",
    ];
    let error = |text: &str| text.parse::<Script>().unwrap_err().to_string();
    insta::assert_snapshot!(texts.map(error).join("\n\n"), @r#"
    this is no script: a key is missing here
      put a 1; get
                  ^

    this is no script: `.` is spelled as `\x` and hexadecimal digits
      put a 1; put a.b 2
                    ^

    this is no script: a range has `..` in it: `a..b`, `a..=b`, `..`
      scan a-b desc
           ^

    this is no script: a `,` or the batch's `]` is missing here
      write [put a 1; put b 2]
                    ^

    this is no script: after a `*` stands a number, `max` or `max+1`
      put a x*many
              ^

    this is no script: the operation should end here, with `;`
      get a b
            ^

    this is no script: `fetch` is no operation; there are
      put, delete, write, fill, get, scan, scan_prefix, entries, cursor,
      next, seek, snapshot, release, get_at, scan_at, cursor_at, sync, step,
      reopen, drop, kill, kill_at, cut, fault and flip
      put a 1; fetch a
               ^
    "#);
}

#[test]
fn shrinking_ends_with_the_operations_that_matter() {
    let noise = "put b 7; put ab x*5000; scan a.. desc; delete \"\"; ";
    let script = Script::of(&format!(
        "{noise}write [put \\xff 3, put \\x80 1, delete \\x7f]; {noise}{noise}get \\x80"
    ));
    // Fails where a batch holds a key that is looked up later.
    let fails = |script: &Script| {
        let batch = script.ops.iter().position(|op| matches!(op, Op::Write(_)));
        let rest = batch.map_or(&[][..], |at| &script.ops[at..]);
        let Some(Op::Write(edits)) = rest.first() else {
            return false;
        };
        let looked_up = |key| rest.iter().any(|op| matches!(op, Op::Get(k) if k == key));
        edits.iter().any(|edit| looked_up(edit.key()))
    };
    assert!(fails(&script));
    assert_eq!(shrink(script, fails).to_string(), "write [put a 1]; get a");
}

#[test]
fn shrinking_gives_snapshots_the_smallest_numbers_that_matter() {
    let script = Script::of(
        "put a 1; snapshot 9; snapshot 4; put ab 2; cursor_at 7 a.. desc; get_at 4 a; snapshot 7; \
         release 4; scan_at 7 a<..b desc",
    );
    // Fails where of two snapshots one is let go and the other scanned.
    let fails = |script: &Script| {
        let at = |wanted: fn(&Op) -> bool| script.ops.iter().position(wanted);
        let released = at(|op| matches!(op, Op::Release(_)));
        let scanned = at(|op| matches!(op, Op::ScanAt(..)));
        let (Some(released), Some(scanned)) = (released, scanned) else {
            return false;
        };
        let taken = |op: usize, before: &[Op]| {
            let number = script.ops[op].snapshot().unwrap();
            before.contains(&Op::Snapshot(number))
        };
        let before = &script.ops[..released.min(scanned)];
        let numbers = [released, scanned].map(|op| script.ops[op].snapshot());
        numbers[0] != numbers[1] && taken(released, before) && taken(scanned, before)
    };
    assert!(fails(&script));
    assert_eq!(
        shrink(script, fails).to_string(),
        "snapshot 1; snapshot 2; release 1; scan_at 2 .."
    );
}

#[test]
#[ignore = "the test below runs it, with STRATA_SCRIPT set"]
fn ex_1_2_replayed() {
    small(Mistake::DeletesFirst).check(Level::Core);
}

#[test]
fn a_script_in_the_environment_is_all_that_is_checked() {
    let run = |script: &str| {
        let exe = std::env::current_exe().unwrap();
        let output = Command::new(exe)
            .args(["ex_1_2_replayed", "--ignored"])
            .env("STRATA_SCRIPT", script)
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (passed, _) = run("put a 1; get a");
    assert!(passed);
    let (passed, said) = run("write [put a 1, delete a]; get a");
    assert!(!passed);
    assert!(said.contains("found     a holds 1"), "{said}");
    let (passed, said) = run("put a");
    assert!(!passed);
    assert!(said.contains("a value is missing here"), "{said}");
}
