//! `inspect`: the files of an engine, byte by byte, with what each byte means.
//!
//! Files are opened to be read and for nothing else. No engine is opened and
//! no lock is taken, so that what another program has open can be looked at,
//! and what no engine opens any more, too.
//!
//! What only all files of a directory together say, such as which records are
//! live, is asked first, and of whole directories only. So each file is read
//! twice then, the second time most likely from the system's cache; no more
//! than one of them is in memory at a time.
//!
//! | module | answers |
//! |---|---|
//! | `together` | what all files of a directory together say |
//! | `read_only` | a disk that nothing is written to |
//! | `lists` | what they make up, in lines: a tree |
//! | `survey` | which parts of a long file to draw |
//! | `rows` | how a part is drawn |
//! | `columns` | what of it fits the terminal |

mod columns;
mod lists;
mod read_only;
mod rows;
mod survey;
#[cfg(test)]
mod tests;
mod together;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context, Result, bail};
use engine::layout::{Draw, Format, Notes, Part, Value};

use crate::engines::{attempt, nobody_reads};
use crate::fault::{indented, indented_within, width};
use rows::Drawing;
use survey::Survey;
use together::Together;

/// Of a file that nobody knows, so many bytes are shown.
const UNKNOWN_BYTES: u64 = 256;

/// What to look at.
#[derive(Debug, clap::Args)]
pub struct Inspect {
    /// A directory with an engine's files, or one of the files.
    #[arg(value_name = "DIR|FILE")]
    pub path: PathBuf,

    /// Show everything, however much it is.
    #[arg(long)]
    pub all: bool,

    /// Show only what has this in its name, in whole words: `page 7`.
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,
}

/// How files are shown.
#[derive(Debug, Clone, Copy)]
struct Show<'o> {
    all: bool,
    /// What the name of a group has to have in it to be drawn.
    only: Option<&'o str>,
    coloured: bool,
    /// Columns of the terminal.
    width: usize,
}

/// Draws the file, or each file of the directory.
///
/// # Errors
///
/// Fails where they cannot be read. A damaged file is none: it is drawn, and
/// status 1 stands for its faults.
pub fn run(inspect: &Inspect) -> Result<ExitCode> {
    let coloured = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
    // Colours may have to be translated for the terminal; without any, nothing.
    let out: Box<dyn Write> = match coloured {
        true => Box::new(anstream::stdout().lock()),
        false => Box::new(io::stdout().lock()),
    };
    let show = Show {
        all: inspect.all,
        only: inspect.only.as_deref(),
        coloured,
        width: width(),
    };
    attempt(|| draw_all(&inspect.path, show, &mut BufWriter::new(out)))
}

fn draw_all(path: &Path, show: Show<'_>, out: &mut dyn Write) -> Result<ExitCode> {
    let shown = path.display();
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("there is no file or directory `{shown}`")
        }
        Err(error) => return Err(error).with_context(|| format!("cannot look at `{shown}`")),
    };
    if !found.is_dir() {
        let faults = draw(path, &found, show, &Notes::default(), out)?;
        if let Some(hint) = together::hint(path) {
            writeln!(out, "{}", indented_within(show.width, &hint, 0))?;
        }
        out.flush()?;
        return Ok(ended(faults));
    }
    let files = files_in(path).with_context(|| format!("cannot list `{shown}`"))?;
    if files.is_empty() {
        writeln!(out, "{shown} holds no files.")?;
    }
    let mut code = ExitCode::SUCCESS;
    let Together { notes, trouble } = Together::of(path, files.keys().map(|path| name_of(path)));
    if let Some(trouble) = trouble {
        code = ExitCode::FAILURE;
        writeln!(out, "{}\n", indented_within(show.width, &trouble, 0))?;
    }
    if show.only.is_none() {
        lists::draw(notes.lists(), show, out)?;
    }
    for (number, (file, found)) in files.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let drawn = draw(file, found, show, &notes, out);
        out.flush()?;
        match drawn {
            Ok(0) => {}
            Ok(_) => code = ExitCode::FAILURE,
            Err(error) if nobody_reads(&error) => return Err(error),
            // One file that cannot be read does not hide the others.
            Err(error) => {
                code = ExitCode::FAILURE;
                eprintln!("{}", indented(&format!("error: {error:#}"), 0));
            }
        }
    }
    Ok(code)
}

fn ended(faults: usize) -> ExitCode {
    match faults {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// What is in a directory, by path.
fn files_in(dir: &Path) -> io::Result<BTreeMap<PathBuf, Metadata>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        match fs::metadata(&path) {
            Ok(found) => drop(files.insert(path, found)),
            // It was there a moment ago: an engine may be at work.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}

/// A file's name within its directory.
fn name_of(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

/// Draws a file, and answers how many faults it has.
fn draw(
    path: &Path,
    found: &Metadata,
    show: Show<'_>,
    notes: &Notes,
    out: &mut dyn Write,
) -> Result<usize> {
    let name = name_of(path);
    let shown = path.display();
    if !found.is_file() {
        let what = match found.is_dir() {
            true => "a directory",
            false => "no ordinary file",
        };
        writeln!(out, "{shown}: {what}, not looked into")?;
        return Ok(0);
    }
    if name == "LOCK" {
        let size = size(found.len());
        let head = format!("{shown}: {size}; a lock on it says who owns the directory");
        writeln!(out, "{}", indented_within(show.width, &head, 0))?;
        return Ok(0);
    }
    let context = || format!("cannot read `{shown}`");
    let file = File::open(path).with_context(context)?;
    let mut bytes = Vec::new();
    let head = (&file).take(UNKNOWN_BYTES).read_to_end(&mut bytes);
    head.with_context(context)?;
    let format = registry::format_of(&name, &bytes);
    if show.all || format.is_some() {
        let more = usize::try_from(found.len()).unwrap_or(usize::MAX);
        if bytes.try_reserve(more.saturating_sub(bytes.len())).is_err() {
            bail!(
                "`{shown}` has {}, more than fits in memory",
                size(found.len())
            );
        }
        (&file).read_to_end(&mut bytes).with_context(context)?;
    }
    let len = found.len().max(bytes.len() as u64);
    let kind = format.map_or("of no format known here", |format| format.name);
    let head = format!("{shown}: {}, {kind}", size(len));
    writeln!(out, "{}", indented_within(show.width, &head, 0))?;
    if bytes.is_empty() && format.is_none() {
        return Ok(0);
    }
    writeln!(out)?;
    match format {
        Some(format) => draw_parts(format, &bytes, show, (notes, &name), out),
        None => draw_bytes(&bytes, len, show, out).map(|()| 0),
    }
}

/// A file that nobody knows: its bytes, or the first of them.
fn draw_bytes(bytes: &[u8], len: u64, show: Show<'_>, out: &mut dyn Write) -> Result<()> {
    let show = Show { all: true, ..show };
    let survey = Survey::new(show);
    let mut drawing = Drawing::new(out, len, show, &survey);
    drawing.part(Part {
        offset: 0,
        bytes,
        name: "",
        value: Value::Bytes,
        fault: None,
    });
    if bytes.len() as u64 != len {
        let more = rows::more_bytes(len - bytes.len() as u64);
        drawing.note(&format!("… {more}, see them with --all"));
    }
    Ok(drawing.finish()?)
}

/// A file with a format: surveyed first, so that what is left out is known to
/// be sound.
fn draw_parts(
    format: &Format,
    bytes: &[u8],
    show: Show<'_>,
    (notes, name): (&Notes, &str),
    out: &mut dyn Write,
) -> Result<usize> {
    let mut survey = Survey::new(show);
    (format.dissect)(bytes, &mut survey);
    let mut drawing = Drawing::new(out, bytes.len() as u64, show, &survey);
    drawing.says(|offset| notes.word(name, offset));
    (format.dissect)(bytes, &mut drawing);
    drawing.finish()?;
    let faults = match survey.faults() {
        0 => "No fault found.".to_owned(),
        1 => "1 fault found.".to_owned(),
        more => format!("{more} faults found."),
    };
    let counts = together::counts(notes, name);
    let end = format!("{faults}{counts}");
    writeln!(out, "\n{}", indented_within(show.width, &end, 0))?;
    Ok(survey.faults())
}

/// A number of bytes in words.
fn size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        bytes => format!("{bytes} bytes"),
    }
}
