use super::*;

/// A sound file, and what is there of one in which nothing is.
const SOUND: &[u8] = b"STRATA-1\x01\0\0\0\xe8\x51\xf6\xb3\x0e\0\0\0\0\0\0\0\
    \x02\x01a\0\x03key\x05value";
const DAMAGED: &[u8] = b"sTRATA-1\x02\0\0\0\xe8\x51\xf6\xb3\xff\xff\0\0\0\0\0\0\x02\x01a\0\xff";

/// What is shown of snapshot files, and of one that nobody knows, where no line
/// is wider than the terminal.
fn shown(width: usize) -> String {
    let show = Show {
        all: false,
        only: None,
        coloured: false,
        width,
    };
    let format = registry::format_of("snapshot", b"").unwrap();
    let mut out = Vec::new();
    for bytes in [SOUND, DAMAGED] {
        draw_parts(
            format,
            bytes,
            show,
            (&Notes::default(), "snapshot"),
            &mut out,
        )
        .unwrap();
        out.push(b'\n');
    }
    draw_bytes(b"Strata", 300, show, &mut out).unwrap();
    let shown = String::from_utf8(out).unwrap();
    for line in shown.lines() {
        assert!(line.chars().count() <= width, "{width}: {line}");
    }
    shown
}

#[test]
fn a_drawing_fits_the_terminal() {
    for width in 40..=80 {
        // Whatever the width: the checksum holds, and it is said.
        assert_eq!(shown(width).matches("holds").count(), 1, "{width}");
    }
    insta::assert_snapshot!("narrow", shown(40));
    insta::assert_snapshot!("medium", shown(60));
}
