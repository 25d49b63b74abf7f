//! `author render`: the book as files, for a server that knows nothing of it.
//!
//! The pages are those that `cargo run` serves, without the progress in them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::book;
use crate::fault::{Fault, Faults};
use crate::files;
use crate::preprocess::PAGES;
use crate::workspace::Workspace;

/// Stands in a folder whose files are all this command's to remove.
const MARK: &str = ".strata-book";
/// Tells GitHub Pages to hand the files out as they are.
const AS_IT_IS: &str = ".nojekyll";

/// What was rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The page to begin with.
    pub start: PathBuf,
    /// Files of the book.
    pub files: usize,
    /// Those that are new, different or gone.
    pub changed: usize,
}

/// Renders the book into `dir`. What else an earlier book left there goes.
///
/// `site_url` is the path at which `dir` will stand on its site.
///
/// # Errors
///
/// Fails with the faults of the pages, and for a folder that holds anything
/// but such a book: nothing that somebody else put there is removed.
pub fn render(workspace: &Workspace, dir: &Path, site_url: Option<&str>) -> Result<Rendered> {
    let dir = std::path::absolute(dir).context("the folder has no name")?;
    refuse_what_is_not_ours(workspace, &dir)?;
    fs::create_dir_all(&dir)
        .and_then(|()| fs::write(dir.join(MARK), "Made by `author render`.\n"))
        .and_then(|()| fs::write(dir.join(AS_IT_IS), ""))
        .with_context(|| format!("cannot write in {}", dir.display()))?;
    let built = book::build_for(workspace.root(), &dir, site_url)?;
    let mut faults = Faults::default();
    for warning in built.warnings {
        let what = format!("mdBook warns: {warning}");
        faults.0.push(Fault::of(PAGES, what));
    }
    faults.into_result()?;
    Ok(Rendered {
        start: dir.join("index.html"),
        files: files::below(&dir)?.len(),
        changed: built.changed.len(),
    })
}

fn refuse_what_is_not_ours(workspace: &Workspace, dir: &Path) -> Result<()> {
    let pages = std::path::absolute(workspace.root().join(PAGES))?;
    if dir.starts_with(&pages) {
        bail!(
            "{} is among the pages: choose another folder",
            dir.display()
        );
    }
    let mut entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e).with_context(|| format!("cannot list {}", dir.display())),
    };
    if entries.next().is_some() && !dir.join(MARK).is_file() {
        bail!(
            "{} holds files that are not a rendered book's, and they would be \
             removed: choose a folder that is new or empty",
            dir.display()
        );
    }
    Ok(())
}

/// A path on a site: it begins and ends with a slash, since pages are found by
/// what is put behind it.
pub(super) fn site_url(text: &str) -> Result<String, String> {
    let path = format!("/{}/", text.trim_matches('/')).replace("//", "/");
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~%".contains(c);
    if path.chars().all(plain) {
        Ok(path)
    } else {
        Err("write the path alone, as in /strata/".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_url_stands_between_slashes() {
        for (given, meant) in [
            ("/strata/", "/strata/"),
            ("/strata", "/strata/"),
            ("strata", "/strata/"),
            ("a/b", "/a/b/"),
            ("/", "/"),
            ("", "/"),
        ] {
            assert_eq!(site_url(given).as_deref(), Ok(meant));
        }
        for wrong in ["https://example.org/strata/", "/a b/", "/?q"] {
            assert!(site_url(wrong).is_err(), "{wrong}");
        }
    }
}
