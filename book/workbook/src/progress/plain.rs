//! Progress as pages show it.

use super::Progress;
use crate::paint;

impl Progress {
    /// The same without colours, which are a terminal's.
    pub fn plain(&self) -> Self {
        let mut plain = self.clone();
        for chapter in &mut plain.chapters {
            let verdicts = chapter.exercises.iter_mut().map(|e| &mut e.verdict);
            for verdict in verdicts.chain(&mut chapter.trouble) {
                verdict.output = verdict.output.as_deref().map(paint::plain);
            }
        }
        plain
    }
}
