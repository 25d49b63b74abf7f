//! Test functions and what they must not do, found among a file's tokens.
//!
//! Tokens rather than syntax, because tests may stand inside of macros
//! (`proptest! { … }`), whose contents no parser of Rust sees.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{Attribute, parse::Parser};

use crate::exercise::ExerciseId;

/// What a scan of one file found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Functions that are tests, or are named like an exercise's.
    pub(super) tests: Vec<TestFn>,
    /// Lines on which a function called `sleep` is called.
    pub(super) sleeps: Vec<usize>,
}

/// A function that is a test, or is named like an exercise's.
#[derive(Debug)]
pub(super) struct TestFn {
    pub(super) name: String,
    pub(super) line: usize,
    /// From the name alone: `ex_2_3_…`.
    pub(super) exercise: Option<ExerciseId>,
    pub(super) is_test: bool,
    pub(super) should_panic: bool,
    pub(super) ignored: bool,
}

/// Scans a file that is known to parse.
pub(super) fn scan(text: &str) -> Scan {
    let mut found = Scan::default();
    let tokens = text.trim_start_matches('\u{feff}').parse();
    walk(tokens.unwrap_or_default(), &mut found);
    found
}

fn walk(tokens: TokenStream, found: &mut Scan) {
    let mut attributes: Vec<Attribute> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                if let Some(TokenTree::Group(brackets)) = tokens.peek()
                    && brackets.delimiter() == Delimiter::Bracket
                {
                    attributes.extend(attribute(brackets.stream()));
                    tokens.next();
                }
            }
            TokenTree::Ident(word) if word == "fn" => {
                if let Some(TokenTree::Ident(name)) = tokens.peek() {
                    found.tests.extend(test_fn(name, &attributes));
                }
                attributes.clear();
            }
            // What may stand between a function's attributes and its `fn`.
            TokenTree::Ident(word)
                if ["pub", "async", "unsafe", "const", "extern"]
                    .iter()
                    .any(|w| word == w) => {}
            TokenTree::Group(group) => {
                if group.delimiter() != Delimiter::Parenthesis {
                    attributes.clear();
                }
                walk(group.stream(), found);
            }
            TokenTree::Ident(word) => {
                attributes.clear();
                let called = matches!(tokens.peek(), Some(TokenTree::Group(group))
                    if group.delimiter() == Delimiter::Parenthesis);
                if word == "sleep" && called {
                    found.sleeps.push(word.span().start().line);
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => attributes.clear(),
        }
    }
}

fn attribute(inside: TokenStream) -> Vec<Attribute> {
    let whole = quote_attribute(inside);
    Attribute::parse_outer.parse2(whole).unwrap_or_default()
}

/// `#[inside]`, as tokens.
fn quote_attribute(inside: TokenStream) -> TokenStream {
    use proc_macro2::{Group, Punct, Spacing};
    [
        TokenTree::Punct(Punct::new('#', Spacing::Alone)),
        TokenTree::Group(Group::new(Delimiter::Bracket, inside)),
    ]
    .into_iter()
    .collect()
}

fn test_fn(name: &Ident, attributes: &[Attribute]) -> Option<TestFn> {
    let has = |wanted: &str| {
        attributes.iter().any(|a| {
            let last = a.path().segments.last();
            last.is_some_and(|segment| segment.ident == wanted)
        })
    };
    let test = TestFn {
        name: name.to_string(),
        line: name.span().start().line,
        exercise: ExerciseId::of_test(&name.to_string()),
        is_test: has("test"),
        should_panic: has("should_panic"),
        ignored: has("ignore"),
    };
    (test.is_test || test.exercise.is_some()).then_some(test)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_found_in_modules_and_macros() {
        let found = scan(
            "fn plain() {}\n\
             mod m { /// Docs.\n#[test]\n#[should_panic = \"x\"]\nfn ex_1_2_a() {} }\n\
             proptest! { #![config]\n#[test]\nfn ex_1_3_b(x in 0..3) { thread::sleep(d); } }\n\
             fn ex_1_4_no_attribute() {}\n\
             #[tokio::test]\n#[ignore]\npub(crate) async fn other() { sleep; sleep(1) }\n",
        );
        let shown: Vec<String> = found
            .tests
            .iter()
            .map(|t| format!("{} {} {}", t.line, t.name, t.is_test))
            .collect();
        assert_eq!(
            shown,
            [
                "5 ex_1_2_a true",
                "8 ex_1_3_b true",
                "9 ex_1_4_no_attribute false",
                "12 other true"
            ]
        );
        assert!(found.tests[0].should_panic && found.tests[3].ignored);
        assert_eq!(found.sleeps, [8, 12]);
    }
}
