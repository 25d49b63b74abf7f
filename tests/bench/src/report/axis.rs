//! The ends and the ticks of a logarithmic axis.

use std::ops::Range;

/// A range around the values, to the next 1, 2 or 5 of a power of ten, with
/// room for whiskers of a factor.
pub(super) fn decades(values: &[f64], room: f64) -> Range<f64> {
    let values = values.iter().copied().filter(|value| *value > 0.0);
    let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
    for value in values {
        least = least.min(value);
        most = most.max(value);
    }
    if most == 0.0 {
        (least, most) = (1.0, 10.0);
    }
    let below = |value: f64| {
        let power = 10_f64.powf(value.log10().floor());
        let steps = [5.0, 2.0, 1.0].map(|step| step * power);
        steps
            .into_iter()
            .find(|step| *step <= value)
            .unwrap_or(power)
    };
    let above = |value: f64| {
        let power = 10_f64.powf(value.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
        steps
            .into_iter()
            .find(|step| *step >= value)
            .unwrap_or(10.0 * power)
    };
    below(least / room)..above(most * room)
}

/// What a logarithmic axis says of itself: nobody is to guess it from its ticks.
pub(super) fn logarithmic(axis: &str) -> String {
    format!("{axis}, logarithmic")
}

/// What stands at a logarithmic axis: as many of 1, 2 and 5 as have room.
pub(super) fn ticks(range: &Range<f64>) -> Vec<f64> {
    const MOST: f64 = 5.0;
    let decades = (range.end / range.start).log10();
    let steps: &[f64] = match decades {
        decades if 3.0 * decades <= MOST => &[1.0, 2.0, 5.0],
        decades if 2.0 * decades <= MOST => &[1.0, 3.0],
        _ => &[1.0],
    };
    let every = (decades / MOST).ceil().max(1.0);
    let (mut ticks, mut power) = (Vec::new(), 10_f64.powf(range.start.log10().floor()));
    while power <= range.end {
        ticks.extend(steps.iter().map(|step| step * power));
        power *= 10_f64.powf(every);
    }
    // What is off by a rounding error only is at the end, and not beyond it.
    let inside = range.start * 0.999..=range.end * 1.001;
    ticks.retain(|tick| inside.contains(tick));
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_round_figures() {
        let near = |range: Range<f64>, start: f64, end: f64| {
            (range.start / start - 1.0).abs() < 1e-9 && (range.end / end - 1.0).abs() < 1e-9
        };
        assert!(near(decades(&[130.0, 4200.0], 1.0), 100.0, 5000.0));
        assert!(near(decades(&[130.0, 4200.0], 2.0), 50.0, 10_000.0));
        assert!(near(decades(&[0.0], 1.0), 1.0, 10.0));
        assert!(near(decades(&[], 2.0), 0.5, 20.0));
    }

    #[test]
    fn an_axis_has_two_to_six_ticks_within_its_ends() {
        for (start, end) in [
            (100.0, 1000.0),
            (50.0, 2000.0),
            (1.0, 5.0),
            (20.0, 1e9),
            (1.0, 1e12),
        ] {
            let ticks = ticks(&(start..end));
            assert!((2..=7).contains(&ticks.len()), "{start}..{end}: {ticks:?}");
            assert!(
                ticks
                    .iter()
                    .all(|tick| (start * 0.99..end * 1.01).contains(tick))
            );
        }
    }
}
