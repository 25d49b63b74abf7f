//! A report in files, each of which is whole or not there.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Report;
use super::html::{html, slug};
use super::markdown::markdown;
use super::page::{Block, Page};

/// The files of a report, the one for people first.
pub const REPORT: [&str; 3] = ["report.html", "report.md", "report.json"];

/// Writes a report: first what cannot be made again.
///
/// # Errors
///
/// Fails where a file cannot be written.
pub fn write_report(report: &Report, directory: &Path) -> Result<()> {
    let [page_file, text_file, data_file] = REPORT.map(|name| directory.join(name));
    write(&data_file, &serde_json::to_string(report)?)?;
    let page = Page::of(report);
    write(&text_file, &markdown(&page))?;
    write(&page_file, &html(&page)?)
}

/// Writes each plot of a report as an SVG file, named by what it shows, for
/// pages that include it: its colours are theirs. Answers how many there are.
///
/// # Errors
///
/// Fails where a file cannot be written.
pub fn write_plots(report: &Report, directory: &Path) -> Result<usize> {
    let page = Page::of(report);
    let plots = page.blocks.iter().flat_map(|block| match block {
        Block::Plots(plots) => plots.as_slice(),
        _ => &[],
    });
    let mut written = 0;
    for plot in plots.filter(|plot| !plot.is_empty()) {
        let name = slug(plot.title());
        write(&directory.join(format!("{name}.svg")), &plot.svg(&name)?)?;
        written += 1;
    }
    Ok(written)
}

/// Writes a file whole, or leaves what was there.
///
/// # Errors
///
/// Fails where it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    let beside = path.with_file_name(name);
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // It may never have been there.
        let _ = fs::remove_file(&beside);
    }
    written.with_context(|| format!("`{}` cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_report_is_three_files_and_nothing_beside_them() {
        let directory = tempfile::tempdir().unwrap();
        let report = fixture::report();
        for _ in 0..2 {
            write_report(&report, directory.path()).unwrap();
            let entries = fs::read_dir(directory.path()).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort_unstable();
            assert_eq!(names, ["report.html", "report.json", "report.md"]);
        }
        assert!(Report::read(&directory.path().join("report.json")).is_ok());
    }

    #[test]
    fn a_plot_is_a_file_named_by_what_it_shows() {
        let directory = tempfile::tempdir().unwrap();
        let written = write_plots(&fixture::report(), directory.path()).unwrap();
        let entries: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
        assert!(written > 0 && entries.len() == written);
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let svg = fs::read_to_string(path).unwrap();
            assert!(svg.starts_with("<svg "), "{name}");
            assert!(svg.contains(&format!("id=\"{name}-title\"")), "{name}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named_and_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let taken = directory.path().join("report.md");
        fs::create_dir_all(taken.join("inside")).unwrap();
        let error = write(&taken, "text").unwrap_err().to_string();
        assert!(error.contains("report.md"), "{error}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
