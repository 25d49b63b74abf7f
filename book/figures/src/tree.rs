//! Nodes, and what hangs under them.

use crate::svg::{Anchor, Drawing, WIDTH, tint};

/// A node and all beneath it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What stands in it.
    pub label: String,
    /// The number of its colour.
    pub tint: usize,
    /// The nodes that it leads to, from left to right.
    pub children: Vec<Node>,
}

const HEIGHT: usize = 24;
const LEVEL: usize = 52;

/// A tree, root on top. The leaves share the width between them, and a node
/// stands over the middle of its children.
pub fn tree(root: &Node) -> Drawing {
    let mut drawing = Drawing::default();
    let slot = WIDTH / leaves(root);
    let mut next_leaf = 0;
    place(&mut drawing, root, 0, slot, &mut next_leaf);
    drawing
}

fn leaves(node: &Node) -> usize {
    node.children.iter().map(leaves).sum::<usize>().max(1)
}

/// Draws a node with all beneath it; answers where its middle is.
fn place(
    drawing: &mut Drawing,
    node: &Node,
    depth: usize,
    slot: usize,
    next_leaf: &mut usize,
) -> usize {
    let y = depth * LEVEL + 1;
    let middles: Vec<usize> = node
        .children
        .iter()
        .map(|child| place(drawing, child, depth + 1, slot, next_leaf))
        .collect();
    let middle = match (middles.first(), middles.last()) {
        (Some(first), Some(last)) => usize::midpoint(*first, *last),
        _ => {
            *next_leaf += 1;
            (*next_leaf - 1) * slot + slot / 2
        }
    };
    for child in middles {
        let (from, to) = (y + HEIGHT, y + LEVEL);
        drawing.path("stroke", &format!("M{middle} {from} L{child} {to}"));
    }
    // Room for the label, and no more than the node's share of the width.
    let wanted = node.label.chars().count() * 7 + 14;
    let width = wanted.min(leaves(node) * slot - 4);
    drawing.rect(&tint(node.tint), middle - width / 2, y, width, HEIGHT);
    drawing.text("mono", Anchor::Middle, middle, y + 16, &node.label);
    middle
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::svg::Figure;

    fn leaf(label: &str) -> Node {
        Node {
            label: label.to_owned(),
            tint: 1,
            children: Vec::new(),
        }
    }

    #[test]
    fn a_node_stands_over_the_middle_of_its_children() {
        let root = Node {
            label: "m".to_owned(),
            tint: 0,
            children: vec![leaf("a b"), leaf("m n")],
        };
        let figure = Figure {
            title: "A tree".to_owned(),
            description: "m over a b and m n".to_owned(),
            drawing: tree(&root),
        };
        insta::assert_snapshot!(figure.to_html("tree"));
    }
}
