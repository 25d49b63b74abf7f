//! Figures for people: three digits, with a unit that suits their size.

/// A count or a rate: `1.23M`.
pub fn number(figure: f64) -> String {
    scaled(figure, &[(1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G")])
}

/// A time: `1.23 µs`.
pub fn time(ns: f64) -> String {
    scaled(ns, &[(1.0, " ns"), (1e3, " µs"), (1e6, " ms"), (1e9, " s")])
}

/// Bytes in memory and in files: `1.23 MiB`.
pub fn bytes(bytes: f64) -> String {
    const KIB: f64 = 1024.0;
    let units = [
        (1.0, " B"),
        (KIB, " KiB"),
        (KIB * KIB, " MiB"),
        (KIB * KIB * KIB, " GiB"),
    ];
    scaled(bytes, &units)
}

/// A share: `87 %`.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent >= 9.95 => format!("{percent:.0} %"),
        percent if percent >= 0.995 => format!("{percent:.1} %"),
        percent if percent >= 0.01 => format!("{percent:.2} %"),
        percent if percent > 0.0 => "<0.01 %".into(),
        _ => "0 %".into(),
    }
}

/// A plain figure: `1.23`, `12.3`, `123`.
pub fn digits(figure: f64) -> String {
    match figure.abs() {
        size if size >= 99.95 => format!("{figure:.0}"),
        size if size >= 9.995 => format!("{figure:.1}"),
        0.0 => "0".into(),
        _ => format!("{figure:.2}"),
    }
}

/// In the largest unit of which there is one, once it is rounded.
fn scaled(figure: f64, units: &[(f64, &str)]) -> String {
    let fits = |(size, _): &&(f64, &str)| figure.abs() / size >= 0.9995;
    let (size, unit) = units.iter().rev().find(fits).unwrap_or(&units[0]);
    let is_whole = *size == 1.0 && figure.fract() == 0.0;
    match is_whole {
        true => format!("{figure:.0}{unit}"),
        false => format!("{}{unit}", digits(figure / size)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_round_into_the_next_unit() {
        assert_eq!(number(0.0), "0");
        assert_eq!(number(7.0), "7");
        assert_eq!(number(0.123), "0.12");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(999.4), "999");
        assert_eq!(number(999.6), "1.00k");
        assert_eq!(number(12_345.0), "12.3k");
        assert_eq!(number(1_234_567.0), "1.23M");
        assert_eq!(number(99_960.0), "100k");
        assert_eq!(time(105.0), "105 ns");
        assert_eq!(time(105_240.0), "105 µs");
        assert_eq!(time(35_061_759.0), "35.1 ms");
        assert_eq!(time(2e9), "2.00 s");
        assert_eq!(bytes(512.0), "512 B");
        assert_eq!(bytes(1024.0 * 1024.0), "1.00 MiB");
        assert_eq!(bytes(5_971_968.0), "5.70 MiB");
    }

    #[test]
    fn shares_are_in_percent() {
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.00001), "<0.01 %");
        assert_eq!(percent(0.0123), "1.2 %");
        assert_eq!(percent(0.874), "87 %");
        assert_eq!(percent(1.2), "120 %");
    }
}
