//! This book, as files: as it is read without the workbook.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use fantoccini::key::Key;
use fantoccini::wd::PrintConfiguration;
use serde_json::{Value, json};

use crate::browser::Browser;

/// The book of this repository, rendered once for all tests.
static BOOK: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser-book");
    workbook::book::build(&root.canonicalize().unwrap(), &out).unwrap();
    out
});

fn url(page: &str) -> String {
    url::Url::from_file_path(BOOK.join(page)).unwrap().into()
}

/// Every page that the table of contents names.
fn pages() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let outline = workbook::outline::Outline::read(&root).unwrap();
    outline
        .pages
        .iter()
        .map(|p| workbook::outline::url(p))
        .collect()
}

const INTRODUCTION: &str = "introduction.html";
const EXERCISE: &str = "ch01-memory/09-the-map-as-bytes.html";
const UNFOLD: &str = "for (const d of document.querySelectorAll('details')) d.open = true;";

#[tokio::test]
async fn on_a_narrow_screen_nothing_is_wider_than_it() {
    let browser = Browser::start(360).await;
    for page in pages() {
        browser.open(&url(&page)).await;
        browser.ask(UNFOLD).await;
        let width = browser
            .ask("return document.documentElement.scrollWidth")
            .await;
        assert!(width.as_u64().unwrap() <= 360, "{page} is {width} wide");
    }
    browser.close().await;
}

/// The contrast of each text with what is behind it, where it is less than
/// WCAG's AA asks of text of its size.
const FAINT: &str = include_str!("faint.js");

#[tokio::test]
async fn every_theme_is_legible_and_dark_is_dark() {
    let browser = Browser::start(1280).await;
    let scheme = |value: &str| {
        json!({
            "features": [{ "name": "prefers-color-scheme", "value": value }],
        })
    };
    for (wish, theme) in [("light", "light"), ("dark", "navy")] {
        browser
            .tell("Emulation.setEmulatedMedia", scheme(wish))
            .await;
        browser.open(&url(EXERCISE)).await;
        browser
            .until(&format!(
                "document.documentElement.classList.contains('{theme}')"
            ))
            .await;
    }
    // In one go, since each answer that is waited for costs the drawing of a page;
    // without the menu's slow change from one colour to another, but with the
    // theme's colours of code, which are fetched when they are first wanted.
    let each_theme = format!(
        "const faint = () => {{ {FAINT} }}, still = document.createElement('style');
         still.textContent = '* {{ transition: none !important }}';
         document.head.append(still);
         const styles = [...document.querySelectorAll('link[rel=stylesheet]')];
         return (async () => {{
             const found = [];
             for (const theme of ['light', 'rust', 'coal', 'navy', 'ayu']) {{
                 document.getElementById(`mdbook-theme-${{theme}}`).click();
                 while (!document.documentElement.classList.contains(theme)
                        || styles.some(style => !style.disabled && !style.sheet)) {{
                     await new Promise(later => setTimeout(later));
                 }}
                 found.push(...faint().map(what => `${{theme}}: ${{what}}`));
             }}
             return found;
         }})()"
    );
    let mut faint = Vec::new();
    for page in pages() {
        browser.open(&url(&page)).await;
        browser.ask(UNFOLD).await;
        let is_there = "document.getElementById('mdbook-theme-ayu')";
        browser.until(is_there).await;
        for what in browser.ask(&each_theme).await.as_array().unwrap() {
            faint.push(format!("{page}: {}", what.as_str().unwrap()));
        }
    }
    // The last of them was dark, and is not to be on paper.
    let paper = json!({ "media": "print" });
    browser.tell("Emulation.setEmulatedMedia", paper).await;
    for what in browser.ask(FAINT).await.as_array().unwrap() {
        faint.push(format!("on paper: {}", what.as_str().unwrap()));
    }
    assert_eq!(faint, [""; 0], "texts too faint to read");
    browser.close().await;
}

#[tokio::test]
async fn on_paper_what_is_folded_stays_folded_and_nothing_is_a_menu() {
    let browser = Browser::start(800).await;
    browser.open(&url(EXERCISE)).await;
    browser
        .ask("document.querySelector('details.answer').open = true")
        .await;
    browser
        .tell("Emulation.setEmulatedMedia", json!({ "media": "print" }))
        .await;
    let folds = browser
        .ask("return document.querySelectorAll('main details').length")
        .await;
    assert!(folds.as_u64().unwrap() >= 7, "hints and answers: {folds}");
    // Only what was unfolded is printed. It is laid out with the next frame.
    let printed = "[...document.querySelectorAll('main details')].filter(fold =>
        [...fold.children].slice(1).some(part =>
            part.checkVisibility({ contentVisibilityAuto: true })))";
    browser
        .until(&format!(
            "{printed}.map(fold => fold.className).join() === 'answer'"
        ))
        .await;
    for menu in [
        "#mdbook-sidebar",
        "#mdbook-menu-bar",
        "textarea",
        ".skip-link",
        ".clip-button",
    ] {
        let seen = browser
            .ask(&format!(
                "return [...document.querySelectorAll('{menu}')].filter(e => e.checkVisibility()).length"
            ))
            .await;
        assert_eq!(seen, json!(0), "{menu} on paper");
    }
    let address = browser
        .ask("return getComputedStyle(document.querySelector('main a[href^=http]'), '::after').content")
        .await;
    assert!(address.as_str().unwrap().contains("https://"), "{address}");
    // A question that stands with its field is text, too.
    browser.open(&url("ch01-memory/what-you-built.html")).await;
    browser
        .until(
            "[...document.querySelectorAll('.prediction-question')].some(e => e.checkVisibility())",
        )
        .await;
    browser
        .tell("Emulation.setEmulatedMedia", json!({ "media": "" }))
        .await;
    let pdf = browser
        .client
        .print(PrintConfiguration::default())
        .await
        .unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    browser.close().await;
}

/// Tabs until what has the focus matches; every stop on the way must be seen.
async fn tab_to(browser: &Browser, selector: &str) {
    for _ in 0..80 {
        browser.press(&Key::Tab.to_string()).await;
        let stop = browser
            .ask(&format!(
                "const at = document.activeElement, style = getComputedStyle(at);
                 return [at.matches('{selector}'),
                         style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0,
                         at.outerHTML.slice(0, 120)]"
            ))
            .await;
        assert_eq!(
            stop[1],
            Value::Bool(true),
            "the focus is not seen: {}",
            stop[2]
        );
        if stop[0] == Value::Bool(true) {
            return;
        }
    }
    panic!("Tab never comes to {selector}");
}

#[tokio::test]
async fn the_keyboard_alone_leads_to_the_exercise_and_unfolds_a_hint() {
    let browser = Browser::start(1280).await;
    browser.open(&url(INTRODUCTION)).await;
    // Past the table of contents.
    tab_to(&browser, ".skip-link").await;
    browser.press(&Key::Enter.to_string()).await;
    tab_to(&browser, ".go-on a").await;
    browser.press(&Key::Enter.to_string()).await;
    browser
        .until("location.pathname.endsWith('ch00-engine/index.html')")
        .await;
    browser.open(&url(INTRODUCTION)).await;
    tab_to(&browser, ".skip-link").await;
    browser.press(&Key::Enter.to_string()).await;
    tab_to(&browser, ".go-on a:not(.go-on-before)").await;
    browser.press(&Key::Enter.to_string()).await;
    browser
        .until("document.querySelector('.exercise[data-exercise=\"1.1\"]')")
        .await;
    tab_to(&browser, ".skip-link").await;
    browser.press(&Key::Enter.to_string()).await;
    tab_to(&browser, "details.hint > summary").await;
    browser.press(&Key::Enter.to_string()).await;
    browser
        .until("document.activeElement.parentElement.open")
        .await;
    // What a block's copy button copies is for the keyboard, too.
    browser.open(&url("how-to-use.html")).await;
    tab_to(&browser, ".skip-link").await;
    browser.press(&Key::Enter.to_string()).await;
    tab_to(&browser, ".clip-button").await;
    browser
        .until("getComputedStyle(document.activeElement.parentElement).opacity == 1")
        .await;
    browser.open(&url(EXERCISE)).await;
    // The search, and out of it again.
    browser.ask("document.activeElement.blur()").await;
    browser.press("/").await;
    browser
        .until("document.activeElement.id == 'mdbook-searchbar'")
        .await;
    browser.press(&Key::Escape.to_string()).await;
    browser
        .until("document.activeElement.id != 'mdbook-searchbar'")
        .await;
    browser.press(&Key::Right.to_string()).await;
    browser
        .until("document.querySelector('.exercise[data-exercise=\"1.10\"]')")
        .await;
    browser.close().await;
}

#[tokio::test]
async fn copying_a_block_takes_the_commands_and_leaves_the_rest() {
    let browser = Browser::start(1280).await;
    browser.open(&url("how-to-use.html")).await;
    let copied = browser
        .ask(
            "return [...document.querySelectorAll('code.language-console')]
                .map(code => playground_text(code.closest('pre'), false))",
        )
        .await;
    assert_eq!(
        copied,
        json!([
            "cargo run -q -- status",
            "cargo run -q -p gallery empty-value-absent",
        ])
    );
    // Nor does a mouse select the prompt.
    let selected = browser
        .ask(
            "getSelection().selectAllChildren(document.querySelector('code.language-console'));
             return getSelection().toString().split('\\n')[0]",
        )
        .await;
    assert_eq!(selected, json!("cargo run -q -- status"));
    // What stands for whatever differs is a sign that readers know.
    browser
        .open(&url("ch01-memory/01-look-a-key-up.html"))
        .await;
    browser
        .until("document.querySelector('main').textContent.includes('Solved: all … tests pass.')")
        .await;
    browser.open(&url("how-to-use.html")).await;
    // Other blocks are copied as they are.
    let other = browser
        .ask("return playground_text(document.querySelector('code.language-text').closest('pre'), false)")
        .await;
    assert_eq!(other.as_str().unwrap().trim(), "cargo run");
    browser.close().await;
}

#[tokio::test]
async fn on_a_phone_the_tables_of_a_chapter_are_seen_whole() {
    let browser = Browser::start(390).await;
    for page in pages().iter().filter(|page| page.starts_with("ch01-")) {
        browser.open(&url(page)).await;
        let cut = browser
            .ask(
                "return [...document.querySelectorAll('.table-wrapper')]
                    .filter(table => table.scrollWidth > table.clientWidth)
                    .map(table => table.textContent.slice(0, 40))",
            )
            .await;
        assert_eq!(cut, json!([]), "{page}");
    }
    browser.close().await;
}

#[tokio::test]
async fn a_printed_table_is_a_table_and_headings_stand_in_the_sidebar() {
    let browser = Browser::start(1280).await;
    browser.open(&url("ch00-engine/the-suite.html")).await;
    browser
        .until(
            "[...document.querySelectorAll('td code')].some(code => code.textContent == 'delete \"\"')",
        )
        .await;
    browser
        .until("document.querySelector('#mdbook-sidebar a[href=\"#the-gallery\"]')")
        .await;
    browser.open(&url("glossary.html")).await;
    browser
        .until("document.querySelectorAll('.letters a').length > 15")
        .await;
    let nowhere = browser
        .ask(
            "return [...document.querySelectorAll('.letters a')]
                .filter(a => document.querySelector(a.hash)?.textContent != a.textContent).length",
        )
        .await;
    assert_eq!(nowhere, json!(0));
    browser.close().await;
}

#[tokio::test]
async fn the_search_finds_no_hints_and_no_answers() {
    let index = std::fs::read_to_string(BOOK.join("searchindex.js")).unwrap();
    let page = "book/src/ch01-memory/09-the-map-as-bytes.md";
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join(page)).unwrap();
    let folded = "Its two numbers depend on the payload";
    let plain = "What you will have";
    assert!(text.contains(folded) && text.contains(plain));
    assert!(!index.contains(folded) && index.contains(plain));
    assert!(index.contains("09-the-map-as-bytes.html#hints"));
}

#[tokio::test]
async fn an_address_that_leads_nowhere_has_a_way_back() {
    let browser = Browser::start(1280).await;
    browser.open(&url("404.html")).await;
    browser
        .until(
            "document.querySelector('h1:not(.menu-title)').textContent == 'There is no such page'",
        )
        .await;
    browser
        .until("document.querySelector('main a[href=\"introduction.html\"]')")
        .await;
    browser.close().await;
}

#[tokio::test]
async fn without_javascript_the_text_is_all_there() {
    let browser = Browser::start(1280).await;
    let off = json!({ "value": true });
    browser
        .tell("Emulation.setScriptExecutionDisabled", off)
        .await;
    for (page, texts) in [
        (
            INTRODUCTION,
            vec!["When the power fails", "1.12 Sync, and what poison is for"],
        ),
        (
            EXERCISE,
            vec!["Predict", "Which check notices each", "Hint 1:"],
        ),
        (
            "ch01-memory/what-you-built.html",
            vec!["How fast is the engine", "Opening"],
        ),
    ] {
        browser.open(&url(page)).await;
        let body = browser
            .client
            .find(fantoccini::Locator::Css("main"))
            .await
            .unwrap();
        let shown = body.text().await.unwrap();
        for text in texts {
            assert!(shown.contains(text), "{page} lacks {text}: {shown}");
        }
        let contents = browser
            .client
            .find(fantoccini::Locator::Css(".without-script a"))
            .await
            .unwrap();
        let contents = contents.attr("href").await.unwrap().unwrap();
        assert!(contents.ends_with("toc.html"), "{page}: {contents}");
        // No field that nothing would keep.
        let fields = browser
            .client
            .find_all(fantoccini::Locator::Css("textarea"))
            .await;
        assert!(fields.unwrap().is_empty(), "{page}");
    }
    browser.open(&url(EXERCISE)).await;
    let hint = browser
        .client
        .find(fantoccini::Locator::Css("details.hint"))
        .await
        .unwrap();
    let summary = hint
        .find(fantoccini::Locator::Css("summary"))
        .await
        .unwrap();
    summary.click().await.unwrap();
    let text = hint.text().await.unwrap();
    assert!(
        text.contains("Its two numbers depend on the payload"),
        "{text}"
    );
    let figure = browser
        .client
        .find(fantoccini::Locator::Css("figure.drawn svg title"))
        .await;
    assert!(figure.is_ok(), "the figure is told");
    browser.close().await;
}
