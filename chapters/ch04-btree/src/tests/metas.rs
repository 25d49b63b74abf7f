//! Meta pages that show this and that, and what is given of them.

use crate::meta::{META_BYTES, Meta, Metas};

/// A meta page that shows this commit, and a tree of its own.
pub(super) fn meta(commit: u64) -> Option<Meta> {
    let root = u32::try_from(commit).unwrap();
    Some(Meta {
        page_bytes: 4096,
        pages: 1000,
        commit,
        root,
        free_head: 0,
        free_count: 0,
    })
}

/// One that says the same as that of this commit, under another number.
pub(super) fn renewed(of: u64, commit: u64) -> Option<Meta> {
    meta(of).map(|meta| Meta { commit, ..meta })
}

/// The newest meta page in a file whose pages have so many bytes.
pub(super) fn newest_in(file: &[u8], page_bytes: usize) -> Meta {
    let metas = Metas([0, 1, 2].map(|index| {
        let start = index * page_bytes;
        let bytes = file.get(start..start + META_BYTES)?.first_chunk()?;
        Meta::decode(bytes, 0).ok()
    }));
    metas.newest().expect("one of them is sound")
}

#[test]
fn a_copy_proves_the_newest() {
    for (metas, is_proven) in [
        ([meta(9), meta(9), meta(9)], true),
        ([meta(9), None, meta(9)], false),
        ([meta(8), meta(9), meta(9)], true),
        ([meta(8), meta(8), meta(9)], false),
        ([meta(8), renewed(8, 9), None], false),
        ([meta(9), None, None], false),
        ([None, None, None], false),
    ] {
        let metas = Metas(metas);
        assert_eq!(metas.is_proven(), is_proven, "{metas:?}");
    }
}

#[test]
fn a_copy_stands_in_the_place_after() {
    assert_eq!([0, 1, 2].map(Metas::after), [1, 2, 0]);
}
