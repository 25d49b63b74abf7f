//! Three texts of a file, merged.

use std::path::Path;

use crate::shipped::{Body, bodies, with_bodies};

/// Merges what became of `base` on the reader's side with what became of it in
/// the workbook.
///
/// # Errors
///
/// Fails, with the reason in a sentence, where both changed the same.
pub fn merge(path: &Path, base: &[u8], yours: &[u8], new: &[u8]) -> Result<Vec<u8>, String> {
    let text = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).map(|text| text.replace("\r\n", "\n"));
        text.map_err(|_| "It is not text.".to_owned())
    };
    let (base, mine, new_text) = (text(base)?, text(yours)?, text(new)?);
    if mine.lines().any(|line| line.starts_with("<<<<<<< ")) {
        return Err(
            "It holds git's marks of a conflict. To keep your side of it: \
            `git merge --abort`, and then `git pull --no-rebase -X ours`."
                .to_owned(),
        );
    }
    let is_rust = path.extension().is_some_and(|extension| extension == "rs");
    let merged = if is_rust && with_bodies(&mine, |_| None).is_some() {
        by_function(&base, &mine, &new_text)?
    } else {
        by_line(&base, &mine, &new_text)?
    };
    // The reader's editor decides how lines end.
    let merged = match yours.windows(2).any(|pair| pair == b"\r\n") {
        true => merged.replace('\n', "\r\n"),
        false => merged,
    };
    Ok(merged.into_bytes())
}

fn by_line(base: &str, mine: &str, new: &str) -> Result<String, String> {
    diffy::merge(base, mine, new)
        .map_err(|_| "You and the new edition changed the same lines.".to_owned())
}

/// Merges everything but the bodies of exercises by lines, and puts the
/// reader's bodies back in.
fn by_function(base: &str, mine: &str, new: &str) -> Result<String, String> {
    let merged = by_line(&skeleton(base), &skeleton(mine), &skeleton(new))?;
    let mut merged = merged;
    let theirs = bodies(new);
    let mut written: Vec<Body> = bodies(mine);
    written.retain(|body| !body.unwritten);
    for body in theirs.iter().chain(&written) {
        let token = token(body);
        let ours = written
            .iter()
            .find(|w| w.id == body.id && w.function == body.function);
        match merged.matches(&token).count() {
            1 => {
                let text = &ours.unwrap_or(body).text;
                merged = merged.replacen(&token, text, 1);
            }
            // Put back already, in its place among theirs.
            0 if theirs
                .iter()
                .any(|t| t.id == body.id && t.function == body.function) => {}
            _ => {
                return Err(format!(
                    "`{}` of exercise {}, which you wrote, is not in the new edition.",
                    body.function, body.id
                ));
            }
        }
    }
    if with_bodies(&merged, |_| None).is_none() || merged.contains(TOKEN) {
        return Err("You and the new edition changed the same functions.".to_owned());
    }
    Ok(merged)
}

const TOKEN: &str = "/*strata body ";

/// What stands for a body while the rest is merged: one line.
fn token(body: &Body) -> String {
    format!("{{{TOKEN}{} {}*/}}", body.id, body.function)
}

fn skeleton(text: &str) -> String {
    with_bodies(text, |body| Some(token(body))).unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "use std::io;\n\n/// Puts.\n///\n/// # Exercise 1.1\nfn put() {\n    todo!(\"exercise 1.1: Puts\")\n}\n\n\
        /// Gets.\n///\n/// # Exercise 1.2\nfn get() {\n    todo!(\"exercise 1.2: Gets\")\n}\n";

    fn merged(mine: &str, new: &str) -> Result<String, String> {
        let merged = merge(
            Path::new("a.rs"),
            BASE.as_bytes(),
            mine.as_bytes(),
            new.as_bytes(),
        );
        merged.map(|bytes| String::from_utf8(bytes).expect("text"))
    }

    fn mine() -> String {
        BASE.replace("todo!(\"exercise 1.1: Puts\")", "mine();")
            .replace("use std::io;", "use std::fs;\nuse std::io;")
    }

    #[test]
    fn a_sentence_mended_beside_a_written_body_is_no_conflict() {
        let new = BASE
            .replace("Puts", "Puts an entry")
            .replace("Gets", "Gets one");
        let merged = merged(&mine(), &new).expect("no conflict");
        assert!(merged.contains("/// Puts an entry.") && merged.contains("    mine();\n"));
        assert!(merged.contains("use std::fs;"), "{merged}");
        assert!(
            merged.contains("todo!(\"exercise 1.2: Gets one\")"),
            "{merged}"
        );
    }

    #[test]
    fn a_new_function_comes_and_a_new_signature_stays_with_the_body() {
        let new = BASE
            .replace("fn put()", "fn put(n: u8)")
            .replace("/// Gets.", "/// Given.\nfn given() {}\n\n/// Gets.");
        let merged = merged(&mine(), &new).expect("no conflict");
        assert!(
            merged.contains("fn put(n: u8) {\n    mine();\n}"),
            "{merged}"
        );
        assert!(merged.contains("fn given() {}"), "{merged}");
    }

    #[test]
    fn what_cannot_be_merged_is_said() {
        let gone = BASE.replace("fn put()", "fn insert()");
        let why = merged(&mine(), &gone).expect_err("a conflict");
        assert_eq!(
            why,
            "`put` of exercise 1.1, which you wrote, is not in the new edition."
        );
        let both = mine().replace("use std::fs;\nuse std::io;", "use a::b;");
        let why = merged(&both, &BASE.replace("std::io", "std::net")).expect_err("a conflict");
        assert_eq!(why, "You and the new edition changed the same lines.");
        let marked = format!("<<<<<<< HEAD\n{BASE}");
        assert!(merged(&marked, &BASE.replace("Puts", "P")).is_err());
    }

    #[test]
    fn what_git_has_merged_already_is_no_conflict() {
        let new = BASE
            .replace("Gets", "Gets one")
            .replace("std::io", "std::net");
        let half = mine().replace("Gets", "Gets one");
        let merged = merged(&half.replace("use std::fs;\n", ""), &new).expect("no conflict");
        assert!(
            merged.contains("use std::net;") && merged.contains("mine();"),
            "{merged}"
        );
        assert!(
            merged.contains("todo!(\"exercise 1.2: Gets one\")"),
            "{merged}"
        );
    }

    #[test]
    fn line_endings_stay_the_readers() {
        let new = BASE.replace("Gets", "Gets one");
        let merged = merged(&mine().replace('\n', "\r\n"), &new).expect("no conflict");
        assert_eq!(merged.matches('\n').count(), merged.matches("\r\n").count());
    }
}
