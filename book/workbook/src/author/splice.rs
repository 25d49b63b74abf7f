//! Replacing bodies by their byte spans; everything else stays as it is.

use crate::exercise::{ExerciseId, Site, Source};

/// Columns at which rustfmt breaks a line.
const LINE_WIDTH: usize = 100;

/// What an exercise says when it is called before it is written.
pub(super) fn todo_message(site: &Site) -> String {
    format!("exercise {}: {}", site.id, site.summary())
}

/// The text with every exercise's body taken out.
pub(super) fn unsolved(text: &str, source: &Source) -> String {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    edit(text, source, |out, site| {
        let indent = indent_of(text, site.start);
        out.push('{');
        for line in todo_lines(&todo_message(site), indent.len() + 4) {
            out.push_str(newline);
            out.push_str(indent);
            out.push_str("    ");
            out.push_str(&line);
        }
        out.push_str(newline);
        out.push_str(indent);
        out.push('}');
    })
}

/// The text with a question before every exercise's body: whether it is
/// switched off. No line moves, so that panics still say where they are from.
pub(super) fn switchable(
    text: &str,
    source: &Source,
    switch: impl Fn(ExerciseId) -> usize,
) -> String {
    edit(text, source, |out, site| {
        let (before, after) = (
            &text[site.body.start..site.first_statement],
            &text[site.first_statement..site.body.end],
        );
        let todo = todo_call(&todo_message(site));
        let index = switch(site.id);
        out.push_str(before);
        out.push_str(&format!(
            " if crate::{SWITCH_MODULE}::off({index}) {{ {todo}; }}"
        ));
        out.push_str(after);
    })
}

/// The module that [`switchable`] text asks; see [`switch_module`].
const SWITCH_MODULE: &str = "switched_off_by_the_ladder";

/// The environment variable that says which exercises are switched off, as in
/// `1.2,1.3`.
pub(super) const SWITCH_VARIABLE: &str = "STRATA_OFF";

/// The module behind [`switchable`] text, to be put at the end of the crate's
/// root. `exercises` are in the order of their switches.
pub(super) fn switch_module(exercises: &[ExerciseId]) -> String {
    let count = exercises.len();
    let names: Vec<String> = exercises
        .iter()
        .map(|id| format!("{:?}", id.to_string()))
        .collect();
    let names = names.join(", ");
    format!(
        r#"
#[doc(hidden)]
mod {SWITCH_MODULE} {{
    const NAMES: [&str; {count}] = [{names}];
    static OFF: std::sync::LazyLock<[bool; {count}]> = std::sync::LazyLock::new(|| {{
        let off = std::env::var("{SWITCH_VARIABLE}").unwrap_or_default();
        NAMES.map(|name| off.split(',').any(|other| other == name))
    }});
    pub(crate) fn off(index: usize) -> bool {{
        OFF[index]
    }}
}}
"#
    )
}

/// Copies `text`, with `body` writing in the place of each exercise's body.
fn edit(text: &str, source: &Source, body: impl Fn(&mut String, &Site)) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for site in &source.sites {
        out.push_str(&text[copied..site.body.start]);
        body(&mut out, site);
        copied = site.body.end;
    }
    out.push_str(&text[copied..]);
    out
}

/// `todo!("…")`, broken as rustfmt breaks it where it is too long.
fn todo_lines(message: &str, indent: usize) -> Vec<String> {
    let call = todo_call(message);
    if indent + call.chars().count() <= LINE_WIDTH {
        return vec![call];
    }
    let literal = literal(message);
    vec![
        "todo!(".to_owned(),
        format!("    {literal}"),
        ")".to_owned(),
    ]
}

fn todo_call(message: &str) -> String {
    format!("todo!({})", literal(message))
}

/// As a literal that is a format string without arguments.
fn literal(message: &str) -> String {
    format!("{:?}", message.replace('{', "{{").replace('}', "}}"))
}

/// The white space before whatever stands first on the line around `at`.
fn indent_of(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let rest = &text[line..];
    &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
impl Store {
    /// Writes `{key}` \u{2013} \"now\". And more.
    ///
    /// # Exercise 1.2
    pub fn put(&self) -> u8 {
        // ünder the lock
        1
    }

    // Given.
    fn given() {}
}
";

    #[test]
    fn only_the_body_changes() {
        let source = Source::parse(TEXT).expect("the text parses");
        let expected = TEXT.replace(
            "        // ünder the lock\n        1\n",
            "        todo!(\"exercise 1.2: Writes `{{key}}` \u{2013} \\\"now\\\"\")\n",
        );
        let derived = unsolved(TEXT, &source);
        assert_eq!(derived, expected);
        let parsed = Source::parse(&derived).expect("the derived text parses");
        assert!(parsed.sites[0].is_unwritten(&derived));
        assert!(!source.sites[0].is_unwritten(TEXT));
    }

    #[test]
    fn a_long_sentence_is_broken_as_rustfmt_does() {
        let long = TEXT
            .replace("And more.", "")
            .replace("now\".", &"n ".repeat(50));
        let source = Source::parse(&long).expect("the text parses");
        let derived = unsolved(&long, &source);
        assert!(derived.contains("        todo!(\n            \"exercise 1.2: "));
        let parsed = Source::parse(&derived).expect("the derived text parses");
        assert!(parsed.sites[0].is_unwritten(&derived));
    }

    #[test]
    fn line_endings_stay_what_they_are() {
        let dos = TEXT.replace('\n', "\r\n");
        let source = Source::parse(&dos).expect("the text parses");
        let derived = unsolved(&dos, &source);
        assert_eq!(
            derived.matches('\n').count(),
            derived.matches("\r\n").count()
        );
        let unix = Source::parse(TEXT).expect("the text parses");
        assert_eq!(derived.replace("\r\n", "\n"), unsolved(TEXT, &unix));
    }

    #[test]
    fn a_switch_moves_no_line_and_says_what_the_stub_says() {
        let source = Source::parse(TEXT).expect("the text parses");
        let switchable = switchable(TEXT, &source, |_| 7);
        let line = switchable.lines().nth(4).expect("the signature's line");
        assert!(line.contains("off(7) { todo!(\"exercise 1.2: Writes `{{key}}`"));
        assert_eq!(switchable.lines().count(), TEXT.lines().count());
    }
}
