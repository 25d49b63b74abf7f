//! Bars, with whiskers for the spread.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::pen::*;
use super::{Bar, Bars, Group};
use crate::contender::Role;
use crate::report::axis::{decades, logarithmic, ticks};
use crate::report::{contents, units};
use crate::spread::Spread;

impl Bars {
    pub(super) fn describe(&self) -> String {
        let bars = |group: &Group<Bar>| {
            let bars = group.rows.iter();
            let bars: Vec<_> = bars
                .map(|bar| format!("{} {}{}", bar.label, bar.text, spread(bar)))
                .collect();
            format!("{}: {}.", group.title, bars.join(", "))
        };
        let groups: Vec<_> = self.groups.iter().map(bars).collect();
        groups.join(" ")
    }

    pub(super) fn draw(&self, height: u32) -> Result<String> {
        let values = self.groups.iter().flat_map(|group| &group.rows);
        let values: Vec<f64> = values.map(|bar| bar.value).collect();
        let lines = f64::from(lines(&self.groups));
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
            let words = Words {
                root: &root,
                top: TOP + LEGEND,
            };
            self.legend(&root)?;
            let mut frame = ChartBuilder::on(&root);
            frame
                .margin_top(TOP + LEGEND)
                .margin_left(LABELS)
                .margin_right(VALUES)
                .x_label_area_size(AXIS);
            match self.is_logarithmic {
                true => {
                    let range = decades(&values, 2.0);
                    let ends = (range.start, range.end);
                    let axis = range.clone().log_scale().with_key_points(ticks(&range));
                    let chart = frame.build_cartesian_2d(axis, lines..0.0);
                    let mut chart = chart.map_err(failed)?;
                    mesh(&mut chart, &logarithmic(&self.axis), units::number)?;
                    self.fill(chart, words, ends)?;
                }
                false => {
                    let most = self.most();
                    let chart = frame.build_cartesian_2d(0.0..most, lines..0.0);
                    let mut chart = chart.map_err(failed)?;
                    mesh(&mut chart, &self.axis, units::digits)?;
                    self.fill(chart, words, (0.0, most))?;
                }
            }
            root.present().map_err(failed)?;
        }
        Ok(svg)
    }

    /// The end of an axis that begins at zero: beyond all bars, and beyond their
    /// whiskers unless one would be longer than the longest bar is.
    fn most(&self) -> f64 {
        let bars = self.groups.iter().flat_map(|group| &group.rows);
        let longest = bars.clone().map(|bar| bar.value).fold(2.0, f64::max);
        let whiskers = bars.map(|bar| bar.value * factor(bar));
        whiskers.fold(longest, f64::max).min(2.0 * longest) * 1.05
    }

    /// Which bar is whose.
    fn legend(&self, root: &Area<'_>) -> Result<()> {
        let bars = self.groups.iter().flat_map(|group| &group.rows);
        let mut roles: Vec<Role> = bars.map(|bar| bar.role).collect();
        roles.sort_unstable();
        roles.dedup();
        let mut x = i32::try_from(LABELS)?;
        let y = i32::try_from(TOP + LEGEND / 2)?;
        for role in roles {
            let (colour, is_filled) = look(role);
            let corners = [(x, y - 4), (x + 12, y + 4)];
            if is_filled {
                let fill = Rectangle::new(corners, colour.mix(FILL).filled());
                root.draw(&fill).map_err(failed)?;
            }
            let edge = Rectangle::new(corners, colour.stroke_width(1));
            root.draw(&edge).map_err(failed)?;
            let style = letters(INK).pos(Pos::new(HPos::Left, VPos::Center));
            let text = Text::new(contents::role(role), (x + 17, y), style);
            root.draw(&text).map_err(failed)?;
            x += 86;
        }
        Ok(())
    }

    fn fill<'b, X>(
        &self,
        mut chart: Chart<'_, 'b, X>,
        words: Words<'_, 'b>,
        ends: (f64, f64),
    ) -> Result<()>
    where
        X: Ranged<ValueType = f64>,
    {
        let mut row = 0;
        for group in &self.groups {
            words.heading(row, &group.title)?;
            row += 1;
            for bar in &group.rows {
                words.label(row, &bar.label)?;
                let style = match bar.is_best {
                    true => bold(),
                    false => letters(INK),
                };
                words.write(row, WIDTH - 2, HPos::Right, &bar.text, &style)?;
                draw_bar(&mut chart, f64::from(row), bar, ends)?;
                row += 1;
            }
        }
        Ok(())
    }
}

/// How much longer a bar may be.
fn factor(bar: &Bar) -> f64 {
    bar.spread.map_or(1.0, Spread::factor)
}

/// The spread of a bar, in words.
fn spread(bar: &Bar) -> String {
    let spread = bar.spread.map(|spread| format!(" {spread}"));
    spread.unwrap_or_default()
}

/// How much of a bar's colour is in it.
const FILL: f64 = 0.55;

/// The colour of a role, and whether it fills the bar.
fn look(role: Role) -> (RGBColor, bool) {
    match role {
        Role::Reference => (REFERENCE, true),
        Role::Mine => (MINE, true),
        Role::Peer | Role::Cheat => (PEER, true),
        // It stands apart.
        Role::Control => (QUIET, false),
    }
}

fn draw_bar<X>(chart: &mut Chart<'_, '_, X>, at: f64, bar: &Bar, ends: (f64, f64)) -> Result<()>
where
    X: Ranged<ValueType = f64>,
{
    let corners = [(ends.0, at + 0.16), (bar.value.max(ends.0), at + 0.84)];
    let (colour, is_filled) = look(bar.role);
    let fill = Rectangle::new(corners, colour.mix(FILL).filled());
    let edge = Rectangle::new(corners, colour.stroke_width(1));
    if is_filled {
        chart.draw_series([fill]).map_err(failed)?;
    }
    chart.draw_series([edge]).map_err(failed)?;
    if bar.spread.is_none() {
        return Ok(());
    }
    let factor = factor(bar);
    let low = (bar.value / factor).max(ends.0);
    let high = (bar.value * factor).min(ends.1);
    let middle = at + 0.5;
    let mut whisker = vec![PathElement::new(vec![(low, middle), (high, middle)], INK)];
    for end in [low, high] {
        // An end that is beyond the axis has no cap.
        if end > ends.0 && end < ends.1 {
            let cap = vec![(end, at + 0.3), (end, at + 0.7)];
            whisker.push(PathElement::new(cap, INK));
        }
    }
    chart.draw_series(whisker).map_err(failed)?;
    Ok(())
}
