//! What a disk holds while nobody has it open.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::content::{Content, fingerprint};

/// All files of a disk by name: what is left when the power is gone, or when
/// the engine is closed.
#[derive(Debug, Clone, Default)]
pub struct Image {
    files: BTreeMap<Arc<str>, Content>,
}

impl Image {
    /// The image of an empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a file into the image, in place of any of that name.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, content: Content) {
        self.files.insert(name.into(), content);
    }

    /// The names of its files and what they hold, sorted by name.
    pub fn files(&self) -> impl Iterator<Item = (&Arc<str>, &Content)> {
        self.files.iter()
    }

    /// What the file called `name` holds.
    pub fn get(&self, name: &str) -> Option<&Content> {
        self.files.get(name)
    }

    /// The same image with one bit of one byte turned over.
    ///
    /// # Panics
    ///
    /// Where there is no such byte: it is for the caller to know.
    #[must_use]
    pub fn with_flipped_bit(&self, name: &str, offset: u64, bit: u8) -> Self {
        let mut flipped = self.clone();
        let content = flipped.files.get_mut(name).expect("the file is there");
        let place = usize::try_from(offset).expect("an offset in memory");
        content.bytes_mut()[place] ^= 1 << bit;
        flipped
    }

    /// A number that differs where names or bytes differ, see [`fingerprint`].
    pub fn fingerprint(&self) -> u128 {
        let contents: Vec<_> = self
            .files
            .values()
            .map(|content| content.fingerprint().to_le_bytes())
            .collect();
        let parts: Vec<&[u8]> = self
            .files
            .keys()
            .zip(&contents)
            .flat_map(|(name, content)| [name.as_bytes(), content.as_slice()])
            .collect();
        fingerprint(&parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(files: &[(&str, &str)]) -> Image {
        let mut image = Image::new();
        for &(name, content) in files {
            image.insert(name, Content::new(content.into()));
        }
        image
    }

    #[test]
    fn a_flip_changes_one_bit_and_leaves_the_original() {
        let original = image(&[("a", "xyz"), ("b", "xyz")]);
        let flipped = original.with_flipped_bit("b", 1, 3);
        assert_eq!(flipped.get("a").unwrap().bytes(), b"xyz");
        assert_eq!(
            flipped.get("b").unwrap().bytes(),
            [b'x', b'y' ^ 0b1000, b'z']
        );
        assert_eq!(original.get("b").unwrap().bytes(), b"xyz");
        assert!(original.get("c").is_none());
    }

    #[test]
    fn images_differ_by_names_bytes_and_which_file_holds_them() {
        let images = [
            image(&[]),
            image(&[("a", "")]),
            image(&[("b", "")]),
            image(&[("a", "1"), ("b", "2")]),
            image(&[("a", "2"), ("b", "1")]),
            image(&[("a", "1"), ("b", "3")]),
        ];
        for (place, one) in images.iter().enumerate() {
            for other in &images[..place] {
                assert_ne!(one.fingerprint(), other.fingerprint());
            }
            assert_eq!(one.fingerprint(), one.clone().fingerprint());
        }
        let names: Vec<_> = images[3].files().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["a", "b"]);
    }
}
