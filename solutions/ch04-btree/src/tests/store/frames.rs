//! Pages in memory, and where each page is.

use std::sync::Arc;

use crate::frames::{Frame, Frames, Place, Slots};
use crate::growing::Growing;
use crate::stamp::Stamp;
use engine::sync::atomic::{AtomicU32, Ordering};

fn frame(number: u32, commit: u64) -> Frame {
    let mut bytes = vec![0; 32];
    Stamp { number, commit }.put_on(&mut bytes);
    Arc::new(bytes.into())
}

fn numbers(frames: &[Frame]) -> Vec<u32> {
    frames.iter().map(|frame| Stamp::of(frame).number).collect()
}

#[test]
fn a_growing_array_has_a_place_for_every_index() {
    let array: Growing<AtomicU32> = Growing::new();
    let indices: Vec<u32> = (0..400).chain([4095, 4096, 70_000, 1 << 20]).collect();
    for index in &indices {
        array.at(*index).store(index + 1, Ordering::Relaxed);
    }
    let first = std::ptr::from_ref(array.at(0));
    for index in &indices {
        assert_eq!(array.at(*index).load(Ordering::Relaxed), index + 1);
    }
    assert_eq!(array.at(5000).load(Ordering::Relaxed), 0);
    assert_eq!(std::ptr::from_ref(array.at(0)), first, "nothing moves");
}

#[test]
#[cfg_attr(miri, ignore = "four million places for parts")]
fn the_last_index_has_a_place_in_the_last_list() {
    // Of one byte each: the longer the parts are, the shorter is that list.
    let array: Growing<u8> = Growing::new();
    assert_eq!(array.at(u32::MAX), &0);
    assert_eq!(format!("{array:?}"), "Growing(1 parts)");
}

/// For the parts that these are in, and not for what lies between them.
#[test]
fn a_growing_array_takes_memory_where_it_is_touched() {
    let array: Growing<AtomicU32> = Growing::new();
    for index in [0, 127, 128, 65_535, 40_000, 129] {
        array.at(index);
    }
    assert_eq!(format!("{array:?}"), "Growing(4 parts)");
}

#[test]
fn every_place_is_a_word() {
    let frames = Frames::new();
    assert_eq!(frames.place(9), Place::Unproved);
    for place in [
        Place::Proved,
        Place::Slot(0),
        Place::Slot((1 << 31) - 3),
        Place::Own(0),
        Place::Own((1 << 31) - 1),
        Place::Unproved,
    ] {
        frames.set_place(9, place);
        assert_eq!(frames.place(9), place);
    }
    assert_eq!(frames.place(8), Place::Unproved);
}

#[test]
fn only_a_page_in_the_file_is_proved() {
    let frames = Frames::new();
    frames.proved(9);
    assert_eq!(frames.place(9), Place::Proved);
    // Somebody who looked before the page was made anew comes too late.
    frames.set_place(9, Place::Own(7));
    frames.proved(9);
    assert_eq!(frames.place(9), Place::Own(7));
}

#[test]
fn a_page_is_found_until_it_is_removed() {
    let (frames, mut slots) = (Frames::new(), Slots::default());
    for number in [30, 10, 20] {
        frames.put(&mut slots, frame(number, 1));
    }
    assert_eq!(frames.count(), 3);
    assert_eq!(numbers(&frames.all(&slots)), [10, 20, 30]);
    let Place::Slot(slot) = frames.place(10) else {
        panic!("it is in a slot")
    };
    let found = frames.get(slot, 10).unwrap();
    assert_eq!(Stamp::of(found.as_ref().unwrap()).number, 10);
    assert!(frames.get(slot, 11).is_none(), "the slot is another page's");
    let removed = frames.remove(&mut slots, 10).unwrap();
    assert_eq!(Stamp::of(&removed).number, 10);
    assert_eq!(frames.place(10), Place::Unproved);
    assert!(frames.get(slot, 10).is_none(), "the slot is empty");
    assert!(frames.remove(&mut slots, 10).is_none());
    assert_eq!(numbers(&frames.all(&slots)), [20, 30]);
    // Its slot is used again.
    frames.put(&mut slots, frame(40, 1));
    assert_eq!(frames.place(40), Place::Slot(slot));
    assert!(frames.get(slot, 10).is_none());
    assert_eq!(frames.count(), 3);
    for number in [20, 40, 30] {
        assert!(frames.remove(&mut slots, number).is_some());
    }
    assert_eq!(frames.count(), 0);
    assert!(frames.all(&slots).is_empty());
}

#[test]
fn a_proved_page_that_is_removed_has_to_be_proved_again() {
    let (frames, mut slots) = (Frames::new(), Slots::default());
    frames.proved(9);
    assert!(frames.remove(&mut slots, 9).is_none());
    assert_eq!(frames.place(9), Place::Unproved);
}

#[test]
fn what_was_written_leaves_memory_unless_it_is_another_page_by_now() {
    let (frames, mut slots) = (Frames::new(), Slots::default());
    for number in [10, 20, 30, 40] {
        frames.put(&mut slots, frame(number, 1));
    }
    let written = frames.all(&slots);
    // Meanwhile 20 was freed and made anew, 30 was freed, and a group has 40.
    frames.remove(&mut slots, 20);
    frames.put(&mut slots, frame(20, 2));
    frames.remove(&mut slots, 30);
    frames.remove(&mut slots, 40);
    frames.set_place(40, Place::Own(0));
    frames.written(&mut slots, &written);
    assert_eq!(frames.place(10), Place::Unproved);
    let left = frames.all(&slots);
    assert_eq!(numbers(&left), [20]);
    assert_eq!(Stamp::of(&left[0]).commit, 2);
    assert_eq!(frames.place(40), Place::Own(0));
    assert_eq!(frames.count(), 1);
}
