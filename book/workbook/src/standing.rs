//! Which earlier chapter is underneath: the reference, or the reader's own.
//!
//! A chapter's manifest says `btree.workspace = true`, and the workspace's
//! manifest says that this is the reference. To put the reader's own underneath,
//! the chapter's manifest names its folder instead.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, bail};
use toml_edit::{DocumentMut, InlineTable, Item, TableLike, Value};

use crate::files;
use crate::workspace::{Chapter, SOLUTIONS, Workspace, read_manifest};

/// What a chapter can stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Ground {
    /// Your own chapters, as they stand in chapters/.
    Mine,
    /// The references in solutions/.
    Reference,
}

/// The chapters that were put on other ground, with the ground of each.
pub type Moved = Vec<(u32, Ground)>;

/// The reader's own chapters that a chapter stands on.
///
/// # Errors
///
/// Fails if a manifest cannot be read.
pub fn own_below(workspace: &Workspace, chapter: &Chapter) -> Result<Vec<u32>> {
    let links = Links::read(workspace, chapter)?;
    let own = links.below.iter().filter(|link| link.is_own);
    let numbers: BTreeSet<u32> = own.map(|link| link.chapter).collect();
    Ok(numbers.into_iter().collect())
}

/// Puts a chapter on other ground.
///
/// A type from the reader's chapter is not the same type from the reference, so
/// no chapter may see both: with `mine`, the chapters underneath are put on the
/// reader's own as well, and with `reference`, the chapters above that would
/// see both are taken off it.
///
/// # Errors
///
/// Fails if the chapter stands on no other, or if a manifest cannot be read or
/// written.
pub fn put(workspace: &Workspace, number: u32, ground: Ground) -> Result<Moved> {
    let chapter = workspace.chapter(number)?;
    let links = Links::read(workspace, chapter)?;
    if links.below.is_empty() {
        bail!("chapter {number} stands on no earlier chapter, so there is nothing to choose");
    }
    let mut moved = Moved::new();
    let mut open = vec![number];
    while let Some(number) = open.pop() {
        let chapter = workspace.chapter(number)?;
        let links = Links::read(workspace, chapter)?;
        if move_one(workspace, chapter, &links, ground)? {
            moved.push((number, ground));
        }
        match ground {
            Ground::Mine => open.extend(links.below.iter().map(|link| link.chapter)),
            Ground::Reference => open.extend(above(workspace, number, &links)?),
        }
    }
    Ok(moved)
}

/// The chapters that stand on the reader's own chapter `number` and on
/// something else below it that is the reader's own, too.
fn above(workspace: &Workspace, number: u32, links: &Links) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for chapter in workspace.chapters().iter().filter(|c| c.number > number) {
        let own = own_below(workspace, chapter)?;
        let shares = links.below.iter().any(|link| own.contains(&link.chapter));
        if own.contains(&number) && shares {
            found.push(chapter.number);
        }
    }
    Ok(found)
}

fn move_one(
    workspace: &Workspace,
    chapter: &Chapter,
    links: &Links,
    ground: Ground,
) -> Result<bool> {
    let wanted = ground == Ground::Mine;
    if links.below.iter().all(|link| link.is_own == wanted) {
        return Ok(false);
    }
    let path = workspace.root().join(chapter.dir()).join("Cargo.toml");
    let mut manifest = read_manifest(&path)?;
    for link in &links.below {
        let below = workspace.chapter(link.chapter)?;
        edit(&mut manifest, link, below, ground);
    }
    files::write_if_changed(&path, manifest.to_string().as_bytes())?;
    Ok(true)
}

/// The dependencies of a chapter on earlier ones.
#[derive(Debug)]
struct Links {
    below: Vec<Link>,
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    /// The tables around it, as in `dependencies`, or `target`, `cfg(unix)`,
    /// `dependencies`.
    tables: Vec<String>,
    /// Its name in the manifest, and so in code.
    name: String,
    /// The chapter that it is.
    chapter: u32,
    /// Whether it is the reader's own.
    is_own: bool,
}

impl Links {
    fn read(workspace: &Workspace, chapter: &Chapter) -> Result<Self> {
        let root = read_manifest(&workspace.root().join("Cargo.toml"))?;
        let path = workspace.root().join(chapter.dir()).join("Cargo.toml");
        let manifest = read_manifest(&path)?;
        let mut below = Vec::new();
        for (tables, table) in dependencies(&manifest) {
            for (name, item) in table.iter() {
                if let Some((chapter, is_own)) = target(workspace, &root, name, item) {
                    below.push(Link {
                        tables: tables.clone(),
                        name: name.to_owned(),
                        chapter,
                        is_own,
                    });
                }
            }
        }
        Ok(Self { below })
    }
}

/// Every table of dependencies, with the names that lead to it.
fn dependencies(manifest: &DocumentMut) -> Vec<(Vec<String>, &dyn TableLike)> {
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let mut found = Vec::new();
    let mut add = |above: Vec<String>, table: &'_ dyn TableLike| {
        for kind in KINDS {
            if table.get(kind).is_some_and(Item::is_table_like) {
                found.push([above.as_slice(), &[kind.to_owned()]].concat());
            }
        }
    };
    add(Vec::new(), manifest.as_table());
    let targets = manifest.get("target").and_then(Item::as_table_like);
    for (name, target) in targets.into_iter().flat_map(|t| t.iter()) {
        if let Some(table) = target.as_table_like() {
            add(vec!["target".to_owned(), name.to_owned()], table);
        }
    }
    let table_at = |path: Vec<String>| {
        let mut item = manifest.as_item();
        for name in &path {
            item = item.get(name)?;
        }
        Some((path, item.as_table_like()?))
    };
    found.into_iter().filter_map(table_at).collect()
}

/// Which chapter with a reference a dependency is, and whether it is the
/// reader's own.
fn target(
    workspace: &Workspace,
    root: &DocumentMut,
    name: &str,
    item: &Item,
) -> Option<(u32, bool)> {
    let of = |folder: &str| {
        let written = workspace.written().find(|c| c.folder == folder);
        written.map(|chapter| chapter.number)
    };
    if let Some(path) = item.get("path").and_then(Item::as_str) {
        let folder = Path::new(path).strip_prefix("..").ok()?.to_str()?;
        return Some((of(folder)?, true));
    }
    item.get("workspace")?;
    let shared = root.get("workspace")?.get("dependencies")?.get(name)?;
    let path = shared.get("path")?.as_str()?;
    let folder = Path::new(path).strip_prefix(SOLUTIONS).ok()?.to_str()?;
    Some((of(folder)?, false))
}

/// Writes one dependency anew; what else it says, such as features, stays.
fn edit(manifest: &mut DocumentMut, link: &Link, below: &Chapter, ground: Ground) {
    let mut item = manifest.as_item_mut();
    for name in link.tables.iter().chain([&link.name]) {
        item = &mut item[name.as_str()];
    }
    let mut new = InlineTable::new();
    match ground {
        Ground::Mine => {
            new.insert("path", Value::from(format!("../{}", below.folder)));
            if link.name != below.package {
                new.insert("package", Value::from(below.package.as_str()));
            }
        }
        Ground::Reference => {
            new.insert("workspace", Value::from(true));
        }
    }
    if let Some(old) = item.as_table_like() {
        for (key, value) in old.iter() {
            if !["path", "package", "workspace"].contains(&key)
                && let Some(value) = value.as_value()
            {
                new.insert(key, value.clone());
            }
        }
    }
    // `name.workspace = true`, as the manifests write it, where that says all.
    let is_dotted = ground == Ground::Reference && new.len() == 1;
    let comment = comment_of(item);
    new.set_dotted(is_dotted);
    let mut value = Value::InlineTable(new);
    let last = match &mut value {
        // The comment stands behind what stands last on the line.
        Value::InlineTable(table) if is_dotted => table.get_mut("workspace"),
        _ => None,
    };
    match last {
        Some(last) => last.decor_mut().set_suffix(comment),
        None => value.decor_mut().set_suffix(comment),
    }
    *item = Item::Value(value);
}

/// What stands behind a dependency on its line.
fn comment_of(item: &Item) -> String {
    let of = |value: &Value| {
        let suffix = value.decor().suffix().and_then(|suffix| suffix.as_str());
        suffix.unwrap_or_default().to_owned()
    };
    let inner = item
        .as_table_like()
        .filter(|_| item.as_value().is_none_or(is_dotted));
    let inner = inner
        .and_then(|table| table.iter().last())
        .and_then(|(_, last)| last.as_value());
    inner.or(item.as_value()).map(of).unwrap_or_default()
}

fn is_dotted(value: &Value) -> bool {
    value.as_inline_table().is_some_and(InlineTable::is_dotted)
}
