//! What the machine gives anyone: the limits that each figure is a share of.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// What the device and the memory give, measured beside the stores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// One file written from its start to its end and synced, in bytes a
    /// second.
    pub sequential_write_per_second: f64,
    /// 4 KiB written over others and synced: the median, in nanoseconds.
    pub sync_ns: u64,
    /// Bytes copied in memory, a second.
    pub copy_per_second: f64,
    /// A look at the clock, in nanoseconds. Each timed call has one in it.
    pub clock_ns: f64,
}

impl Device {
    /// Measures the device that the directory is on, with a file of so many
    /// bytes.
    ///
    /// # Errors
    ///
    /// Fails where the directory takes no such file.
    pub fn measure(directory: &Path, file_bytes: usize) -> Result<Self> {
        let path = directory.join("device");
        let measured = Self::measure_with(&path, file_bytes);
        // Whether it was made or not: nothing of it is to stay.
        let _ = fs::remove_file(&path);
        measured.with_context(|| format!("`{}` cannot be measured", directory.display()))
    }

    fn measure_with(path: &Path, file_bytes: usize) -> Result<Self> {
        let mut file = File::create(path)?;
        Ok(Device {
            sequential_write_per_second: sequential_write(&mut file, file_bytes)?,
            sync_ns: sync(&mut file)?,
            copy_per_second: copy(),
            clock_ns: clock(),
        })
    }
}

const PIECE: usize = 1 << 20;

fn sequential_write(file: &mut File, bytes: usize) -> Result<f64> {
    let piece: Vec<u8> = (0..PIECE).map(|at| at.to_le_bytes()[0]).collect();
    let pieces = bytes.div_ceil(PIECE).max(1);
    let start = Instant::now();
    for _ in 0..pieces {
        file.write_all(&piece)?;
    }
    file.sync_data()?;
    Ok(rate(pieces * PIECE, start.elapsed()))
}

/// For a tenth of a second at least, and five times.
fn sync(file: &mut File) -> Result<u64> {
    let page = [1; 4096];
    let mut times = Vec::new();
    let begun = Instant::now();
    while times.len() < 5 || begun.elapsed() < Duration::from_millis(100) {
        let start = Instant::now();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&page)?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(u64::try_from(times[times.len() / 2].as_nanos())?)
}

/// The best of some: what keeps a copy from its speed is not the memory.
fn copy() -> f64 {
    let from = vec![1_u8; 32 * PIECE];
    let mut to = vec![0_u8; 32 * PIECE];
    let time = || {
        let start = Instant::now();
        black_box(&mut to).copy_from_slice(black_box(&from));
        start.elapsed()
    };
    let best = std::iter::repeat_with(time).take(5).min();
    rate(from.len(), best.expect("five were tried"))
}

fn clock() -> f64 {
    const LOOKS: u32 = 100_000;
    let start = Instant::now();
    for _ in 0..LOOKS {
        black_box(Instant::now());
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(LOOKS)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate for people, to a few digits"
)]
fn rate(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_measured_and_nothing_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let device = Device::measure(directory.path(), PIECE).unwrap();
        assert!(device.sequential_write_per_second > 0.0);
        assert!(device.copy_per_second > device.sequential_write_per_second / 1e3);
        assert!(device.sync_ns > 0 && device.clock_ns > 0.0);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);

        let nowhere = directory.path().join("nowhere");
        let error = Device::measure(&nowhere, PIECE).unwrap_err();
        assert!(error.to_string().contains("nowhere"));
    }
}
