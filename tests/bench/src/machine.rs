//! Which machine it was.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sysinfo::{Disks, System};

/// A machine, as far as figures depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Its operating system, with the version.
    pub system: String,
    /// Its processor.
    pub processor: String,
    /// How many processors programs see.
    pub cores: usize,
    /// Its memory, in bytes.
    pub memory_bytes: u64,
    /// The file system under the stores.
    pub file_system: String,
    /// Whether the bench was compiled for speed.
    pub optimised: bool,
    /// Whether its processes count their allocations.
    #[serde(default = "counted_before_anyone_asked")]
    pub counts_allocations: bool,
}

/// Reports that do not say whether allocations were counted are of a time when they
/// were.
fn counted_before_anyone_asked() -> bool {
    true
}

impl Machine {
    /// This machine, and the file system that the directory is on.
    pub fn this(directory: &Path) -> Self {
        let unknown = || "unknown".to_string();
        let known = System::new_all().ok();
        let processor = known
            .as_ref()
            .and_then(|system| Some(system.cpus().first()?.brand()));
        Machine {
            system: System::long_os_version().unwrap_or_else(|_| unknown()),
            processor: processor
                .map(str::trim)
                .filter(|brand| !brand.is_empty())
                .map_or_else(unknown, str::to_string),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: known.as_ref().map_or(0, System::total_memory),
            file_system: file_system(directory).unwrap_or_else(unknown),
            optimised: !cfg!(debug_assertions),
            counts_allocations: conformance::allocations::ARE_COUNTED,
        }
    }

    /// Why its figures would say little, if they would.
    pub fn caveats(&self) -> Vec<&'static str> {
        let mut caveats = Vec::new();
        if !self.optimised {
            caveats.push("The bench was compiled without optimisation: add `--release`.");
        }
        if self.counts_allocations {
            caveats.push(
                "The bench was compiled together with the suite, which counts allocations \
                 and makes them slow: compile it by itself, with `--package bench`.",
            );
        }
        if ["tmpfs", "ramfs"].contains(&self.file_system.as_str()) {
            caveats.push(
                "The stores are on a file system in memory, where nothing survives a \
                 power loss and a sync costs nothing: choose another `--dir`.",
            );
        }
        caveats
    }
}

/// The type of the file system whose mount point is the longest above the
/// directory.
fn file_system(directory: &Path) -> Option<String> {
    let directory = directory.canonicalize().ok()?;
    let disks = Disks::new_with_refreshed_list().ok()?;
    let above = disks
        .iter()
        .filter(|disk| directory.starts_with(disk.mount_point()));
    let nearest = above.max_by_key(|disk| disk.mount_point().as_os_str().len())?;
    Some(nearest.file_system().to_string_lossy().into_owned())
}
