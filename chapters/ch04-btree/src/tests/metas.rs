//! Meta pages that show this and that, and what is given of them.

use crate::meta::{Meta, Metas};

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

#[test]
fn a_copy_proves_the_newest() {
    for (metas, is_proven) in [
        ([meta(9), meta(9), meta(9)], true),
        ([meta(9), None, meta(9)], true),
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
fn a_close_leaves_copies_where_there_are_others() {
    for (metas, others) in [
        ([meta(9), meta(9), meta(9)], &[][..]),
        ([meta(7), meta(9), meta(8)], &[0, 2]),
        ([None, meta(9), meta(9)], &[0]),
        ([meta(9), meta(8), renewed(8, 9)], &[0, 1]),
    ] {
        let metas = Metas(metas);
        // Of two that have the same number the last counts; there never are two
        // that differ.
        assert_eq!(metas.others().collect::<Vec<_>>(), others, "{metas:?}");
    }
}
