//! How much memory work takes.

/// What was allocated while something was done, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allocated {
    /// All together.
    pub total: u64,
    /// At most at a time.
    pub most: u64,
}

/// Whether this process counts its allocations, and so is slower than one that
/// does not.
pub const ARE_COUNTED: bool = cfg!(feature = "counting");

/// Does the work, on this thread, and answers what it allocated.
///
/// # Panics
///
/// Where allocations are not counted.
#[cfg(feature = "counting")]
pub(crate) fn measure(work: impl FnOnce()) -> Allocated {
    let counted = allocation_counter::measure(work);
    Allocated {
        total: counted.bytes_total,
        most: counted.bytes_max,
    }
}

#[cfg(not(feature = "counting"))]
pub(crate) fn measure(_: impl FnOnce()) -> Allocated {
    panic!("the suite counts allocations: compile `conformance` with its feature `counting`")
}
