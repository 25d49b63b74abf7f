//! Where an engine is opened.

use std::fmt;
use std::sync::Arc;

use engine::disk::Disk;

use crate::panics;
use crate::sim::SimDisk;
use crate::subject::Opened;

/// A disk for one engine, empty at first.
pub struct Place {
    kind: Kind,
}

enum Kind {
    Simulated(SimDisk),
    #[cfg(any(unix, windows))]
    Real {
        disk: engine::disk::RealDisk,
        _folder: tempfile::TempDir,
    },
}

impl Place {
    /// A simulated disk.
    pub fn simulated() -> Self {
        Place {
            kind: Kind::Simulated(SimDisk::new()),
        }
    }

    /// A temporary folder of the operating system, removed in the end.
    ///
    /// # Panics
    ///
    /// Where the system has no room for one.
    #[cfg(any(unix, windows))]
    pub fn real() -> Self {
        let folder = tempfile::tempdir().expect("the system has room for a temporary folder");
        let disk = engine::disk::RealDisk::new(folder.path())
            .expect("a temporary folder can be opened as a disk");
        Place {
            kind: Kind::Real {
                disk,
                _folder: folder,
            },
        }
    }

    /// The disk.
    pub fn disk(&self) -> Arc<dyn Disk> {
        match &self.kind {
            Kind::Simulated(disk) => Arc::new(disk.clone()),
            #[cfg(any(unix, windows))]
            Kind::Real { disk, .. } => Arc::new(disk.clone()),
        }
    }

    /// The simulated disk, where this is one.
    pub fn simulation(&self) -> Option<&SimDisk> {
        match &self.kind {
            Kind::Simulated(disk) => Some(disk),
            #[cfg(any(unix, windows))]
            Kind::Real { .. } => None,
        }
    }

    /// Ends `engine` as a killed process ends, and answers with the place as
    /// the next process finds it. On the operating system's disk the engine is
    /// dropped, which is as near as one process can come.
    #[must_use]
    pub fn killed(self, engine: Opened) -> Place {
        match self.kind {
            Kind::Simulated(disk) => {
                let kind = Kind::Simulated(disk.kill());
                // To give its memory back. Nothing that it does can reach the
                // disk any more, and a killed process cannot panic either.
                let _unheard = panics::caught(|| drop(engine));
                Place { kind }
            }
            #[cfg(any(unix, windows))]
            kind @ Kind::Real { .. } => {
                drop(engine);
                Place { kind }
            }
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.disk().fmt(f)
    }
}
