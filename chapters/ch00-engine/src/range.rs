//! Which keys a scan visits, and which way.

use std::borrow::Cow;
use std::fmt;
use std::ops::Bound;

use crate::spelling::Spelled;

/// The way a scan runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// From the smallest key to the largest.
    Ascending,
    /// From the largest key to the smallest.
    Descending,
}

/// The keys between two bounds, in unsigned lexicographic order: `"a"` comes
/// before `"aa"`, and `0x7f` before `0x80`.
///
/// Each end is one of three: included, excluded or unbounded. A range whose
/// start lies after its end is *inverted*. It holds no key and is no error.
///
/// A message shows it as Rust spells ranges, with `<` where the start is
/// excluded: `a..b`, `a..=b`, `a<..`, `..`.
///
/// ```
/// use engine::KeyRange;
///
/// let fruit = KeyRange::half_open(b"apple", b"cherry");
/// assert!(fruit.contains(b"banana"));
/// assert!(!fruit.contains(b"cherry"));
/// assert!(KeyRange::prefix(b"ban").contains(b"banana"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRange<'a> {
    start: Bound<Cow<'a, [u8]>>,
    end: Bound<Cow<'a, [u8]>>,
}

impl<'a> KeyRange<'a> {
    /// The keys between any two bounds.
    pub fn new(start: Bound<&'a [u8]>, end: Bound<&'a [u8]>) -> Self {
        KeyRange {
            start: start.map(Cow::Borrowed),
            end: end.map(Cow::Borrowed),
        }
    }

    /// Every key.
    pub fn all() -> Self {
        KeyRange::new(Bound::Unbounded, Bound::Unbounded)
    }

    /// From `start`, included, to `end`, excluded.
    pub fn half_open(
        start: &'a (impl AsRef<[u8]> + ?Sized),
        end: &'a (impl AsRef<[u8]> + ?Sized),
    ) -> Self {
        KeyRange::new(
            Bound::Included(start.as_ref()),
            Bound::Excluded(end.as_ref()),
        )
    }

    /// `start` and every key after it.
    pub fn starting_at(start: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        KeyRange::new(Bound::Included(start.as_ref()), Bound::Unbounded)
    }

    /// Every key that begins with `prefix`. The empty prefix begins every key.
    pub fn prefix(prefix: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        let prefix = prefix.as_ref();
        KeyRange {
            start: Bound::Included(Cow::Borrowed(prefix)),
            end: match after_prefix(prefix) {
                Some(end) => Bound::Excluded(Cow::Owned(end)),
                None => Bound::Unbounded,
            },
        }
    }

    /// Where the range starts.
    pub fn start(&self) -> Bound<&[u8]> {
        self.start.as_ref().map(Cow::as_ref)
    }

    /// Where the range ends.
    pub fn end(&self) -> Bound<&[u8]> {
        self.end.as_ref().map(Cow::as_ref)
    }

    /// Answers whether `key` lies between the bounds.
    pub fn contains(&self, key: &[u8]) -> bool {
        let behind_start = match self.start() {
            Bound::Included(start) => key >= start,
            Bound::Excluded(start) => key > start,
            Bound::Unbounded => true,
        };
        behind_start
            && match self.end() {
                Bound::Included(end) => key <= end,
                Bound::Excluded(end) => key < end,
                Bound::Unbounded => true,
            }
    }

    /// Answers whether the bounds alone already say that no key lies between
    /// them. Ordered maps of the standard library panic on some such ranges,
    /// so an engine asks this first.
    pub fn is_empty(&self) -> bool {
        match (self.start(), self.end()) {
            (Bound::Included(start), Bound::Included(end)) => start > end,
            (
                Bound::Included(start) | Bound::Excluded(start),
                Bound::Included(end) | Bound::Excluded(end),
            ) => start >= end,
            (Bound::Unbounded, Bound::Excluded(end)) => end.is_empty(),
            _ => false,
        }
    }

    /// The same range, owning its bounds: for a cursor that outlives the call
    /// that opened it.
    pub fn into_owned(self) -> KeyRange<'static> {
        let owned = |bound: Bound<Cow<'_, [u8]>>| bound.map(|key| Cow::Owned(key.into_owned()));
        KeyRange {
            start: owned(self.start),
            end: owned(self.end),
        }
    }
}

impl fmt::Debug for KeyRange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.start() {
            Bound::Included(start) => write!(f, "{}..", Spelled(start))?,
            Bound::Excluded(start) => write!(f, "{}<..", Spelled(start))?,
            Bound::Unbounded => f.write_str("..")?,
        }
        match self.end() {
            Bound::Included(end) => write!(f, "={}", Spelled(end)),
            Bound::Excluded(end) => write!(f, "{}", Spelled(end)),
            Bound::Unbounded => Ok(()),
        }
    }
}

/// The smallest key after every key that begins with `prefix`, or `None`
/// where there is none: nothing follows a run of `0xff`.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte != 0xff)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Bound::{Excluded, Included, Unbounded};

    #[test]
    fn a_prefix_ends_before_the_first_key_without_it() {
        for (prefix, end) in [
            (&b"ab"[..], Excluded(&b"ac"[..])),
            (b"a\xff", Excluded(b"b")),
            (b"\x7f", Excluded(b"\x80")),
            (b"\xff\xff", Unbounded),
            (b"", Unbounded),
        ] {
            assert_eq!(KeyRange::prefix(prefix).end(), end, "{prefix:?}");
        }
    }

    #[test]
    fn a_range_is_shown_with_its_bounds_as_text() {
        for (start, end, shown) in [
            (Included(&b"a"[..]), Excluded(&b"b"[..]), "a..b"),
            (Excluded(b"d"), Included(b"m"), "d<..=m"),
            (Unbounded, Included(b"a\xff"), r"..=a\xff"),
            (Included(b""), Unbounded, "\"\".."),
            (Unbounded, Unbounded, ".."),
        ] {
            assert_eq!(format!("{:?}", KeyRange::new(start, end)), shown);
        }
    }

    #[test]
    fn contains_agrees_with_is_empty_on_every_pair_of_bounds() {
        let keys: [&[u8]; 5] = [b"", b"\0", b"a", b"a\0", b"b"];
        let bounds = || {
            keys.iter()
                .flat_map(|&key| [Included(key), Excluded(key)])
                .chain([Unbounded])
        };
        for start in bounds() {
            for end in bounds() {
                let range = KeyRange::new(start, end);
                if range.is_empty() {
                    assert!(!keys.iter().any(|key| range.contains(key)), "{range:?}");
                }
                assert_eq!(range.clone().into_owned(), range);
            }
        }
        assert!(KeyRange::new(Included(b"b"), Included(b"a")).is_empty());
        assert!(!KeyRange::new(Included(b"a"), Included(b"a")).is_empty());
        assert!(KeyRange::new(Excluded(b"a"), Excluded(b"a")).is_empty());
        assert!(KeyRange::new(Included(b"a"), Excluded(b"a")).is_empty());
        assert!(KeyRange::new(Excluded(b"a"), Included(b"a")).is_empty());
        assert!(KeyRange::new(Unbounded, Excluded(b"")).is_empty());
        assert!(!KeyRange::all().is_empty());
        assert!(!KeyRange::starting_at(b"a").is_empty());
        assert!(!KeyRange::half_open(b"a", b"b").is_empty());
    }
}
