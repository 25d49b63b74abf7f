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

use crate::contender::Role;
use crate::spread::Spread;

mod bars;
mod dots;
mod pen;

use pen::{AXIS, COLOURS, LEGEND, TOP, WIDTH, height};

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
    /// By how much it may differ.
    pub spread: Option<Spread>,
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
    use crate::report::units;

    fn bars(is_logarithmic: bool) -> Plot {
        let bar = |label: &str, role, value| Bar {
            label: label.into(),
            role,
            value,
            spread: Spread::of(0.001, 4, 3),
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
        assert!(svg.contains("Get, uniform: lsm &amp; co 1.50M ±16 %, control 30.0M ±16 %."));
        assert!(svg.contains("aria-labelledby=\"p1-title p1-desc\""));
        assert!(!svg.contains("lsm & co"), "{svg}");
        let svg = dots().svg("p2").unwrap();
        assert!(svg.contains("p50 0 ns p90 1.30 µs p99.9 21.0 µs"));
        assert!(svg.contains("a-name-that-is…"));
    }

    #[test]
    fn a_logarithmic_axis_says_so_and_no_other() {
        for (plot, is_logarithmic) in [(bars(true), true), (bars(false), false), (dots(), true)] {
            let svg = plot.svg("p1").unwrap();
            assert_eq!(svg.contains(", logarithmic"), is_logarithmic, "{svg}");
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
