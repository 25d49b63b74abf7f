//! Operations of several threads, drawn along the time they took.

use std::fmt::Write as _;

/// One operation, from its call to its return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) thread: usize,
    pub(super) label: String,
    pub(super) call: u64,
    pub(super) end: u64,
}

impl Bar {
    pub(super) fn new(thread: usize, label: impl Into<String>, call: u64, end: u64) -> Self {
        Bar {
            thread,
            label: label.into(),
            call,
            end,
        }
    }
}

/// Draws each operation on a line of its own; time goes to the right. Only the
/// order of moments is drawn, not how far they are apart.
pub(super) fn picture(bars: &[Bar]) -> String {
    let mut moments: Vec<u64> = bars.iter().flat_map(|bar| [bar.call, bar.end]).collect();
    moments.sort_unstable();
    moments.dedup();
    let labels = bars.iter().map(|bar| bar.label.chars().count()).max();
    let labels = labels.unwrap_or(0);
    // What is left of the line, shared among the moments.
    let columns = 76_usize.saturating_sub(labels + "thread 1  ".len() + 2);
    let step = (columns / moments.len().max(1)).clamp(1, 4);
    let column = |moment| moments.partition_point(|m| *m < moment) * step;
    let mut sorted: Vec<&Bar> = bars.iter().collect();
    sorted.sort_by_key(|bar| bar.call);
    let mut text = String::new();
    for bar in sorted {
        let (from, to) = (column(bar.call), column(bar.end).max(column(bar.call) + 1));
        let line = format!("├{}┤", "─".repeat(to - from - 1));
        let Bar { thread, label, .. } = bar;
        writeln!(
            text,
            "thread {}  {label:labels$}  {:from$}{line}",
            thread + 1,
            ""
        )
        .expect("a string takes everything");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_that_overlap_are_drawn_above_each_other() {
        let bars = [
            Bar::new(1, "get a → 7", 8, 30),
            Bar::new(0, "put a 7", 5, 10),
            Bar::new(0, "put a 8", 31, 40),
        ];
        insta::assert_snapshot!(picture(&bars), @r#"
    thread 1  put a 7    ├───────┤
    thread 2  get a → 7      ├───────┤
    thread 1  put a 8                    ├───┤
    "#);
    }
}
