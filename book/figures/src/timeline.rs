//! What was done, one step after the other, and what a power cut between any
//! two of them leaves.

use crate::svg::{Anchor, Drawing, WIDTH};

/// What power cuts at one place left.
pub type Left = Vec<Outcome>;

/// One of the things that a power cut at some place leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// A word for it.
    pub word: String,
    /// The class it is drawn in.
    pub class: String,
    /// In how many of the images that were tried.
    pub times: usize,
}

/// One step, and what a power cut after it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was done.
    pub done: String,
    /// What is left where the power goes before the next step.
    pub left: Left,
}

const STEP_HEIGHT: usize = 24;
const CUT_HEIGHT: usize = 24;
const PILLS: usize = 172;
const PILL: usize = 88;

/// Steps from top to bottom, with a power cut before the first and after each.
pub fn with_cuts(before: &Left, steps: &[Step]) -> Drawing {
    let mut drawing = Drawing::default();
    drawing.text(
        "quiet small",
        Anchor::Start,
        PILLS,
        10,
        "a power cut here leaves",
    );
    let end = 16 + CUT_HEIGHT + steps.len() * (STEP_HEIGHT + CUT_HEIGHT);
    drawing.path("stroke", &format!("M12 16 V{end}"));
    let mut y = 16;
    cut(&mut drawing, y, before);
    y += CUT_HEIGHT;
    for step in steps {
        drawing.rect("box", 24, y, WIDTH - 26, STEP_HEIGHT);
        drawing.path(
            "dot",
            &format!("M8 {} h8 v8 h-8 z", y + STEP_HEIGHT / 2 - 4),
        );
        drawing.text("mono", Anchor::Start, 32, y + 16, &step.done);
        y += STEP_HEIGHT;
        cut(&mut drawing, y, &step.left);
        y += CUT_HEIGHT;
    }
    drawing
}

/// A bolt across the line of time, and what is left there.
fn cut(drawing: &mut Drawing, y: usize, left: &Left) {
    let middle = y + CUT_HEIGHT / 2;
    let (top, bottom) = (middle - 7, middle + 7);
    drawing.path("bolt", &format!("M14 {top} l-6 8 h4 l-2 6 l6 -8 h-4 z"));
    drawing.path("dashed", &format!("M22 {middle} H{}", PILLS - 6));
    for (i, outcome) in left.iter().enumerate() {
        let x = PILLS + i * (PILL + 4);
        drawing.rect(&outcome.class, x, y + 3, PILL, bottom - top + 4);
        let text = format!("{} × {}", outcome.word, outcome.times);
        drawing.text("small", Anchor::Middle, x + PILL / 2, y + 15, &text);
    }
}
