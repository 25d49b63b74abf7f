//! The little HTML that pages hold, in words.

/// A piece of a block of HTML.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A folded block begins; this is what it is called.
    Fold(String),
    /// It ends.
    Unfold,
    /// Words on a line: what a figure shows, else what stands between tags.
    Words(String),
}

/// What a block of HTML says, from top to bottom.
pub(super) fn pieces(block: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut lines = block.lines();
    while let Some(line) = lines.next() {
        // What an element holds goes on to the line that closes it.
        let mut until = |end: &str| {
            let mut whole = line.to_owned();
            while !whole.contains(end) {
                let Some(line) = lines.next() else { break };
                whole.push('\n');
                whole.push_str(line);
            }
            whole
        };
        if line.contains("</details>") {
            pieces.push(Piece::Unfold);
        } else if line.contains("<details") {
            let summary = element(&until("</summary>"), "summary");
            pieces.push(Piece::Fold(summary.unwrap_or_else(|| "more".to_owned())));
        } else if line.contains("<svg") {
            let figure = until("</svg>");
            let says = [element(&figure, "title"), element(&figure, "desc")];
            let says: Vec<String> = says.into_iter().flatten().collect();
            pieces.push(Piece::Words(format!("(Figure: {})", says.join(": "))));
        } else if !text(line).is_empty() {
            pieces.push(Piece::Words(text(line)));
        }
    }
    pieces
}

/// The text within an element that has no other of its name inside.
fn element(block: &str, name: &str) -> Option<String> {
    let (_, rest) = block.split_once(&format!("<{name}"))?;
    let (_, rest) = rest.split_once('>')?;
    let (inside, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text(inside))
}

/// HTML without its tags.
fn text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        rest = tag.split_once('>').map_or("", |(_, behind)| behind);
    }
    out.push_str(rest);
    let words: Vec<&str> = out.split_whitespace().collect();
    words
        .join(" ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_may_follow_each_other_at_once() {
        let block = "</details>\n<details>\n<summary>Two:\n<code>b</code></summary>\n<p>x";
        let two = Piece::Fold("Two: b".to_owned());
        let words = Piece::Words("x".to_owned());
        assert_eq!(pieces(block), [Piece::Unfold, two, words]);
    }
}
