//! Which meta page counts, which is written over, and when one is proven.

use crate::meta::{Meta, Metas, Renewal};

/// A meta page that shows this commit, and a tree of its own.
fn meta(commit: u64) -> Option<Meta> {
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
fn renewed(of: u64, commit: u64) -> Option<Meta> {
    meta(of).map(|meta| Meta { commit, ..meta })
}

#[test]
fn the_newest_counts_and_the_oldest_is_written_over() {
    for (metas, newest, oldest) in [
        ([meta(7), meta(8), meta(9)], meta(9), 0),
        ([meta(10), meta(8), meta(9)], meta(10), 1),
        ([meta(10), meta(11), meta(9)], meta(11), 2),
        ([meta(9), None, meta(8)], meta(9), 1),
        ([None, None, meta(8)], meta(8), 0),
        ([meta(9), meta(9), meta(9)], meta(9), 0),
        ([meta(10), meta(9), meta(9)], meta(10), 1),
        ([meta(9), meta(9), None], meta(9), 2),
        ([None, None, None], None, 0),
    ] {
        let metas = Metas(metas);
        assert_eq!(metas.newest(), newest, "{metas:?}");
        assert_eq!(metas.oldest(), oldest, "{metas:?}");
    }
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
        let is_known = metas.newest().is_none() || is_proven;
        assert_eq!(metas.renewal().is_none(), is_known, "{metas:?}");
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

#[test]
fn a_renewal_leaves_the_last_one_that_may_be_durable() {
    for (metas, expected) in [
        // Behind a sync: that one stays, and so does the one before it, until
        // the third is durable.
        ([meta(7), meta(8), meta(9)], (renewed(9, 10), 0, 2)),
        ([meta(9), meta(7), meta(8)], (renewed(9, 10), 1, 0)),
        // While a meta page was written.
        ([meta(9), None, meta(8)], (renewed(9, 10), 1, 0)),
        // Behind an opening that did not come to its end: 9 is there twice, and
        // the newer one may be written over.
        ([meta(9), renewed(9, 10), meta(8)], (renewed(9, 11), 1, 0)),
        ([renewed(9, 10), meta(8), meta(9)], (renewed(9, 11), 0, 2)),
        ([renewed(9, 12), None, meta(9)], (renewed(9, 13), 0, 2)),
        // Of which nothing but the newest is left.
        ([None, renewed(9, 10), None], (renewed(9, 11), 0, 1)),
    ] {
        let metas = Metas(metas);
        let (meta, over, copy) = expected;
        let meta = meta.unwrap();
        assert_eq!(
            metas.renewal(),
            Some(Renewal { meta, over, copy }),
            "{metas:?}"
        );
    }
}
