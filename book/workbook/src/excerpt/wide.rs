//! Lines that are wider than a terminal: sources may have a hundred columns,
//! and what is shown of them has eighty. Signatures and aliases can be broken
//! without a look at what they mean.

use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::fault::WIDTH;

/// A place where a line can be broken.
#[derive(Debug)]
pub(super) struct Break {
    /// What goes on to lines of its own.
    within: Range<usize>,
    parts: Parts,
}

#[derive(Debug)]
enum Parts {
    /// The parameters of a function, which a comma follows.
    Parameters(Vec<Range<usize>>),
    /// The type behind the `=` of an alias.
    Type(Range<usize>),
}

/// All places in a file where a line can be broken, from top to bottom.
pub(super) fn breaks(file: &syn::File) -> Vec<Break> {
    let mut found = Found(Vec::new());
    found.visit_file(file);
    found.0.sort_by_key(|place| place.within.start);
    found.0
}

struct Found(Vec<Break>);

impl<'ast> Visit<'ast> for Found {
    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        let parentheses = signature.paren_token.span;
        let [open, close] = [parentheses.open(), parentheses.close()];
        let inputs = signature.inputs.iter();
        self.0.push(Break {
            within: open.byte_range().end..close.byte_range().start,
            parts: Parts::Parameters(inputs.map(|input| input.span().byte_range()).collect()),
        });
        visit::visit_signature(self, signature);
    }

    fn visit_item_type(&mut self, alias: &'ast syn::ItemType) {
        let aliased = alias.ty.span().byte_range();
        self.0.push(Break {
            within: alias.eq_token.span.byte_range().end..aliased.end,
            parts: Parts::Type(aliased),
        });
    }
}

/// A range of the text in which each line that would be too wide without
/// `indent` is broken, where it can be.
pub(super) fn broken(text: &str, range: Range<usize>, indent: usize, breaks: &[Break]) -> String {
    let mut out = String::new();
    let mut copied = range.start;
    for Break { within, parts } in breaks {
        let is_inside = copied <= within.start && within.end <= range.end;
        if !is_inside || text[within.clone()].contains('\n') {
            continue;
        }
        let start = text[..within.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[start..range.end].find('\n');
        let line = &text[start..end.map_or(range.end, |end| start + end)];
        if line.chars().count() <= WIDTH + indent {
            continue;
        }
        let margin = &line[..line.len() - line.trim_start().len()];
        out.push_str(&text[copied..within.start]);
        copied = within.end;
        match parts {
            Parts::Type(aliased) => {
                out.push_str(&format!("\n{margin}    {}", &text[aliased.clone()]));
            }
            Parts::Parameters(all) if all.is_empty() => {}
            Parts::Parameters(all) => {
                for one in all {
                    out.push_str(&format!("\n{margin}    {},", &text[one.clone()]));
                }
                out.push_str(&format!("\n{margin}"));
            }
        }
    }
    out + &text[copied..range.end]
}

#[cfg(test)]
mod tests {
    use super::super::Source;

    #[test]
    fn a_signature_that_is_too_wide_has_a_line_for_each_parameter() {
        let long = "VeryLongNameOfATypeThatNobodyWouldWrite";
        let text = format!(
            "/// Does it.\nfn f(one: {long}, two: &{long}) -> u8 {{\n    1\n}}\n\n\
             trait T {{\n    fn g(&self, one: {long}, {{ a, b }}: {long}) -> Box<dyn Fn(u8)>;\n\n    \
             fn short(&self);\n}}\n\ntype A = ({long}, {long});\n"
        );
        let text = text.replace("{ a, b }", "T { a, b }");
        let source = Source::parse(&text).expect("it is Rust");
        let shown = |text: String| text.replace(long, "Long");
        let f = source.signature("f").expect("it is there");
        insta::assert_snapshot!(shown(f), @r"
        /// Does it.
        fn f(
            one: Long,
            two: &Long,
        ) -> u8
        ");
        let t = source.excerpt("T").expect("it is there");
        insta::assert_snapshot!(shown(t), @r"
        trait T {
            fn g(
                &self,
                one: Long,
                T { a, b }: Long,
            ) -> Box<dyn Fn(u8)>;

            fn short(&self);
        }
        ");
        let a = source.excerpt("A").expect("it is there");
        assert_eq!(shown(a), "type A =\n    (Long, Long);\n");
        // What fits stays as it was written.
        let narrow = text.replace(long, "Short");
        let source = Source::parse(&narrow).expect("it is Rust");
        let f = source.excerpt("f").expect("it is there");
        assert!(narrow.contains(&f), "{f}");
    }
}
