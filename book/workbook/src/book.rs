//! The book, rendered.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;

use crate::fault::slashes;
use crate::files;
use crate::preprocess::Directives;

/// What a build did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Built {
    /// Files of the rendered book that are new, different or gone, as URLs.
    pub changed: Vec<String>,
    /// What mdBook warned of, a line each.
    pub warnings: Vec<String>,
}

/// Renders the book of the repository at `root` into `out`.
///
/// The book is rendered beside `out` first, and only what differs is moved
/// over: a fault in a page leaves the last good book in place, a browser never
/// meets half a book, and two programs may render at the same time.
///
/// # Errors
///
/// Fails with the faults of the pages, or with mdBook's reason.
pub fn build(root: &Path, out: &Path) -> Result<Built> {
    build_for(root, out, None)
}

/// As [`build`], for a place in the web: `site_url` is the path at which `out`
/// will stand there, as in `/strata/`. Only the page for addresses that lead
/// nowhere needs to know it, since it is shown at any of them.
///
/// # Errors
///
/// As [`build`].
pub fn build_for(root: &Path, out: &Path, site_url: Option<&str>) -> Result<Built> {
    fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let above = out.parent().unwrap_or(Path::new("."));
    let fresh = tempfile::Builder::new()
        .prefix(".book-")
        .tempdir_in(above)
        .with_context(|| format!("cannot write in {}", above.display()))?;
    let warnings = render(root, fresh.path(), site_url)?;
    let changed = mirror(fresh.path(), out)
        .with_context(|| format!("cannot write the book into {}", out.display()))?;
    Ok(Built { changed, warnings })
}

/// Renders into an empty folder and answers mdBook's warnings.
fn render(root: &Path, out: &Path, site_url: Option<&str>) -> Result<Vec<String>> {
    let folder = root.join("book");
    let mut config = Config::from_disk(folder.join("book.toml"))
        .with_context(|| "cannot read book/book.toml".to_owned())?;
    config.build.build_dir = out.to_path_buf();
    config.build.create_missing = false;
    if let Some(site_url) = site_url {
        config.set("output.html.site-url", site_url)?;
    }
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(log.clone())
        .with_ansi(false)
        .without_time()
        .with_level(false)
        .with_target(false)
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let mut book = MDBook::load_with_config(&folder, config.clone())?;
        // Takes the place of the command of the same name in `book.toml`.
        book.with_preprocessor(Directives::default());
        book.build()
    })?;
    index_what_is_not_folded(&folder, config, out)?;
    Ok(log.lines())
}

/// The file that the pages search in.
const INDEX: &str = "searchindex.js";

/// Takes hints and answers out of what the search finds.
///
/// mdBook indexes all that it renders, so the pages are rendered a second time
/// without them, for the index alone.
fn index_what_is_not_folded(folder: &Path, mut config: Config, out: &Path) -> Result<()> {
    if !out.join(INDEX).is_file() {
        return Ok(());
    }
    let beside = tempfile::tempdir_in(out).context("cannot write beside the pages")?;
    config.build.build_dir = beside.path().to_path_buf();
    config.set("output.html.print.enable", false)?;
    // What it warns of, it has warned of already.
    tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), || {
        let mut book = MDBook::load_with_config(folder, config)?;
        book.with_preprocessor(Directives {
            without_folds: true,
        });
        book.build()
    })?;
    fs::rename(beside.path().join(INDEX), out.join(INDEX)).context("cannot write the index")
}

/// Makes `to` hold what `from` holds, and answers the files that differed.
fn mirror(from: &Path, to: &Path) -> Result<Vec<String>> {
    let new = files::below(from)?;
    let mut changed = Vec::new();
    for file in &new {
        let bytes = fs::read(from.join(file))?;
        let target = to.join(file);
        if fs::read(&target).is_ok_and(|old| old == bytes) {
            continue;
        }
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::rename(from.join(file), &target)?;
        changed.push(slashes(file));
    }
    for file in files::below(to)? {
        if new.binary_search(&file).is_err() {
            files::remove(to, &file)?;
            changed.push(slashes(&file));
        }
    }
    Ok(changed)
}

/// Collects what mdBook logs.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&bytes);
        text.lines().map(|line| line.trim().to_owned()).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
