//! Functions whose docs say `# Exercise N.M`, found by parsing.

use std::{collections::BTreeSet, ops::Range};

use proc_macro2::LineColumn;
use syn::{
    Attribute, Block, Expr, ImplItemFn, ItemFn, ItemImpl, ItemTrait, Lit, Meta, ReturnType,
    Signature, TraitItemFn, Type, TypeImplTrait,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::ExerciseId;

/// What the heading of an exercise begins with, behind `///`.
const HEADING: &str = "# Exercise";

/// A source file's exercises.
#[derive(Debug)]
pub(crate) struct Source {
    /// In the order of the file.
    pub(crate) sites: Vec<Site>,
    /// Lines that look like an exercise's heading but belong to no function
    /// that has a body, or are not exactly `# Exercise N.M`.
    pub(crate) stray_headings: Vec<usize>,
}

/// A function that is an exercise.
#[derive(Debug)]
pub(crate) struct Site {
    /// The number, and the line of its heading.
    pub(crate) id: ExerciseId,
    pub(crate) heading_line: usize,
    /// Further numbers in the same docs, each with its line.
    pub(crate) more: Vec<(ExerciseId, usize)>,
    /// `name`, or `Type::name` in an impl and `Trait::name` in a trait.
    pub(crate) function: String,
    /// The line of the function's name, from 1.
    pub(crate) line: usize,
    /// The line of the body's first statement, or of the name if it has none.
    pub(crate) first_line: usize,
    /// The line of the body's closing brace.
    pub(crate) last_line: usize,
    /// The docs as Markdown, each line with its number in the file.
    pub(crate) docs: Vec<(usize, String)>,
    /// Bytes of the body, from its `{` to behind its `}`.
    pub(crate) body: Range<usize>,
    /// Byte behind the `{` and any inner attribute of the body.
    pub(crate) first_statement: usize,
    /// Byte at which the function's line of code begins, to indent by.
    pub(crate) start: usize,
    pub(crate) is_const: bool,
    pub(crate) in_drop: bool,
    pub(crate) returns_impl: bool,
}

impl Source {
    /// Finds the exercises in a file's text.
    pub(crate) fn parse(text: &str) -> Result<Self, (LineColumn, syn::Error)> {
        // The parser skips a byte order mark, and its spans know nothing of it.
        let skipped = text.len() - text.trim_start_matches('\u{feff}').len();
        let file = syn::parse_file(text).map_err(|e| (e.span().start(), e))?;
        let mut finder = Finder {
            skipped,
            owners: Vec::new(),
            sites: Vec::new(),
        };
        finder.visit_file(&file);
        let claimed: BTreeSet<usize> = finder
            .sites
            .iter()
            .flat_map(|site| site.more.iter().map(|m| m.1).chain([site.heading_line]))
            .collect();
        let stray_headings = (1..)
            .zip(text.lines())
            .filter(|(number, line)| is_doc_heading(line) && !claimed.contains(number))
            .map(|(number, _)| number)
            .collect();
        Ok(Self {
            sites: finder.sites,
            stray_headings,
        })
    }
}

impl Site {
    /// The first sentence of the docs, without its full stop.
    pub(crate) fn summary(&self) -> String {
        let paragraph: Vec<&str> = self
            .docs
            .iter()
            .map(|(_, line)| line.trim())
            .skip_while(|line| line.is_empty() || line.starts_with('#'))
            .take_while(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        first_sentence(&paragraph.join(" "))
    }

    /// Whether the body, in the file's `text`, still is the derived `todo!`,
    /// on one line or broken over several.
    pub(crate) fn is_unwritten(&self, text: &str) -> bool {
        let body = text.get(self.body.clone()).unwrap_or_default();
        let inside = body.strip_prefix('{').unwrap_or(body).trim_start();
        let argument = inside.strip_prefix("todo!(").map(str::trim_start);
        argument.is_some_and(|a| a.starts_with(&format!("\"exercise {}:", self.id)))
    }
}

/// Whether a line of docs, without its `///`, means to be a heading.
fn is_heading_like(line: &str) -> bool {
    let title = line.trim().trim_start_matches('#');
    title.len() < line.trim().len() && title.trim_start().starts_with("Exercise ")
}

fn is_doc_heading(line: &str) -> bool {
    let line = line.trim_start();
    let docs = line.strip_prefix("///").or(line.strip_prefix("//!"));
    docs.is_some_and(is_heading_like)
}

/// Exactly `# Exercise N.M`.
fn heading(line: &str) -> Option<ExerciseId> {
    let number = line.trim().strip_prefix(HEADING)?.strip_prefix(' ')?;
    number.parse().ok()
}

/// Up to the first full stop that ends a sentence: before a space or the end,
/// outside of code, and not of an abbreviation.
fn first_sentence(text: &str) -> String {
    let mut in_code = false;
    for (at, c) in text.char_indices() {
        in_code ^= c == '`';
        let rest = &text[at + c.len_utf8()..];
        let ends = matches!(c, '.' | '?' | '!') && (rest.is_empty() || rest.starts_with(' '));
        let abbreviation = ["e.g", "i.e", "cf", "vs"]
            .iter()
            .any(|a| text[..at].ends_with(a));
        if ends && !in_code && !abbreviation {
            return text[..at].to_owned();
        }
    }
    text.to_owned()
}

/// Visits every function, those in modules and in other functions included.
struct Finder {
    skipped: usize,
    /// The impls and traits around the current item.
    owners: Vec<Owner>,
    sites: Vec<Site>,
}

struct Owner {
    name: String,
    is_drop: bool,
}

impl Finder {
    fn function(&mut self, attrs: &[Attribute], sig: &Signature, start: usize, block: &Block) {
        let docs = doc_lines(attrs);
        let mut ids = docs
            .iter()
            .filter_map(|(line, text)| Some((heading(text)?, *line)));
        let Some((id, heading_line)) = ids.next() else {
            return;
        };
        let more = ids.collect();
        let owner = self.owners.last();
        let name = sig.ident.to_string();
        let body = block.span().byte_range();
        let open = block.brace_token.span.open().byte_range().end;
        let first_statement = attrs
            .iter()
            .filter(|a| matches!(a.style, syn::AttrStyle::Inner(_)))
            .map(|a| a.span().byte_range().end)
            .fold(open, usize::max);
        self.sites.push(Site {
            id,
            heading_line,
            more,
            function: match owner {
                Some(owner) => format!("{}::{name}", owner.name),
                None => name,
            },
            line: sig.ident.span().start().line,
            first_line: block
                .stmts
                .first()
                .map_or(sig.ident.span(), Spanned::span)
                .start()
                .line,
            last_line: block.brace_token.span.close().start().line,
            docs,
            body: self.shifted(body.start)..self.shifted(body.end),
            first_statement: self.shifted(first_statement),
            start: self.shifted(start),
            is_const: sig.constness.is_some(),
            in_drop: owner.is_some_and(|owner| owner.is_drop),
            returns_impl: returns_impl(&sig.output),
        });
    }

    fn shifted(&self, byte: usize) -> usize {
        byte + self.skipped
    }

    fn within(&mut self, owner: Owner, visit: impl FnOnce(&mut Self)) {
        self.owners.push(owner);
        visit(self);
        self.owners.pop();
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(
            &item.attrs,
            &item.sig,
            start(&item.vis, &item.sig),
            &item.block,
        );
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(
            &item.attrs,
            &item.sig,
            start(&item.vis, &item.sig),
            &item.block,
        );
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            let start = item.sig.span().byte_range().start;
            self.function(&item.attrs, &item.sig, start, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let of_trait = item.trait_.as_ref().and_then(|t| t.0.segments.last());
        let owner = Owner {
            name: type_name(&item.self_ty),
            is_drop: of_trait.is_some_and(|segment| segment.ident == "Drop"),
        };
        self.within(owner, |finder| visit::visit_item_impl(finder, item));
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        let owner = Owner {
            name: item.ident.to_string(),
            is_drop: false,
        };
        self.within(owner, |finder| visit::visit_item_trait(finder, item));
    }
}

fn start(vis: &syn::Visibility, sig: &Signature) -> usize {
    match vis {
        syn::Visibility::Inherited => sig.span().byte_range().start,
        vis => vis.span().byte_range().start,
    }
}

fn type_name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map_or_else(String::new, |segment| segment.ident.to_string()),
        Type::Reference(reference) => type_name(&reference.elem),
        _ => "_".to_owned(),
    }
}

/// `todo!()` cannot stand for a type that only the body names.
fn returns_impl(output: &ReturnType) -> bool {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_type_impl_trait(&mut self, _: &'ast TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut search = Search(false);
    search.visit_return_type(output);
    search.0
}

/// The lines of `///` and `/** */` docs, each with its line in the file.
fn doc_lines(attrs: &[Attribute]) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    for attr in attrs.iter().filter(|a| a.path().is_ident("doc")) {
        let Meta::NameValue(pair) = &attr.meta else {
            continue;
        };
        let Expr::Lit(literal) = &pair.value else {
            continue;
        };
        if let Lit::Str(text) = &literal.lit {
            let first = attr.span().start().line;
            for (line, text) in (first..).zip(text.value().split('\n')) {
                let text = text.strip_prefix(' ').unwrap_or(text);
                lines.push((line, text.trim_end().to_owned()));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Source {
        Source::parse(text).expect("the text parses")
    }

    #[test]
    fn functions_are_found_wherever_they_stand() {
        let source = parse(
            "/// One. Two.\n/// # Exercise 1.1\nfn free() {}\n\
             mod inner { impl super::A<u8> { /// Three\n/// # Exercise 1.2\n\
             pub(crate) fn method(&self) {} } }\n\
             impl Drop for A { /// Four.\n/// # Exercise 1.3\nfn drop(&mut self) {} }\n\
             trait T { /// Five.\n/// # Exercise 1.4\nfn given() -> Option<impl Copy> { Some(1) } }",
        );
        let found: Vec<String> = source
            .sites
            .iter()
            .map(|s| format!("{} {} {}: {}", s.id, s.function, s.line, s.summary()))
            .collect();
        assert_eq!(
            found,
            [
                "1.1 free 3: One",
                "1.2 A::method 6: Three",
                "1.3 A::drop 9: Four",
                "1.4 T::given 12: Five",
            ]
        );
        assert!(source.sites[2].in_drop && source.sites[3].returns_impl);
        assert!(source.stray_headings.is_empty());
    }

    #[test]
    fn bodies_are_found_by_the_byte_whatever_stands_before_them() {
        for text in [
            "/// Grüße, 世界.\r\n/// # Exercise 1.1\r\nfn a(x: char) -> u8 { \"ü\"; 1 }\r\n",
            "\u{feff}/// Bom.\n/// # Exercise 1.1\nfn a() -> u8 { 1 }\n",
        ] {
            let site = &parse(text).sites[0];
            assert!(text[site.body.clone()].starts_with('{'));
            assert!(text[site.body.clone()].ends_with("1 }"));
            assert!(text[site.start..].starts_with("fn a("));
        }
    }

    #[test]
    fn headings_that_are_nobodys_are_reported() {
        let source = parse(
            "//! # Exercise 1.1\n/// # Exercise 1.2\nstruct S;\n\
             /// # Exercise 1.3: more\nfn a() {}\n/// ## Exercise 1.4\nfn b() {}\n\
             macro_rules! m { () => {\n/// # Exercise 1.5\nfn c() {} } }\n",
        );
        assert!(source.sites.is_empty());
        assert_eq!(source.stray_headings, [1, 2, 4, 6, 9]);
    }

    #[test]
    fn a_sentence_ends_at_its_full_stop() {
        for (text, sentence) in [
            ("Reads `a. b` first. Then more.", "Reads `a. b` first"),
            ("Cuts, e.g. here. Then more.", "Cuts, e.g. here"),
            ("Version 1.2 of it", "Version 1.2 of it"),
        ] {
            assert_eq!(first_sentence(text), sentence);
        }
    }
}
