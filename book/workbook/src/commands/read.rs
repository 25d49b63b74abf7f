//! `read`: a page of the book, in the terminal.

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::str::FromStr;

use anyhow::{Context, Result, bail};

use super::{desk, not_understood};
use crate::desk::Desk;
use crate::fault::{Faults, slashes};
use crate::markdown::terminal::{Show, shown};
use crate::outline::{Outline, PageName};
use crate::preprocess::{PAGES, Resolver};
use crate::{printed, report};

/// Which page to read.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// An exercise, as in 1.3, a chapter, as in 1, the name of a page, as in
    /// glossary, or its path; the page of what is next if left out.
    #[arg(value_name = "PAGE")]
    pub page: Option<String>,

    /// Show what is folded: so many of the blocks, as in 2,3, or all.
    #[arg(long, value_name = "N|all", value_delimiter = ',')]
    pub unfold: Vec<Unfold>,
}

/// What is shown of what is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfold {
    /// Every block.
    All,
    /// The block of that number.
    Number(usize),
}

impl FromStr for Unfold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            number => number
                .parse()
                .map(Self::Number)
                .map_err(|_| "write a block's number, as in 2, or all".to_owned()),
        }
    }
}

/// Shows the page, through the reader's pager where there is one.
///
/// # Errors
///
/// Fails if there is no such page, or with the place of a fault in it.
pub fn run(args: &Args) -> Result<ExitCode> {
    let desk = desk()?;
    let root = desk.workspace().root();
    let (page, part) = match &args.page {
        None => (page_of_next(&desk)?, None),
        Some(asked) => {
            let (name, part) = asked.split_once('#').unzip();
            (found(desk.outline(), name.unwrap_or(asked))?, part)
        }
    };
    let name = page.name.clone();
    let page = Path::new(PAGES).join(&page.page);
    let text = fs::read_to_string(root.join(&page))
        .with_context(|| format!("cannot read {}", slashes(&page)))?;
    let mut faults = Faults::default();
    let text = Resolver::new(root).page(&page, &text, &mut faults);
    faults.into_result()?;
    let text = printed::shown(&text);
    let show = Show {
        link: &|link| leads_to(desk.outline(), link),
        unfold: &|number| {
            let is_it = |unfold: &Unfold| [Unfold::All, Unfold::Number(number)].contains(unfold);
            args.unfold.iter().any(is_it)
        },
        part,
    };
    let shown = shown(&text, &show);
    if let Some(wrong) = not_there(&args.unfold, shown.folds) {
        return Ok(not_understood(&wrong));
    }
    if shown.text.is_empty() {
        bail!(
            "the page has no part `#{}`; to read all of it:\n  cargo run -- read {name}",
            part.unwrap_or_default()
        );
    }
    let mut text = shown.text + "\n";
    if shown.is_folded {
        text.push_str(&format!(
            "\nWhat is folded: cargo run -- read {name} --unfold 1 (or all)\n"
        ));
    }
    if name == GLOSSARY {
        text.push_str(&brackets(desk.outline(), &shown_chapters(&text)));
    }
    page_through(&text);
    Ok(ExitCode::SUCCESS)
}

/// The page of the words, each of which names its chapters.
const GLOSSARY: &str = "glossary";

/// What stands in brackets behind a word: `(1)`, or `(0, 1)`.
fn shown_chapters(text: &str) -> Vec<u32> {
    let inside = text.split('(').filter_map(|rest| rest.split_once(')'));
    let numbers = inside.filter_map(|(inside, _)| {
        let numbers = inside.split(',').map(|number| number.trim().parse());
        numbers.collect::<Result<Vec<u32>, _>>().ok()
    });
    numbers.flatten().collect()
}

/// Says what numbers in brackets mean, if there are any.
fn brackets(outline: &Outline, numbers: &[u32]) -> String {
    if numbers.is_empty() {
        return String::new();
    }
    let words = "\nA number in brackets is the chapter that explains the word";
    let written = numbers.iter().find(|n| outline.chapter(**n).is_some());
    match written {
        Some(number) => format!("{words}:\n  cargo run -- read {number}\n"),
        None => format!("{words}.\n"),
    }
}

/// What is wrong with the numbers of blocks, of which there are so many.
fn not_there(unfold: &[Unfold], folds: usize) -> Option<String> {
    let number = unfold.iter().find_map(|unfold| match unfold {
        Unfold::Number(number) if !(1..=folds).contains(number) => Some(number),
        _ => None,
    })?;
    let there = match folds {
        0 => "the page has no folded blocks".to_owned(),
        1 => "the page has one folded block: 1".to_owned(),
        more => format!("the page has {more} folded blocks: 1 to {more}, or all"),
    };
    Some(format!("`--unfold {number}`: {there}"))
}

fn page_of_next(desk: &Desk) -> Result<PageName> {
    let (progress, _) = desk.known();
    let pages = desk.outline().names();
    let next = progress.next.as_deref();
    let page = pages.iter().find(|page| Some(page.name.as_str()) == next);
    let page = page.or(pages.first()).cloned();
    page.context("the book has no pages yet")
}

/// The page of a name, a title or a path.
fn found(outline: &Outline, asked: &str) -> Result<PageName> {
    let pages = outline.names();
    let bare = asked.trim_start_matches("./").replace('\\', "/");
    let bare = bare.strip_prefix(&format!("{PAGES}/")).unwrap_or(&bare);
    let bare = bare.trim_end_matches(".md").trim_end_matches(".html");
    let is_it = |page: &&PageName| {
        page.name.eq_ignore_ascii_case(bare)
            || page.title.eq_ignore_ascii_case(asked)
            || slashes(&page.page.with_extension("")) == bare
    };
    if let Some(page) = pages.iter().find(is_it) {
        return Ok(page.clone());
    }
    let all: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    let near = near(&all, bare);
    let there = match near.is_empty() {
        true => format!("there are:\n{}", all.join(", ")),
        false => format!("did you mean {}?", near.join(" or ")),
    };
    bail!("there is no page `{asked}`; {there}")
}

/// The names that hold what was typed, or are spelled much like it.
fn near<'n>(names: &[&'n str], typed: &str) -> Vec<&'n str> {
    /// From 0 for nothing in common to 1 for the same.
    const ALIKE: f32 = 0.6;
    let typed = typed.to_lowercase();
    let is_near = |name: &&&str| {
        let ratio = similar::TextDiff::from_chars(typed.as_str(), name).ratio();
        typed.len() > 1 && name.contains(&typed) || ratio >= ALIKE
    };
    names.iter().filter(is_near).copied().collect()
}

/// What stands behind a link: the name of a page as `read` takes it, or where
/// the web goes on.
fn leads_to(outline: &Outline, link: &str) -> Option<String> {
    if link.contains("://") {
        return Some(link.to_owned());
    }
    let (path, part) = match link.split_once('#') {
        Some((path, part)) => (path, format!("#{part}")),
        None => (link, String::new()),
    };
    let file = path.rsplit("../").next().unwrap_or(path);
    let pages = outline.names();
    // A page is linked from its own folder, or from the book's.
    let whole = pages.iter().find(|page| slashes(&page.page) == file);
    let below = || {
        let ends = format!("/{file}");
        pages
            .iter()
            .find(|page| slashes(&page.page).ends_with(&ends))
    };
    let page = whole.or_else(below).filter(|_| !path.is_empty())?;
    Some(format!("{}{part}", page.name))
}

/// Prints through the reader's pager, if stdout is a terminal and they name
/// one; else as everything else is printed.
fn page_through(text: &str) {
    let pager = env::var("PAGER")
        .ok()
        .filter(|_| io::stdout().is_terminal());
    let words = pager.and_then(|pager| shlex::split(&pager));
    if !words.is_some_and(|words| pipe(&words, text)) {
        report::say(text);
    }
}

/// Whether the pager took it.
fn pipe(words: &[String], text: &str) -> bool {
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped());
    if env::var_os("LESS").is_none() {
        // As git asks it: colours, and no waiting where one screen is enough.
        command.env("LESS", "FRX");
    }
    let Ok(mut pager) = command.spawn() else {
        return false;
    };
    if let Some(mut stdin) = pager.stdin.take() {
        // Whoever quits early has read enough.
        let _ = stdin.write_all(text.as_bytes());
    }
    let _ = pager.wait();
    true
}
