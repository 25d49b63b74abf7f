//! Which engine on which directory, and why it does not open.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use engine::disk::{Disk, RealDisk};
use engine::{Durability, Error};
use registry::{Engine, Registered};

/// An engine and its directory.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// The engine, by its name.
    #[arg(
        long,
        value_name = "NAME",
        value_parser = lasting_engine,
        long_help = engine_help(Engine::keeps_files)
    )]
    pub engine: &'static Engine,

    /// The directory with its files.
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
}

/// What a command needs to find in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The engine's files.
    Files,
    /// Those, or room for them: a directory that is empty or not there yet.
    Room,
}

/// The engine of that name.
///
/// # Errors
///
/// Lists the engines there are.
pub fn engine(name: &str) -> Result<&'static Engine, String> {
    registry::find(name).ok_or_else(|| unknown(name, |_| true))
}

/// The engine of that name, if a command finds again what another left.
///
/// # Errors
///
/// As [`engine()`], and for one that keeps no files where it can be tried.
fn lasting_engine(name: &str) -> Result<&'static Engine, String> {
    match registry::find(name) {
        Some(engine) if engine.keeps_files() => Ok(engine),
        Some(_) => Err(format!(
            "the engine `{name}` keeps no files\nNothing of it is left from one command to \
             the next. Try it in a shell:\n  cargo run -- shell --engine {name}"
        )),
        None => Err(unknown(name, Engine::keeps_files)),
    }
}

/// Says that there is no such engine, and which of those there are the command
/// takes.
fn unknown(name: &str, takes: fn(&Engine) -> bool) -> String {
    let what = match name.strip_prefix("mine-").and_then(registry::find) {
        Some(_) => format!(
            "the engine `{name}` is not built in\n\
             For your own engines: cargo run --features mine -- …"
        ),
        _ => format!("there is no engine `{name}`"),
    };
    format!("{what}\nThere are\n{}", list(takes))
}

/// The engines that a command takes with their sentences, one a line.
fn list(takes: fn(&Engine) -> bool) -> String {
    let taken: Vec<_> = registry::engines().filter(|engine| takes(engine)).collect();
    let width = taken.iter().map(|e| e.name.len()).max().unwrap_or(0);
    let lines = taken
        .iter()
        .map(|e| format!("  {:width$}  {}", e.name, e.sentence));
    lines.collect::<Vec<_>>().join("\n")
}

/// What `--help` says of `--engine`, for a command that takes these.
pub fn engine_help(takes: fn(&Engine) -> bool) -> String {
    format!(
        "The engine:\n{}\nWith `cargo run --features mine -- …` your own are there, too, such \
         as `mine-memory`. Your chapters are then built into the program, so they have to \
         compile.",
        list(takes)
    )
}

impl Place {
    /// Opens the engine, which a command keeps for a moment.
    ///
    /// # Errors
    ///
    /// What is wrong with the directory or the files in it, and what to do.
    pub fn open(&self, need: Need) -> Result<Box<dyn Registered>> {
        let disk = self.disk(need)?;
        self.open_on(disk, Durability::default())
    }

    /// The directory as a disk, if it holds what is needed.
    ///
    /// # Errors
    ///
    /// Fails if it does not, or cannot be read.
    pub fn disk(&self, need: Need) -> Result<Arc<dyn Disk>> {
        let shown = self.dir.display();
        let name = self.engine.name;
        match fs::metadata(&self.dir) {
            Ok(found) if !found.is_dir() => bail!("`{shown}` is not a directory"),
            Ok(_) => {}
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot look into `{shown}`"));
            }
            Err(_) if need == Need::Files => bail!(
                "there is no directory `{shown}`. Put something into a new one with\n  \
                 cargo run -- put --engine {name} --dir {} KEY VALUE",
                shell_word(&self.dir)
            ),
            Err(_) => {}
        }
        let disk = RealDisk::new(&self.dir).map_err(|error| self.explain(&error))?;
        let files = disk.list().map_err(|error| self.explain(&error))?;
        let owned = files.iter().any(|file| self.engine.owns(file));
        if !owned && need == Need::Files {
            bail!("`{shown}` holds no files of the engine `{name}`");
        }
        if let Some(other) = files.first().filter(|_| !owned) {
            bail!(
                "`{shown}` holds files, such as `{other}`, and none of the engine `{name}`. \
                 Choose the engine that wrote them, or a new directory"
            );
        }
        Ok(Arc::new(disk))
    }

    /// Opens the engine on its directory.
    ///
    /// # Errors
    ///
    /// What the engine answers, and what to do.
    pub fn open_on(
        &self,
        disk: Arc<dyn Disk>,
        durability: Durability,
    ) -> Result<Box<dyn Registered>> {
        match self.engine.open(disk, durability) {
            Ok(engine) => Ok(engine),
            Err(error) => Err(self.explain(&error)),
        }
    }

    /// An engine's error for the person at the terminal: where it is, and what
    /// can be done.
    pub fn explain(&self, error: &Error) -> anyhow::Error {
        let dir = self.dir.display();
        match error {
            Error::Corrupt { file, .. } | Error::Version { file, .. } => {
                let path = shell_word(&self.dir.join(file));
                anyhow!(
                    "in `{dir}`, {error}. Nothing was changed. Look at the file with\n  \
                     cargo run -- inspect {path}\nand put a copy in its place if you have one."
                )
            }
            Error::Locked { .. } => anyhow!(
                "`{dir}` is open in another program, perhaps in a shell: end that one \
                 first. (`inspect` looks at files while they are in use.)"
            ),
            Error::Io {
                kind: ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem,
                ..
            } => {
                anyhow!(
                    "in `{dir}`, {error}. An engine writes in its directory, if only to \
                     own it, and may not do so here. (`inspect` only reads.)"
                )
            }
            Error::NoSpace { .. } => anyhow!("in `{dir}`, {error}: make room, and try again"),
            Error::Io { .. } | Error::Poisoned { .. } => anyhow!("in `{dir}`, {error}"),
            _ => anyhow!("{error}"),
        }
    }
}

/// A path as one word of a command that can be copied.
fn shell_word(path: &Path) -> String {
    let path = path.display().to_string();
    match path.contains(char::is_whitespace) {
        true => format!("\"{path}\""),
        false => path,
    }
}
