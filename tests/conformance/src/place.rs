//! Where an engine is opened.

use std::fmt;
use std::sync::Arc;

use engine::disk::Disk;

/// A disk for one engine, empty at first.
pub struct Place {
    disk: Arc<dyn Disk>,
    #[cfg(any(unix, windows))]
    folder: Option<tempfile::TempDir>,
}

impl Place {
    /// A temporary folder of the operating system, removed in the end.
    #[cfg(any(unix, windows))]
    pub fn real() -> Self {
        let folder = tempfile::tempdir().expect("the system has room for a temporary folder");
        let disk =
            engine::disk::RealDisk::new(folder.path()).expect("a temporary folder can be opened");
        Place {
            disk: Arc::new(disk),
            folder: Some(folder),
        }
    }

    /// A simulated disk.
    pub fn simulated() -> Self {
        Self::real()
    }

    /// The disk.
    pub fn disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.disk)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.disk.fmt(f)
    }
}
