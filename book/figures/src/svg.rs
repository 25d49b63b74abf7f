//! Pictures as text: SVG that takes its colours from the page around it.

use std::fmt::Write;

/// The width of every figure: that of a narrow phone, so that its text is as
/// large there as it was drawn. Wider screens make it larger.
pub const WIDTH: usize = 360;

/// How many colours tell parts of a figure from each other.
pub const TINTS: usize = 8;

/// A picture, and what it shows in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What the picture is.
    pub title: String,
    /// What it shows, for those who do not see it.
    pub description: String,
    /// The drawing.
    pub drawing: Drawing,
}

/// Shapes, from the top left corner, y downwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawing {
    shapes: String,
    /// How far down it goes.
    height: usize,
}

/// Where a text stands in relation to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

impl Drawing {
    /// A rectangle. `class` says what it looks like.
    pub fn rect(&mut self, class: &str, x: usize, y: usize, width: usize, height: usize) {
        self.shape(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" \
             height=\"{height}\" rx=\"2\"/>"
        ));
        self.grow(y + height);
    }

    /// A text on the line at `y`.
    pub fn text(&mut self, class: &str, anchor: Anchor, x: usize, y: usize, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(text);
        self.shape(format_args!(
            "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x}\" y=\"{y}\">{text}</text>"
        ));
        self.grow(y + 4);
    }

    /// A path, in SVG's own words.
    pub fn path(&mut self, class: &str, path: &str) {
        self.shape(format_args!("<path class=\"{class}\" d=\"{path}\"/>"));
    }

    fn shape(&mut self, shape: std::fmt::Arguments<'_>) {
        writeln!(self.shapes, "{shape}").expect("a string takes every text");
    }

    fn grow(&mut self, bottom: usize) {
        self.height = self.height.max(bottom);
    }
}

impl Figure {
    /// The figure as HTML. `name` is unique on its page.
    ///
    /// Without an empty line, at which Markdown would end it.
    pub fn to_html(&self, name: &str) -> String {
        let height = self.drawing.height + 2;
        format!(
            "<figure class=\"drawn\">\n\
             <svg role=\"img\" viewBox=\"0 0 {WIDTH} {height}\" \
             aria-labelledby=\"figure-{name}-title figure-{name}-desc\">\n\
             <title id=\"figure-{name}-title\">{}</title>\n\
             <desc id=\"figure-{name}-desc\">{}</desc>\n\
             {}</svg>\n\
             </figure>\n",
            escaped(&self.title),
            escaped(&self.description),
            self.drawing.shapes,
        )
    }
}

/// The class of the part with this number.
pub fn tint(number: usize) -> String {
    format!("tint{}", number % TINTS)
}

/// As much of `text` as fits into `width`, set in `size` pixels. It has no
/// fonts to measure with, and goes by what a middling letter takes.
pub fn fitting(text: &str, width: usize, size: usize) -> String {
    let most = (width * 10) / (size * 6);
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text_whatever_it_holds() {
        let mut drawing = Drawing::default();
        drawing.text("", Anchor::Start, 0, 10, "a < b & \"c\"");
        let figure = Figure {
            title: "<title>".to_owned(),
            description: String::new(),
            drawing,
        };
        let html = figure.to_html("name");
        assert!(
            html.contains(">a &lt; b &amp; &quot;c&quot;</text>"),
            "{html}"
        );
        assert!(html.contains("&lt;title&gt;"), "{html}");
        assert!(!html.contains("\n\n"), "{html}");
    }

    #[test]
    fn what_does_not_fit_is_cut_where_it_shows() {
        assert_eq!(fitting("entries", 40, 9), "entries");
        assert_eq!(fitting("payload_len", 40, 9), "payloa…");
    }
}
