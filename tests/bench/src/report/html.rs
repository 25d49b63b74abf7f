//! A page as one HTML file, which needs no script, no network and no other
//! file.

use anyhow::Result;

use super::page::{Block, Entry, Page, Table};
use super::plot::escaped;

const STYLE: &str = include_str!("report.css");

/// Writes the page down.
///
/// # Errors
///
/// Fails where a plot cannot be drawn.
pub fn html(page: &Page) -> Result<String> {
    let mut writer = Writer::default();
    for block in &page.blocks {
        writer.block(block)?;
    }
    let link = |(id, text): &(String, String)| format!("<a href=\"#{id}\">{}</a>\n", escaped(text));
    let links: String = writer.sections.iter().map(link).collect();
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>{title}</h1>\n<p>{subtitle}</p>\n\
         <nav aria-label=\"Sections\">\n{links}</nav>\n</header>\n{body}</main>\n</body>\n</html>\n",
        title = escaped(&page.title),
        subtitle = escaped(&page.subtitle),
        body = writer.body,
    ))
}

#[derive(Default)]
struct Writer {
    body: String,
    /// Of level 2, by id.
    sections: Vec<(String, String)>,
    plots: usize,
}

impl Writer {
    fn block(&mut self, block: &Block) -> Result<()> {
        match block {
            Block::Heading(2, text) => {
                let id = slug(text);
                self.add(&format!("<h2 id=\"{id}\">{}</h2>\n", escaped(text)));
                self.sections.push((id, text.clone()));
            }
            Block::Heading(level, text) => {
                let section = self.sections.last().map_or("", |(id, _)| id);
                let id = format!("{section}-{}", slug(text));
                self.add(&format!(
                    "<h{level} id=\"{id}\">{}</h{level}>\n",
                    escaped(text)
                ));
            }
            Block::Text(text) => self.add(&format!("<p>{}</p>\n", escaped(text))),
            Block::Alert(about, what) => {
                let items: String = what
                    .iter()
                    .map(|one| format!("<li>{}</li>\n", escaped(one)))
                    .collect();
                self.add(&format!(
                    "<section class=\"alert\">\n<h2>{}</h2>\n<ul>\n{items}</ul>\n</section>\n",
                    escaped(about)
                ));
            }
            Block::Terms(terms) => {
                let term = |(term, what): &(String, String)| {
                    format!(
                        "<div><dt>{}</dt> <dd>{}</dd></div>\n",
                        escaped(term),
                        escaped(what)
                    )
                };
                let terms: String = terms.iter().map(term).collect();
                self.add(&format!("<dl>\n{terms}</dl>\n"));
            }
            Block::Table(table) => self.table(table),
            Block::Plots(plots) => {
                self.add("<div class=\"plots\">\n");
                for plot in plots.iter().filter(|plot| !plot.is_empty()) {
                    self.plots += 1;
                    let svg = plot.svg(&format!("plot{}", self.plots))?;
                    self.add(&format!(
                        "<figure>\n<figcaption>{}</figcaption>\n{svg}</figure>\n",
                        escaped(plot.caption())
                    ));
                }
                self.add("</div>\n");
            }
            Block::Folded(about, blocks) => {
                self.add(&format!(
                    "<details>\n<summary>{}</summary>\n",
                    escaped(about)
                ));
                blocks.iter().try_for_each(|block| self.block(block))?;
                self.add("</details>\n");
            }
        }
        Ok(())
    }

    fn add(&mut self, html: &str) {
        self.body.push_str(html);
    }

    fn table(&mut self, table: &Table) {
        let caption = escaped(&table.caption);
        // Who has no mouse moves a frame that scrolls with the keyboard.
        let mut html = format!(
            "<div class=\"frame\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n\
             <table>\n<caption><span>{caption}</span></caption>\n<thead>\n<tr>"
        );
        for (at, head) in table.heads.iter().enumerate() {
            let text = escaped(&head.text);
            html += &format!("<th scope=\"col\"{}>{text}</th>", class(table, at));
        }
        html += "</tr>\n</thead>\n<tbody>\n";
        for row in &table.rows {
            html += "<tr>";
            for (at, entry) in row.iter().enumerate() {
                let text = entry_html(entry);
                let class = class(table, at);
                html += &match at {
                    0 => format!("<th scope=\"row\"{class}>{text}</th>"),
                    _ => format!("<td{class}>{text}</td>"),
                };
            }
            html += "</tr>\n";
        }
        html += "</tbody>\n</table>\n</div>\n";
        self.add(&html);
    }
}

/// How a column is set: as figures, as long text, or as words.
fn class(table: &Table, column: usize) -> &'static str {
    let length = |row: &Vec<Entry>| row.get(column).map_or(0, |entry| entry.text.len());
    let is_figures = table.heads.get(column).is_some_and(|head| head.is_figures);
    match table.rows.iter().map(length).max() {
        _ if is_figures => " class=\"figures\"",
        Some(most) if most > 40 => " class=\"long\"",
        _ => "",
    }
}

fn entry_html(entry: &Entry) -> String {
    let text = match entry.is_strong {
        true => format!("<strong>{}</strong>", escaped(&entry.text)),
        false => escaped(&entry.text),
    };
    match entry.note.is_empty() {
        true => text,
        false => format!("{text} <small>{}</small>", escaped(&entry.note)),
    }
}

/// A heading's letters and digits, for an address.
pub(super) fn slug(text: &str) -> String {
    let is_letter = |character: char| character.is_ascii_alphanumeric();
    let words = text.split(|character| !is_letter(character));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Class;
    use crate::report::fixture;

    #[test]
    fn a_page_stands_for_itself() {
        let html = html(&Page::of(&fixture::report())).unwrap();
        for outside in ["<script", "<link", "src=", "@import", "url(", "href=\"http"] {
            assert!(!html.contains(outside), "{outside}");
        }
        assert_eq!(
            html.matches("<svg ").count(),
            html.matches("</svg>").count()
        );
        assert_eq!(
            html.matches("<figure>").count(),
            html.matches("<svg ").count()
        );
        assert_eq!(
            html.matches("<table>").count(),
            html.matches("</table>").count()
        );
        for class in Class::ALL {
            assert!(html.contains(&format!(">{class}</h2>")), "{class}");
        }
    }

    #[test]
    fn what_others_wrote_stays_text() {
        let html = html(&Page::of(&fixture::report())).unwrap();
        assert!(html.contains("Imaginary &lt;R&gt; | 9000"));
        assert!(html.contains("which is &lt;not&gt; there"));
        assert!(!html.contains("<R>") && !html.contains("<not>"));
    }

    #[test]
    fn wrong_answers_and_broken_claims_come_before_any_figure() {
        let html = html(&Page::of(&fixture::report())).unwrap();
        let place = |text: &str| html.find(text).unwrap_or_else(|| panic!("no {text}"));
        let first_table = place("<table>");
        for words in [
            "rocksdb at Get, missing (survives a power loss), round 2: it found the key",
            "rocksdb claims: survives a killed process. But 7 of 1000",
            "redb at Reopen (survives a power loss), rounds 1, 2, 3: it could not",
        ] {
            assert!(place(words) < first_table, "{words}");
        }
    }

    #[test]
    fn each_address_is_given_once() {
        let html = html(&Page::of(&fixture::report())).unwrap();
        let ids = html.split(" id=\"").skip(1);
        let mut ids: Vec<_> = ids.filter_map(|rest| rest.split('"').next()).collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
