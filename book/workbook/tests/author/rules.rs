//! Every rule about solutions, broken.

use crate::support::{Fixture, SOLUTION};

/// The complaint about the fixture with its `lib.rs` changed.
fn complaint(from: &str, to: &str) -> String {
    let fixture = Fixture::new();
    fixture.edit_solution("lib.rs", from, to);
    fixture.author_fails(&["derive"])
}

#[test]
fn a_const_fn_is_no_exercise() {
    insta::assert_snapshot!(complaint("pub fn find(", "pub const fn find("));
}

#[test]
fn a_function_that_returns_impl_trait_is_no_exercise() {
    let to = "pub fn find(&self, title: &str) -> Option<impl Copy>";
    insta::assert_snapshot!(complaint(
        "pub fn find(&self, title: &str) -> Option<usize>",
        to
    ));
}

#[test]
fn drop_is_no_exercise() {
    let from = "/// Searches";
    let to = "impl Drop for Shelf {\n    /// Burns it.\n    ///\n    /// # Exercise 1.3\n    \
              fn drop(&mut self) {}\n}\n\n/// Searches";
    insta::assert_snapshot!(complaint(from, to));
}

#[test]
fn a_function_has_one_number() {
    let from = "/// # Exercise 1.2\n";
    let to = "/// # Exercise 1.2\n    ///\n    /// # Exercise 1.3\n";
    insta::assert_snapshot!(complaint(from, to));
}

#[test]
fn an_exercise_within_an_exercise_would_vanish() {
    let from = "        match self.find(title) {";
    let to = "        /// Helps.\n        ///\n        /// # Exercise 1.3\n        \
              fn help() {}\n        match self.find(title) {";
    insta::assert_snapshot!(complaint(from, to));
}

#[test]
fn a_heading_that_makes_no_exercise_is_a_mistake() {
    let from = "    /// # Exercise 1.2\n";
    insta::assert_snapshot!(complaint(from, "    /// ## Exercise 1.2: finding\n"));
}

#[test]
fn an_exercise_belongs_to_its_chapter() {
    insta::assert_snapshot!(complaint("# Exercise 1.3", "# Exercise 2.3"));
}

#[test]
fn numbers_have_no_gap() {
    let fixture = Fixture::new();
    fixture.edit_solution("lib.rs", "# Exercise 1.3", "# Exercise 1.4");
    fixture.edit_solution("tests/ex_1_3.rs", "ex_1_3_", "ex_1_4_");
    insta::assert_snapshot!(fixture.author_fails(&["derive"]));
}

#[test]
fn an_exercise_begins_with_a_sentence() {
    let from = "    /// Says at which place a book stands, counted from 0.\n    ///\n";
    insta::assert_snapshot!(complaint(from, ""));
}

#[test]
fn an_example_of_an_exercise_does_not_run() {
    let from = "    /// # Exercise 1.2\n";
    let to = "    /// ```\n    /// assert!(true);\n    /// ```\n    ///\n    /// # Exercise 1.2\n";
    insta::assert_snapshot!(complaint(from, to));
}

#[test]
fn an_example_that_does_not_run_is_welcome() {
    let fixture = Fixture::new();
    let to = "    /// ```text\n    /// [Emma][Ulysses]\n    /// ```\n    ///\n    \
              /// # Exercise 1.2\n";
    fixture.edit_solution("lib.rs", "    /// # Exercise 1.2\n", to);
    fixture.author_ok(&["derive"]);
}

#[test]
fn an_exercise_has_a_test() {
    let fixture = Fixture::new();
    fixture.edit_solution("tests/ex_1_3.rs", "fn ex_1_3_", "fn ");
    insta::assert_snapshot!(fixture.author_fails(&["derive"]));
}

#[test]
fn a_test_has_an_exercise() {
    let fixture = Fixture::new();
    fixture.edit_solution(
        "tests/ex_1_2.rs",
        "fn ex_1_2_find_says",
        "fn ex_1_7_find_says",
    );
    insta::assert_snapshot!(fixture.author_fails(&["derive"]));
}

#[test]
fn a_test_neither_panics_on_purpose_nor_sits_out_nor_sleeps() {
    let fixture = Fixture::new();
    let file = format!("{SOLUTION}/src/tests/ex_1_3.rs");
    fixture.write(
        &file,
        "\
use super::shelf;

#[test]
#[should_panic(expected = \"no such book\")]
fn ex_1_3_panics() {
    shelf(&[]).take(\"Emma\");
}

#[test]
#[ignore]
fn ex_1_3_sits_out() {}

fn ex_1_3_never_runs() {}

#[test]
fn ex_1_3_sleeps() {
    std::thread::sleep(std::time::Duration::from_millis(1));
}
",
    );
    insta::assert_snapshot!(fixture.author_fails(&["derive"]));
}

#[test]
fn a_solution_neither_names_itself_nor_takes_the_readers_chapters() {
    let fixture = Fixture::new();
    fixture.edit_solution("tests.rs", "use crate::Shelf", "use shelf_solution::Shelf");
    let manifest = format!("{SOLUTION}/Cargo.toml");
    let dependency = "[dependencies]\nwood = { path = \"../ch00-wood\" }\n\n[lints]";
    fixture.edit(&manifest, "[lints]", dependency);
    insta::assert_snapshot!(fixture.author_fails(&["derive"]));
}

#[test]
fn a_source_that_does_not_parse_is_named() {
    insta::assert_snapshot!(complaint("pub struct Shelf {", "pub struct Shelf ["));
}

#[test]
fn a_solution_is_called_one() {
    let fixture = Fixture::new();
    fixture.edit(format!("{SOLUTION}/Cargo.toml"), "shelf-solution", "shelf");
    let complaint = fixture.author_fails(&["derive"]);
    assert!(
        complaint.contains("call it `shelf-solution`"),
        "{complaint}"
    );
}
