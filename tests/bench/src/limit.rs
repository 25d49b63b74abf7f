//! The same memory for every store, the operating system's cache of its files
//! included.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A limit on the memory of a process: a control group of Linux, of the first
/// kind or the second. Both count the pages of files that are kept for the
/// process, so that a store that leaves its caching to the operating system
/// has no more of it than one that caches itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryLimit {
    group: PathBuf,
    kind: GroupKind,
    bytes: u64,
}

/// Which of the two interfaces the group has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum GroupKind {
    V1,
    V2,
}

impl GroupKind {
    fn limit_file(self) -> &'static str {
        match self {
            GroupKind::V1 => "memory.limit_in_bytes",
            GroupKind::V2 => "memory.max",
        }
    }

    fn peak_file(self) -> &'static str {
        match self {
            GroupKind::V1 => "memory.max_usage_in_bytes",
            GroupKind::V2 => "memory.peak",
        }
    }

    /// What else to write into a new group, where it can be: no swapping.
    fn no_swap(self) -> (&'static str, &'static str) {
        match self {
            GroupKind::V1 => ("memory.swappiness", "0"),
            GroupKind::V2 => ("memory.swap.max", "0"),
        }
    }

    /// Where the group's kills for want of memory are counted.
    fn kills_file(self) -> &'static str {
        match self {
            GroupKind::V1 => "memory.oom_control",
            GroupKind::V2 => "memory.events",
        }
    }
}

impl MemoryLimit {
    /// Makes a group below this process's own. A process that joins it has that
    /// many bytes.
    ///
    /// # Errors
    ///
    /// Fails where there are no control groups, or none that this process may
    /// make.
    pub fn new(name: &str, bytes: u64) -> io::Result<Self> {
        let groups = fs::read_to_string("/proc/self/cgroup")?;
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        let (own, kind) = own_group(&groups, &mounts).ok_or(io::ErrorKind::Unsupported)?;
        Self::below(&own, kind, name, bytes)
    }

    fn below(own: &Path, kind: GroupKind, name: &str, bytes: u64) -> io::Result<Self> {
        let limit = MemoryLimit {
            group: own.join(format!("strata-bench-{name}")),
            kind,
            bytes,
        };
        limit.remove();
        fs::create_dir(&limit.group)?;
        let set = limit.set(own);
        if set.is_err() {
            limit.remove();
        }
        set.map(|()| limit)
    }

    fn set(&self, own: &Path) -> io::Result<()> {
        if self.kind == GroupKind::V2 && !self.file(self.kind.limit_file()).exists() {
            // A group hands its memory on to groups below it only when no
            // process is left in itself.
            let rest = own.join("strata-bench");
            fs::create_dir_all(&rest)?;
            write_line(&rest.join("cgroup.procs"), &std::process::id().to_string())?;
            write_line(&own.join("cgroup.subtree_control"), "+memory")?;
        }
        write_line(&self.file(self.kind.limit_file()), &self.bytes.to_string())?;
        let (file, value) = self.kind.no_swap();
        // Without it the limit holds all the same, and only swapping is free.
        let _ = write_line(&self.file(file), value);
        Ok(())
    }

    /// Puts this process under the limit, for good.
    ///
    /// # Errors
    ///
    /// Fails where the system does not allow it.
    pub fn join(&self) -> io::Result<()> {
        write_line(&self.file("cgroup.procs"), &std::process::id().to_string())
    }

    /// The most memory that was in use under the limit.
    pub fn peak_bytes(&self) -> Option<u64> {
        let peak = fs::read_to_string(self.file(self.kind.peak_file())).ok()?;
        peak.trim().parse().ok()
    }

    /// Whether a process under it was killed, for it needed more.
    pub fn was_exceeded(&self) -> bool {
        let counts = fs::read_to_string(self.file(self.kind.kills_file())).unwrap_or_default();
        let mut words = counts
            .split_whitespace()
            .skip_while(|word| *word != "oom_kill");
        words.nth(1).is_some_and(|kills| kills != "0")
    }

    /// Takes the limit away, when nothing is under it any more.
    pub fn remove(&self) {
        // A group that is in use, or was never there, stays as it is.
        let _ = fs::remove_dir(&self.group);
    }

    fn file(&self, name: &str) -> PathBuf {
        self.group.join(name)
    }
}

/// The directory of the group of this process that has the memory, from
/// `/proc/self/cgroup` and `/proc/self/mountinfo`.
fn own_group(groups: &str, mounts: &str) -> Option<(PathBuf, GroupKind)> {
    let path_of = |controller: &str| {
        groups.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            let controllers = fields.next()?;
            let path = fields.next()?;
            controllers
                .split(',')
                .any(|one| one == controller)
                .then_some(path)
        })
    };
    // … 25 30 0:23 ROOT MOUNT options - TYPE source options
    let mounted = |of_type: &str, option: &str| {
        mounts.lines().find_map(|line| {
            let (front, back) = line.split_once(" - ")?;
            let (kind, options) = (back.split(' ').next()?, back.split(' ').nth(2)?);
            let mut front = front.split(' ').skip(3);
            let (root, at) = (front.next()?, front.next()?);
            let has = option.is_empty() || options.split(',').any(|one| one == option);
            (kind == of_type && has).then_some((root, at))
        })
    };
    let found = |path: &str, (root, at): (&str, &str)| {
        let below = Path::new(path).strip_prefix(root).unwrap_or(Path::new(""));
        Path::new(at).join(below)
    };
    match path_of("memory").zip(mounted("cgroup", "memory")) {
        Some((path, mount)) => Some((found(path, mount), GroupKind::V1)),
        None => {
            let (path, mount) = path_of("").zip(mounted("cgroup2", ""))?;
            Some((found(path, mount), GroupKind::V2))
        }
    }
}

/// Files of a control group take one value in one write.
fn write_line(file: &Path, value: &str) -> io::Result<()> {
    fs::OpenOptions::new()
        .write(true)
        .open(file)?
        .write_all(value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_found_by_its_kind() {
        let v1 = "8:pids:/\n4:cpu,memory:/jobs/7\n0::/\n";
        let mounts = "31 24 0:27 / /cg/cpu,memory rw - cgroup cgroup rw,cpu,memory\n\
                      35 24 0:31 / /cg/unified rw shared:9 - cgroup2 cgroup2 rw\n";
        let group = Some((PathBuf::from("/cg/cpu,memory/jobs/7"), GroupKind::V1));
        assert_eq!(own_group(v1, mounts), group);

        let v2 = "0::/user.slice/app.scope\n";
        let group = Some((
            PathBuf::from("/cg/unified/user.slice/app.scope"),
            GroupKind::V2,
        ));
        assert_eq!(own_group(v2, mounts), group);
        let below = "35 24 0:31 /user.slice /cg rw - cgroup2 cgroup2 rw\n";
        let group = Some((PathBuf::from("/cg/app.scope"), GroupKind::V2));
        assert_eq!(own_group(v2, below), group);

        assert_eq!(own_group(v2, "1 2 0:3 / / rw - ext4 /dev/sda rw\n"), None);
        assert_eq!(own_group("", mounts), None);
    }

    /// What a kernel would do with the files of a group is beyond a test; that
    /// the right ones are written is not.
    #[test]
    fn a_limit_is_written_where_the_kernel_reads_it() {
        for (kind, limit, peak, kills) in [
            (
                GroupKind::V1,
                "memory.limit_in_bytes",
                "memory.max_usage_in_bytes",
                "memory.oom_control",
            ),
            (GroupKind::V2, "memory.max", "memory.peak", "memory.events"),
        ] {
            let own = tempfile::tempdir().unwrap();
            let group = own.path().join("group");
            fs::create_dir(&group).unwrap();
            fs::write(group.join(limit), "").unwrap();
            let memory = MemoryLimit {
                group: group.clone(),
                kind,
                bytes: 4096,
            };
            memory.set(own.path()).unwrap();
            assert_eq!(fs::read_to_string(group.join(limit)).unwrap(), "4096");
            assert_eq!(memory.peak_bytes(), None);
            fs::write(group.join(peak), "123\n").unwrap();
            assert_eq!(memory.peak_bytes(), Some(123));
            assert!(!memory.was_exceeded());
            fs::write(group.join(kills), "oom 0\noom_kill 0\n").unwrap();
            assert!(!memory.was_exceeded());
            fs::write(group.join(kills), "oom 3\noom_kill 1\n").unwrap();
            assert!(memory.was_exceeded());
        }
    }
}
