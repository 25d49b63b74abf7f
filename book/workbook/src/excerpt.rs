//! Items of a source file, found by parsing and cut out by byte span.
//!
//! The book shows code as it stands in the repository: an item is named, never
//! counted in lines, so that an edit above it cannot move what a page shows.

mod wide;

use std::ops::Range;

use anyhow::{Context, Result, bail};
use syn::spanned::Spanned;
use syn::{Attribute, ImplItem, Item, TraitItem};

use wide::Break;

/// How many names an error lists before it says "and more".
const NAMES_SHOWN: usize = 12;

/// The items of one source file.
#[derive(Debug)]
pub struct Source {
    text: String,
    module_docs: Option<String>,
    items: Vec<Found>,
    breaks: Vec<Break>,
}

/// An item and where it stands.
#[derive(Debug)]
struct Found {
    /// Every way to name it; the last tells it from all others.
    names: Vec<String>,
    /// Docs, attributes and the item.
    whole: Range<usize>,
    /// Where a function's signature ends.
    signature_end: Option<usize>,
    docs: Option<String>,
}

impl Source {
    /// Parses a source file.
    ///
    /// # Errors
    ///
    /// Fails where the text is not Rust, with line and column.
    pub fn parse(text: &str) -> Result<Self> {
        let file = syn::parse_file(text).map_err(|error| {
            let start = error.span().start();
            anyhow::anyhow!("line {}, column {}: {error}", start.line, start.column + 1)
        })?;
        let mut items = Vec::new();
        collect(text, &file.items, &mut items);
        Ok(Self {
            text: text.to_owned(),
            module_docs: docs(&file.attrs),
            items,
            breaks: wide::breaks(&file),
        })
    }

    /// The item's source text: docs, attributes and the item.
    ///
    /// # Errors
    ///
    /// Fails if no item, or more than one, goes by this name.
    pub fn excerpt(&self, item: &str) -> Result<String> {
        let found = self.find(item)?;
        Ok(self.cut(found.whole.clone()))
    }

    /// The item's docs and its signature without the body.
    ///
    /// # Errors
    ///
    /// As [`excerpt`](Self::excerpt), and if the item is not a function.
    pub fn signature(&self, item: &str) -> Result<String> {
        let found = self.find(item)?;
        let end = found.signature_end.with_context(|| {
            format!("`{item}` is not a function; use {{{{#excerpt …}}}} to show it")
        })?;
        Ok(self.cut(found.whole.start..end))
    }

    /// The item's doc comment as Markdown; `mod` means the file's own docs.
    ///
    /// Links to other items become plain text, since a page cannot follow them,
    /// and headings move beneath that of the page's section.
    ///
    /// # Errors
    ///
    /// As [`excerpt`](Self::excerpt), and if the item has no docs.
    pub fn doc(&self, item: &str) -> Result<String> {
        let docs = if item == "mod" {
            &self.module_docs
        } else {
            &self.find(item)?.docs
        };
        docs.as_deref()
            .map(crate::markdown::without_item_links)
            .map(|docs| crate::markdown::with_headings_two_levels_down(&docs))
            .with_context(|| format!("`{item}` has no doc comment; write one"))
    }

    fn find(&self, item: &str) -> Result<&Found> {
        let wanted = squeeze(item);
        let goes_by = |f: &&Found| f.names.iter().any(|name| squeeze(name) == wanted);
        let mut hits = self.items.iter().filter(goes_by);
        match (hits.next(), hits.next()) {
            (Some(found), None) => Ok(found),
            (Some(first), Some(second)) => {
                let (first, second) = (first.shown(), second.shown());
                bail!("`{item}` may be `{first}` or `{second}`; say which");
            }
            (None, _) => bail!("no item `{item}`; {}", self.what_there_is(&wanted)),
        }
    }

    /// Names to try instead: those with the same last part, or simply all.
    fn what_there_is(&self, wanted: &str) -> String {
        let last = |name: &str| name.rsplit("::").next().map(str::to_owned);
        let all = || self.items.iter().map(|f| f.shown().to_owned());
        let mut near: Vec<_> = all().filter(|n| last(n) == last(wanted)).collect();
        if near.is_empty() {
            near = all().collect();
        }
        if near.is_empty() {
            return "the file holds no items".to_owned();
        }
        let more = if near.len() > NAMES_SHOWN {
            " and more"
        } else {
            ""
        };
        near.truncate(NAMES_SHOWN);
        format!("the file holds `{}`{more}", near.join("`, `"))
    }

    /// Cuts out a range and takes away the indentation of its first line.
    /// What is too wide then is broken, where it can be.
    fn cut(&self, range: Range<usize>) -> String {
        let line_start = self.text[..range.start].rfind('\n').map_or(0, |i| i + 1);
        let indent = range.start - line_start;
        let text = wide::broken(&self.text, range, indent, &self.breaks);
        let mut out = String::new();
        for (i, line) in text.lines().enumerate() {
            let blank = line.len() - line.trim_start_matches(' ').len();
            let skip = if i == 0 { 0 } else { blank.min(indent) };
            out.push_str(line[skip..].trim_end());
            out.push('\n');
        }
        out
    }
}

impl Found {
    fn shown(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }
}

/// Names and places of items, those of inline modules included.
fn collect(text: &str, items: &[Item], out: &mut Vec<Found>) {
    for item in items {
        let (names, attrs, sig_end) = match item {
            Item::Fn(f) => (
                vec![f.sig.ident.to_string()],
                &f.attrs,
                Some(signature_end(&f.sig)),
            ),
            Item::Struct(i) => (vec![i.ident.to_string()], &i.attrs, None),
            Item::Enum(i) => (vec![i.ident.to_string()], &i.attrs, None),
            Item::Union(i) => (vec![i.ident.to_string()], &i.attrs, None),
            Item::Type(i) => (vec![i.ident.to_string()], &i.attrs, None),
            Item::Const(i) => (vec![i.ident.to_string()], &i.attrs, None),
            Item::Static(i) => (vec![i.ident.to_string()], &i.attrs, None),
            Item::Macro(i) => match &i.ident {
                Some(ident) => (vec![ident.to_string()], &i.attrs, None),
                None => continue,
            },
            Item::Trait(i) => {
                collect_trait(i, out);
                (vec![i.ident.to_string()], &i.attrs, None)
            }
            Item::Impl(i) => {
                let owners = collect_impl(text, i, out);
                (owners, &i.attrs, None)
            }
            Item::Mod(i) => {
                if let Some((_, inner)) = &i.content {
                    collect(text, inner, out);
                }
                continue;
            }
            _ => continue,
        };
        if !names.is_empty() {
            out.push(found(names, attrs, item.span(), sig_end));
        }
    }
}

fn collect_trait(item: &syn::ItemTrait, out: &mut Vec<Found>) {
    for member in &item.items {
        let (name, attrs, sig_end) = match member {
            TraitItem::Fn(f) => (&f.sig.ident, &f.attrs, Some(signature_end(&f.sig))),
            TraitItem::Const(c) => (&c.ident, &c.attrs, None),
            TraitItem::Type(t) => (&t.ident, &t.attrs, None),
            _ => continue,
        };
        let names = vec![format!("{}::{name}", item.ident)];
        out.push(found(names, attrs, member.span(), sig_end));
    }
}

/// Adds the members of an `impl`; answers the names of the block itself, which
/// only the `impl` of a trait has.
fn collect_impl(text: &str, item: &syn::ItemImpl, out: &mut Vec<Found>) -> Vec<String> {
    let types = spellings(text, &item.self_ty);
    let blocks: Vec<String> = item.trait_.as_ref().map_or_else(Vec::new, |(path, _)| {
        let full = text[path.span().byte_range()].to_owned();
        let short = path.segments.last().map(|s| s.ident.to_string());
        let mut names = Vec::new();
        for name in short.into_iter().chain([full]) {
            for ty in &types {
                names.push(format!("<{name} for {ty}>"));
            }
        }
        names
    });
    for member in &item.items {
        let (name, attrs, sig_end) = match member {
            ImplItem::Fn(f) => (&f.sig.ident, &f.attrs, Some(signature_end(&f.sig))),
            ImplItem::Const(c) => (&c.ident, &c.attrs, None),
            ImplItem::Type(t) => (&t.ident, &t.attrs, None),
            _ => continue,
        };
        let owners = types.iter().chain(&blocks);
        let names = owners.map(|owner| format!("{owner}::{name}")).collect();
        out.push(found(names, attrs, member.span(), sig_end));
    }
    blocks
}

/// A type as written and, for a path, its last name alone.
fn spellings(text: &str, ty: &syn::Type) -> Vec<String> {
    let mut names = vec![text[ty.span().byte_range()].to_owned()];
    if let syn::Type::Path(path) = ty {
        names.extend(path.path.segments.last().map(|s| s.ident.to_string()));
    }
    names
}

fn found(
    names: Vec<String>,
    attrs: &[Attribute],
    span: proc_macro2::Span,
    signature_end: Option<usize>,
) -> Found {
    Found {
        names,
        whole: span.byte_range(),
        signature_end,
        docs: docs(attrs),
    }
}

fn signature_end(sig: &syn::Signature) -> usize {
    sig.span().byte_range().end
}

/// The text of the doc attributes, without the space behind `///`.
fn docs(attrs: &[Attribute]) -> Option<String> {
    let mut lines = Vec::new();
    for attr in attrs.iter().filter(|a| a.path().is_ident("doc")) {
        let syn::Meta::NameValue(pair) = &attr.meta else {
            continue;
        };
        let syn::Expr::Lit(literal) = &pair.value else {
            continue;
        };
        if let syn::Lit::Str(text) = &literal.lit {
            lines.extend(text.value().lines().map(str::to_owned));
            if text.value().is_empty() {
                lines.push(String::new());
            }
        }
    }
    if lines.is_empty() {
        return None;
    }
    let indented = |l: &String| l.is_empty() || l.starts_with(' ');
    let skip = usize::from(lines.iter().all(indented));
    let mut out = String::new();
    for line in &lines {
        out.push_str(line.get(skip..).unwrap_or_default().trim_end());
        out.push('\n');
    }
    Some(out)
}

fn squeeze(name: &str) -> String {
    name.split_whitespace().collect()
}
