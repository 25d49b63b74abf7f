//! What plots are drawn with: colours, letters, and the frame of an axis.

use anyhow::{Result, anyhow};
use plotters::coord::ranged1d::ValueFormatter;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Group;

pub(super) const INK: RGBColor = RGBColor(1, 2, 3);
pub(super) const QUIET: RGBColor = RGBColor(1, 2, 4);
pub(super) const LINE: RGBColor = RGBColor(1, 2, 5);
pub(super) const PAPER: RGBColor = RGBColor(1, 2, 6);
pub(super) const REFERENCE: RGBColor = RGBColor(1, 2, 7);
pub(super) const MINE: RGBColor = RGBColor(1, 2, 8);
pub(super) const PEER: RGBColor = RGBColor(1, 2, 9);

/// What stands for each colour, and what is there in its place.
pub(super) const COLOURS: [(&str, &str); 7] = [
    ("#010203", "var(--plot-ink, var(--fg, currentColor))"),
    ("#010204", "var(--plot-quiet, var(--fg, currentColor))"),
    (
        "#010205",
        "var(--plot-line, var(--strata-line, currentColor))",
    ),
    ("#010206", "var(--plot-paper, var(--bg, Canvas))"),
    ("#010207", "var(--plot-reference, var(--tint0, #2f7fd1))"),
    ("#010208", "var(--plot-mine, var(--tint4, #3a9a5b))"),
    ("#010209", "var(--plot-peer, var(--tint1, #c9762b))"),
];

/// All in the units of the drawing, which are pixels on a phone.
pub(super) const WIDTH: u32 = 360;
pub(super) const ROW: u32 = 18;
pub(super) const AXIS: u32 = 36;
pub(super) const TOP: u32 = 4;
pub(super) const LEGEND: u32 = 20;
pub(super) const LABELS: u32 = 104;
pub(super) const VALUES: u32 = 52;
/// The letters. The crate's SVG makes them smaller by 1.24.
pub(super) const LETTERS: f64 = 11.5 * 1.24;

/// A row for each title and each contender.
pub(super) fn lines<R>(groups: &[Group<R>]) -> u32 {
    let lines = groups.iter().map(|group| 1 + group.rows.len());
    u32::try_from(lines.sum::<usize>()).unwrap_or(u32::MAX / ROW)
}

pub(super) fn height<R>(groups: &[Group<R>]) -> u32 {
    lines(groups) * ROW
}

pub(super) type Chart<'a, 'b, X> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, RangedCoordf64>>;

pub(super) fn mesh<X>(
    chart: &mut Chart<'_, '_, X>,
    axis: &str,
    unit: fn(f64) -> String,
) -> Result<()>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let tick = |value: &f64| unit(*value).replace(".00", "").replace(".0", "");
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .x_labels(5)
        .x_label_formatter(&tick)
        .x_desc(axis)
        .axis_style(LINE)
        .bold_line_style(LINE)
        .light_line_style(TRANSPARENT)
        .label_style(letters(QUIET))
        .axis_desc_style(letters(QUIET))
        .draw()
        .map_err(failed)
}

pub(super) fn letters(colour: RGBColor) -> TextStyle<'static> {
    let mut style = TextStyle::from(("sans-serif", LETTERS).into_font());
    style.color = colour.to_backend_color();
    style
}

pub(super) fn bold() -> TextStyle<'static> {
    let font = ("sans-serif", LETTERS).into_font().style(FontStyle::Bold);
    let mut style = TextStyle::from(font);
    style.color = INK.to_backend_color();
    style
}

/// Where words are written: beside the rows.
#[derive(Clone, Copy)]
pub(super) struct Words<'r, 'b> {
    pub(super) root: &'r Area<'b>,
    pub(super) top: u32,
}

pub(super) type Area<'b> = DrawingArea<SVGBackend<'b>, plotters::coord::Shift>;

impl Words<'_, '_> {
    /// The title of a group, in its row.
    pub(super) fn heading(self, row: u32, text: &str) -> Result<()> {
        self.write(row, 0, HPos::Left, text, &letters(INK))
    }

    /// A contender's name, shortened if need be.
    pub(super) fn label(self, row: u32, text: &str) -> Result<()> {
        const MOST: usize = 15;
        let short = match text.chars().count() > MOST {
            true => text.chars().take(MOST - 1).chain(['…']).collect(),
            false => text.to_string(),
        };
        self.write(row, 8, HPos::Left, &short, &letters(QUIET))
    }

    pub(super) fn write(
        self,
        row: u32,
        x: u32,
        side: HPos,
        text: &str,
        style: &TextStyle<'_>,
    ) -> Result<()> {
        let y = self.top + row * ROW + ROW / 2;
        let at = (i32::try_from(x)?, i32::try_from(y)?);
        let style = style.clone().pos(Pos::new(side, VPos::Center));
        self.root.draw(&Text::new(text, at, style)).map_err(failed)
    }
}

pub(super) fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("the plot cannot be drawn: {error}")
}
