//! What a tree takes, and what it does not.

use super::pages::FLAVOURS;
use super::panic_of;
use crate::node::{BATCH_BYTES_MAX, VALUE_BYTES_MAX, limits};

#[test]
fn four_of_the_longest_keys_fit_a_page_of_any_size() {
    for page_bytes in [256, 300, 512, 4096, 32 << 10] {
        let limits = limits(page_bytes);
        let cell = limits.key_bytes_max + crate::node::CHAIN_BYTES;
        let cell = cell + crate::slotted::CELL_BYTES + crate::page::SLOT_BYTES;
        let room = crate::page::room(page_bytes);
        assert!((room - 3..=room).contains(&(4 * cell)), "{page_bytes}");
        assert_eq!(limits.value_bytes_max, VALUE_BYTES_MAX);
        assert_eq!(limits.batch_bytes_max, BATCH_BYTES_MAX);
    }
    assert_eq!(limits(4096).key_bytes_max, 995);
}

#[test]
fn pages_that_are_too_small_are_refused() {
    let refused = panic_of(|| drop(super::trees::tree(FLAVOURS[0], 255)));
    assert_eq!(refused, "a tree has pages of 256 to 32768 bytes");
}
