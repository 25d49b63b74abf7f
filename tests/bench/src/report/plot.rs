//! Plots, as SVG whose colours are the page's.
//!
//! They are drawn in colours that stand for others, and each of these is then
//! replaced by a variable of the style sheet. So one drawing suits light, dark
//! and paper. Where a page has no such variable, the book's are taken, and else
//! the colour of its text.
//!
//! A plot is as wide as a phone: its letters are never smaller than they are
//! drawn.

use anyhow::{Result, anyhow};
use plotters::coord::ranged1d::ValueFormatter;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::units;
use crate::contender::Role;

/// A plot.
#[derive(Debug, Clone, PartialEq)]
pub enum Plot {
    /// A bar for each contender.
    Bars(Bars),
    /// The percentiles of each contender.
    Dots(Dots),
}

/// Bars, with whiskers for the spread.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// What it shows.
    pub title: String,
    /// What its axis says.
    pub axis: String,
    /// Whether each tenfold takes the same room.
    pub is_logarithmic: bool,
    /// What is below each other.
    pub groups: Vec<Group<Bar>>,
}

/// The percentiles of the time of calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Dots {
    /// What it shows.
    pub title: String,
    /// What its axis says.
    pub axis: String,
    /// What is below each other.
    pub groups: Vec<Group<Row>>,
}

/// Rows of one workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Group<R> {
    /// The workload's title.
    pub title: String,
    /// One a contender.
    pub rows: Vec<R>,
}

/// A bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Whose it is.
    pub label: String,
    /// Why they are there.
    pub role: Role,
    /// Its length.
    pub value: f64,
    /// By which factor it may differ.
    pub spread: Option<f64>,
    /// Its length, in words.
    pub text: String,
    /// Whether it is the best of its group.
    pub is_best: bool,
}

/// The percentiles of one contender, in nanoseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Whose they are.
    pub label: String,
    /// Those of [`PERCENTILES`] for which there were calls enough.
    pub values: [Option<f64>; 4],
}

/// Which percentiles are drawn.
pub const PERCENTILES: [&str; 4] = ["p50", "p90", "p99", "p99.9"];

const INK: RGBColor = RGBColor(1, 2, 3);
const QUIET: RGBColor = RGBColor(1, 2, 4);
const LINE: RGBColor = RGBColor(1, 2, 5);
const PAPER: RGBColor = RGBColor(1, 2, 6);
const REFERENCE: RGBColor = RGBColor(1, 2, 7);
const MINE: RGBColor = RGBColor(1, 2, 8);
const PEER: RGBColor = RGBColor(1, 2, 9);

/// What stands for each colour, and what is there in its place.
const COLOURS: [(&str, &str); 7] = [
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
const WIDTH: u32 = 360;
const ROW: u32 = 18;
const AXIS: u32 = 36;
const TOP: u32 = 4;
const LEGEND: u32 = 20;
const LABELS: u32 = 96;
const VALUES: u32 = 52;
/// The letters. The crate's SVG makes them smaller by 1.24.
const LETTERS: f64 = 11.5 * 1.24;

impl Plot {
    /// Draws it. The name is unique on its page.
    ///
    /// # Errors
    ///
    /// Fails where the crate that draws does.
    pub fn svg(&self, name: &str) -> Result<String> {
        let (title, description, height, drawn) = match self {
            Plot::Bars(bars) => {
                let height = height(&bars.groups) + TOP + LEGEND + AXIS;
                (&bars.title, bars.describe(), height, bars.draw(height)?)
            }
            Plot::Dots(dots) => {
                let height = height(&dots.groups) + TOP + LEGEND + AXIS;
                (&dots.title, dots.describe(), height, dots.draw(height)?)
            }
        };
        let inner = drawn.split_once('>').map(|(_, inner)| inner);
        let inner = inner.ok_or_else(|| anyhow!("the drawing has no beginning"))?;
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {height}\" xmlns=\"http://www.w3.org/2000/svg\" \
             role=\"img\" aria-labelledby=\"{name}-title {name}-desc\">\n\
             <title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-desc\">{}</desc>{inner}",
            escaped(title),
            escaped(&description),
        );
        for (sentinel, colour) in COLOURS {
            svg = svg.replace(&format!("\"{sentinel}\""), &format!("\"{colour}\""));
        }
        Ok(svg)
    }

    /// What it shows.
    pub fn title(&self) -> &str {
        match self {
            Plot::Bars(bars) => &bars.title,
            Plot::Dots(dots) => &dots.title,
        }
    }

    /// What it shows, below a heading that says of what.
    pub fn caption(&self) -> &str {
        let title = self.title();
        title.rsplit_once(": ").map_or(title, |(_, what)| what)
    }

    /// Whether there is anything to be seen.
    pub fn is_empty(&self) -> bool {
        match self {
            Plot::Bars(bars) => bars.groups.iter().all(|group| group.rows.is_empty()),
            Plot::Dots(dots) => dots.groups.iter().all(|group| group.rows.is_empty()),
        }
    }
}

/// A row for each title and each contender.
fn lines<R>(groups: &[Group<R>]) -> u32 {
    let lines = groups.iter().map(|group| 1 + group.rows.len());
    u32::try_from(lines.sum::<usize>()).unwrap_or(u32::MAX / ROW)
}

fn height<R>(groups: &[Group<R>]) -> u32 {
    lines(groups) * ROW
}

impl Bars {
    fn describe(&self) -> String {
        let bars = |group: &Group<Bar>| {
            let bars = group.rows.iter();
            let bars: Vec<_> = bars
                .map(|bar| format!("{} {}", bar.label, bar.text))
                .collect();
            format!("{}: {}.", group.title, bars.join(", "))
        };
        let groups: Vec<_> = self.groups.iter().map(bars).collect();
        groups.join(" ")
    }

    fn draw(&self, height: u32) -> Result<String> {
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
                    self.fill(chart.map_err(failed)?, words, ends, units::number)?;
                }
                false => {
                    let most = values.iter().copied().fold(2.0, f64::max) * 1.05;
                    let chart = frame.build_cartesian_2d(0.0..most, lines..0.0);
                    self.fill(chart.map_err(failed)?, words, (0.0, most), units::digits)?;
                }
            }
            root.present().map_err(failed)?;
        }
        Ok(svg)
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
            let text = Text::new(super::page::role(role), (x + 17, y), style);
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
        unit: fn(f64) -> String,
    ) -> Result<()>
    where
        X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        mesh(&mut chart, &self.axis, unit)?;
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
                words.write(row, WIDTH - 2, HPos::Right, &bar.text, style)?;
                draw_bar(&mut chart, f64::from(row), bar, ends)?;
                row += 1;
            }
        }
        Ok(())
    }
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
    let Some(factor) = bar.spread else {
        return Ok(());
    };
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

impl Dots {
    fn describe(&self) -> String {
        let rows = |group: &Group<Row>| {
            let row = |row: &Row| {
                let values = row.values.iter().zip(PERCENTILES);
                let values = values.filter_map(|(ns, name)| Some((name, (*ns)?)));
                let values = values.map(|(name, ns)| format!("{name} {}", units::time(ns)));
                format!("{} {}", row.label, values.collect::<Vec<_>>().join(" "))
            };
            let rows: Vec<_> = group.rows.iter().map(row).collect();
            format!("{}: {}.", group.title, rows.join(", "))
        };
        let groups: Vec<_> = self.groups.iter().map(rows).collect();
        groups.join(" ")
    }

    fn draw(&self, height: u32) -> Result<String> {
        let rows = self.groups.iter().flat_map(|group| &group.rows);
        let values: Vec<f64> = rows.flat_map(|row| row.values).flatten().collect();
        let range = decades(&values, 1.15);
        let lines = f64::from(lines(&self.groups));
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
            legend(&root)?;
            let words = Words {
                root: &root,
                top: TOP + LEGEND,
            };
            let mut chart = ChartBuilder::on(&root)
                .margin_top(TOP + LEGEND)
                .margin_left(LABELS)
                .margin_right(26)
                .x_label_area_size(AXIS)
                .build_cartesian_2d(
                    range.clone().log_scale().with_key_points(ticks(&range)),
                    lines..0.0,
                )
                .map_err(failed)?;
            mesh(&mut chart, &self.axis, units::time)?;
            let mut row = 0;
            for group in &self.groups {
                words.heading(row, &group.title)?;
                row += 1;
                for one in &group.rows {
                    words.label(row, &one.label)?;
                    let place = |ns: f64| (ns.max(1.0), f64::from(row) + 0.5);
                    let values = one.values.into_iter().enumerate();
                    let values = values.filter_map(|(which, ns)| Some((which, place(ns?))));
                    let values: Vec<_> = values.collect();
                    let line: Vec<_> = values.iter().map(|(_, place)| *place).collect();
                    let line = PathElement::new(line, QUIET);
                    chart.draw_series([line]).map_err(failed)?;
                    // The smallest last: where they meet, it is on top.
                    for (which, place) in values.into_iter().rev() {
                        chart.draw_series(dot(which, place)).map_err(failed)?;
                    }
                    row += 1;
                }
            }
            root.present().map_err(failed)?;
        }
        Ok(svg)
    }
}

type Chart<'a, 'b, X> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, RangedCoordf64>>;

/// The mark of a percentile: each has a shape of its own.
fn dot<'b, P: Copy + 'static>(which: usize, at: P) -> Vec<DynElement<'static, SVGBackend<'b>, P>>
where
    P: Clone,
{
    match which {
        0 => vec![Circle::new(at, 4, INK.filled()).into_dyn()],
        1 => vec![
            Circle::new(at, 4, PAPER.filled()).into_dyn(),
            Circle::new(at, 4, INK.stroke_width(1)).into_dyn(),
        ],
        2 => vec![TriangleMarker::new(at, 5, INK.filled()).into_dyn()],
        _ => vec![Cross::new(at, 4, INK.stroke_width(2)).into_dyn()],
    }
}

fn legend(root: &Area<'_>) -> Result<()> {
    let mut x = i32::try_from(LABELS)? + 6;
    let y = i32::try_from(TOP + LEGEND / 2)?;
    for (which, name) in PERCENTILES.into_iter().enumerate() {
        for mark in dot(which, (x, y)) {
            root.draw(&mark).map_err(failed)?;
        }
        let style = letters(INK).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new(name, (x + 9, y), style))
            .map_err(failed)?;
        x += 56;
    }
    Ok(())
}

fn mesh<X>(chart: &mut Chart<'_, '_, X>, axis: &str, unit: fn(f64) -> String) -> Result<()>
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

fn letters(colour: RGBColor) -> TextStyle<'static> {
    let mut style = TextStyle::from(("sans-serif", LETTERS).into_font());
    style.color = colour.to_backend_color();
    style
}

fn bold() -> TextStyle<'static> {
    let font = ("sans-serif", LETTERS).into_font().style(FontStyle::Bold);
    let mut style = TextStyle::from(font);
    style.color = INK.to_backend_color();
    style
}

/// Where words are written: beside the rows.
#[derive(Clone, Copy)]
struct Words<'r, 'b> {
    root: &'r Area<'b>,
    top: u32,
}

type Area<'b> = DrawingArea<SVGBackend<'b>, plotters::coord::Shift>;

impl Words<'_, '_> {
    /// The title of a group, in its row.
    fn heading(self, row: u32, text: &str) -> Result<()> {
        self.write(row, 0, HPos::Left, text, letters(INK))
    }

    /// A contender's name, shortened if need be.
    fn label(self, row: u32, text: &str) -> Result<()> {
        const MOST: usize = 15;
        let short = match text.chars().count() > MOST {
            true => text.chars().take(MOST - 1).chain(['…']).collect(),
            false => text.to_string(),
        };
        self.write(row, 8, HPos::Left, &short, letters(QUIET))
    }

    fn write(self, row: u32, x: u32, side: HPos, text: &str, style: TextStyle<'_>) -> Result<()> {
        let y = self.top + row * ROW + ROW / 2;
        let at = (i32::try_from(x)?, i32::try_from(y)?);
        let style = style.pos(Pos::new(side, VPos::Center));
        self.root.draw(&Text::new(text, at, style)).map_err(failed)
    }
}

/// A range around the values, to the next 1, 2 or 5 of a power of ten, with
/// room for whiskers of a factor.
fn decades(values: &[f64], room: f64) -> std::ops::Range<f64> {
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

/// What stands at a logarithmic axis: as many of 1, 2 and 5 as have room.
fn ticks(range: &std::ops::Range<f64>) -> Vec<f64> {
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

fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("the plot cannot be drawn: {error}")
}

/// What HTML and SVG would read as theirs, written so that they do not.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(is_logarithmic: bool) -> Plot {
        let bar = |label: &str, role, value| Bar {
            label: label.into(),
            role,
            value,
            spread: Some(1.2),
            text: units::number(value),
            is_best: false,
        };
        Plot::Bars(Bars {
            title: "Gets <here>".into(),
            axis: "entries a second".into(),
            is_logarithmic,
            groups: vec![Group {
                title: "Get, uniform".into(),
                rows: vec![
                    bar("lsm & co", Role::Reference, 1.5e6),
                    bar("control", Role::Control, 3e7),
                ],
            }],
        })
    }

    fn dots() -> Plot {
        Plot::Dots(Dots {
            title: "Gets".into(),
            axis: "time".into(),
            groups: vec![Group {
                title: "Get, uniform".into(),
                rows: vec![Row {
                    label: "a-name-that-is-too-long-by-far".into(),
                    values: [Some(0.0), Some(1300.0), None, Some(21_000.0)],
                }],
            }],
        })
    }

    #[test]
    fn a_plot_has_the_colours_of_its_page_and_no_other() {
        for plot in [bars(true), bars(false), dots()] {
            let svg = plot.svg("p1").unwrap();
            assert!(svg.contains("var(--plot-ink"), "{svg}");
            let colours = svg.matches("=\"#").count();
            assert_eq!(colours, 0, "{svg}");
        }
    }

    #[test]
    fn a_plot_says_in_words_what_it_shows() {
        let svg = bars(true).svg("p1").unwrap();
        assert!(svg.contains("<title id=\"p1-title\">Gets &lt;here&gt;</title>"));
        assert!(svg.contains("Get, uniform: lsm &amp; co 1.50M, control 30.0M."));
        assert!(svg.contains("aria-labelledby=\"p1-title p1-desc\""));
        assert!(!svg.contains("lsm & co"), "{svg}");
        let svg = dots().svg("p2").unwrap();
        assert!(svg.contains("p50 0 ns p90 1.30 µs p99.9 21.0 µs"));
        assert!(svg.contains("a-name-that-is…"));
    }

    #[test]
    fn an_axis_ends_at_round_figures() {
        let near = |range: std::ops::Range<f64>, start: f64, end: f64| {
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

    #[test]
    fn a_plot_without_rows_is_empty() {
        assert!(!bars(true).is_empty());
        let none = Plot::Dots(Dots {
            title: String::new(),
            axis: String::new(),
            groups: vec![],
        });
        assert!(none.is_empty());
    }
}
