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
    /// A file written from its start to its end and synced, in bytes a second:
    /// the median of [`WRITES`] new files.
    pub sequential_write_per_second: f64,
    /// The slowest and the fastest of them; nothing in reports for which one
    /// file was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequential_write_range: Option<[f64; 2]>,
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
        let (mut file, writes) = sequential_writes(path, file_bytes)?;
        Ok(Device {
            sequential_write_per_second: writes[WRITES / 2],
            sequential_write_range: Some([writes[0], writes[WRITES - 1]]),
            sync_ns: sync(&mut file)?,
            copy_per_second: copy(),
            clock_ns: clock(),
        })
    }
}

/// How many files are written from their start to their end. One says little:
/// of five in a row, the fastest can be ten times as fast as the slowest.
pub const WRITES: usize = 5;

const PIECE: usize = 1 << 20;

/// The rates of the files, the slowest first, and the last file.
fn sequential_writes(path: &Path, bytes: usize) -> Result<(File, [f64; WRITES])> {
    let piece: Vec<u8> = (0..PIECE).map(|at| at.to_le_bytes()[0]).collect();
    let pieces = bytes.div_ceil(PIECE).max(1);
    let mut file = File::create(path)?;
    let mut rates = [0.0; WRITES];
    for of_file in &mut rates {
        fs::remove_file(path)?;
        file = File::create(path)?;
        let start = Instant::now();
        for _ in 0..pieces {
            file.write_all(&piece)?;
        }
        file.sync_data()?;
        *of_file = rate(pieces * PIECE, start.elapsed());
    }
    rates.sort_unstable_by(f64::total_cmp);
    Ok((file, rates))
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
    fn a_device_of_which_one_file_was_written_is_read() {
        let old = "{\"sequential_write_per_second\": 3e8, \"sync_ns\": 120000, \
                   \"copy_per_second\": 9e9, \"clock_ns\": 18.5}";
        let old: Device = serde_json::from_str(old).unwrap();
        assert_eq!(old.sequential_write_range, None);
    }

    #[test]
    fn a_device_is_measured_and_nothing_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let device = Device::measure(directory.path(), PIECE).unwrap();
        assert!(device.sequential_write_per_second > 0.0);
        let [slowest, fastest] = device.sequential_write_range.unwrap();
        assert!((slowest..=fastest).contains(&device.sequential_write_per_second));
        assert!(device.copy_per_second > device.sequential_write_per_second / 1e3);
        assert!(device.sync_ns > 0 && device.clock_ns > 0.0);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);

        let nowhere = directory.path().join("nowhere");
        let error = Device::measure(&nowhere, PIECE).unwrap_err();
        assert!(error.to_string().contains("nowhere"));
    }
}
