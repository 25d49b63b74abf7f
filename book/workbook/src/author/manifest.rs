//! The manifest of a derived chapter.

use anyhow::{Context, Result};
use toml_edit::{Array, DocumentMut, Item, Table, Value, value};

use crate::workspace::SOLUTION_SUFFIX;

/// Until their bodies are written, stubs leave names unused, expectations unmet
/// and a `Vec` that nobody grows; a manifest cannot inherit lints and add to
/// them.
const LINTS: &str = r#"
# Until the exercises are solved, names are unused, expectations unmet, and a
# `Vec` that is handed in could be a slice.
[lints.rust]
unused = { level = "allow", priority = -1 }
unfulfilled_lint_expectations = "allow"

[lints.clippy]
ptr_arg = "allow"
"#;

/// Derives the manifest of a chapter from its solution's: another name and
/// other lints, and all else as it is.
pub(super) fn derive(text: &str) -> Result<String> {
    let mut manifest: DocumentMut = text.parse()?;
    let name = manifest
        .get_mut("package")
        .and_then(|package| package.get_mut("name"))
        .and_then(Item::as_value_mut)
        .context("there is no package.name")?;
    let derived = name
        .as_str()
        .and_then(|name| name.strip_suffix(SOLUTION_SUFFIX))
        .context("package.name does not end in `-solution`")?;
    let decor = name.decor().clone();
    *name = Value::from(derived);
    *name.decor_mut() = decor;

    let mut derived = manifest.clone();
    derived.remove("lints");
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let lints = LINTS.replace('\n', newline);
    Ok(format!(
        "{}{newline}{}",
        derived.to_string().trim_end(),
        lints
    ))
}

/// The manifest of a solution whose exercises can be switched off: with a feature
/// that it always has, so that cargo never takes what it compiles of it for the
/// solution itself.
pub(super) fn switchable(text: &str) -> Result<String> {
    const FEATURE: &str = "switchable";
    let mut manifest: DocumentMut = text.parse()?;
    let features = manifest["features"].or_insert(Item::Table(Table::new()));
    let features = features
        .as_table_like_mut()
        .context("features is no table")?;
    features.insert(FEATURE, value(Array::new()));
    let default = features.entry("default").or_insert(value(Array::new()));
    let default = default
        .as_array_mut()
        .context("features.default is no list")?;
    default.push(FEATURE);
    Ok(manifest.to_string())
}

/// Dependencies by path, each with its name. Two folders of the same depth
/// would make a derived chapter stand on the reader's earlier ones.
pub(super) fn path_dependencies(text: &str) -> Result<Vec<String>> {
    let manifest: DocumentMut = text.parse()?;
    let mut found = Vec::new();
    collect(manifest.as_table(), &mut found);
    Ok(found)
}

fn collect(table: &Table, found: &mut Vec<String>) {
    for (key, item) in table {
        let Some(inner) = item.as_table_like() else {
            continue;
        };
        if key.ends_with("dependencies") {
            let by_path = inner
                .iter()
                .filter(|(_, dependency)| dependency.get("path").is_some());
            found.extend(by_path.map(|(name, _)| name.to_owned()));
        } else if let Some(table) = item.as_table() {
            collect(table, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switchable_solution_has_a_feature_more() {
        for (text, default) in [
            ("[package]\nname = \"a\"\n", 1),
            ("[features]\nmine = []\n", 1),
            ("[features]\ndefault = [\"mine\"]\nmine = []\n", 2),
        ] {
            let changed: DocumentMut = switchable(text).unwrap().parse().unwrap();
            let features = &changed["features"];
            assert!(features["switchable"].is_array(), "{changed}");
            let names = features["default"].as_array().unwrap();
            assert_eq!(names.len(), default, "{changed}");
        }
    }

    #[test]
    fn name_and_lints_change_and_nothing_else() {
        let text = "\
# A comment.
[package]
name = \"memory-solution\" # its name
description = \"x\"

[dependencies]
engine.workspace = true # why

[lints]
workspace = true
";
        let derived = derive(text).expect("a manifest");
        insta::assert_snapshot!(derived, @r#"
        # A comment.
        [package]
        name = "memory" # its name
        description = "x"

        [dependencies]
        engine.workspace = true # why

        # Until the exercises are solved, names are unused, expectations unmet, and a
        # `Vec` that is handed in could be a slice.
        [lints.rust]
        unused = { level = "allow", priority = -1 }
        unfulfilled_lint_expectations = "allow"

        [lints.clippy]
        ptr_arg = "allow"
        "#);
        assert!(derive(&derived).is_err(), "derived once, not twice");
    }

    #[test]
    fn paths_are_found_in_every_kind_of_dependencies() {
        let text = "\
[dependencies]
a = { path = \"../a\" }
b.workspace = true
[target.'cfg(unix)'.dev-dependencies.c]
path = \"../c\"
";
        assert_eq!(path_dependencies(text).expect("a manifest"), ["a", "c"]);
    }
}
