//! What a stretch of work costs the machine.

use cpu_time::ProcessTime;
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

use crate::figures::Cost;
use crate::limit::MemoryLimit;

/// Counts what this process uses from its start to its stop, on all of its
/// threads.
#[derive(Debug)]
pub struct Meter<'m> {
    cpu: ProcessTime,
    written_bytes: u64,
    memory: Option<&'m MemoryLimit>,
}

impl<'m> Meter<'m> {
    /// Begins to count. The peak of memory is that of the process since it
    /// began.
    pub fn start(memory: Option<&'m MemoryLimit>) -> Self {
        Meter {
            written_bytes: written_bytes(),
            memory,
            cpu: ProcessTime::now(),
        }
    }

    /// What was used since.
    pub fn stop(self) -> Cost {
        Cost {
            cpu: self.cpu.elapsed(),
            written_bytes: written_bytes().saturating_sub(self.written_bytes),
            memory_peak_bytes: match self.memory {
                Some(limit) => limit.peak_bytes(),
                None => resident_peak_bytes(),
            },
        }
    }
}

/// The bytes that this process gave the operating system to write to a device,
/// through files or through maps.
fn written_bytes() -> u64 {
    let (Ok(pid), Ok(mut system)) = (get_current_pid(), System::new()) else {
        return 0;
    };
    let only_this = ProcessesToUpdate::Some(&[pid]);
    let disk = ProcessRefreshKind::nothing().with_disk_usage();
    system.refresh_processes_specifics(only_this, false, disk);
    let process = system.process(pid);
    process.map_or(0, |process| process.disk_usage().total_written_bytes)
}

/// The most memory that this process had at once, where the system tells.
fn resident_peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024 * kibibytes)
}
