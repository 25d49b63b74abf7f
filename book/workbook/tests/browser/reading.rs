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
    let mut faint = Vec::new();
    for page in pages() {
        browser.open(&url(&page)).await;
        browser.ask(UNFOLD).await;
        for theme in ["light", "rust", "coal", "navy", "ayu"] {
            let choose = format!("document.getElementById('mdbook-theme-{theme}').click()");
            browser.ask(&choose).await;
            browser
                .until(&format!(
                    "document.documentElement.classList.contains('{theme}') \
                     && !document.getAnimations().length"
                ))
                .await;
            let found = browser.ask(FAINT).await;
            for what in found.as_array().unwrap() {
                faint.push(format!("{theme}: {page}: {}", what.as_str().unwrap()));
            }
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
async fn on_paper_everything_is_unfolded_and_nothing_is_a_menu() {
    let browser = Browser::start(800).await;
    browser.open(&url(EXERCISE)).await;
    let folded = browser
        .ask("return document.querySelectorAll('details:not([open])').length")
        .await;
    assert!(
        folded.as_u64().unwrap() >= 7,
        "hints and answers are folded: {folded}"
    );
    // Without the script that unfolds them: the style has to suffice.
    browser
        .tell("Emulation.setEmulatedMedia", json!({ "media": "print" }))
        .await;
    let hidden = browser
        .ask(
            "return [...document.querySelectorAll('main details > :not(summary):not(:empty)')]
                .filter(e => !e.matches('.prediction') && !e.getBoundingClientRect().height)
                .map(e => e.textContent.slice(0, 40))",
        )
        .await;
    assert_eq!(hidden, json!([]), "what paper lacks");
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
    browser
        .until("document.querySelectorAll('details:not([open])').length > 0")
        .await;
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
        .until("document.querySelector('.exercise[data-exercise=\"1.1\"]')")
        .await;
    tab_to(&browser, ".skip-link").await;
    browser.press(&Key::Enter.to_string()).await;
    tab_to(&browser, "details.hint > summary").await;
    browser.press(&Key::Enter.to_string()).await;
    browser
        .until("document.activeElement.parentElement.open")
        .await;
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
        .until("document.querySelector('.exercise[data-exercise=\"1.2\"]')")
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
            "cargo run -q -p conformance --example gallery empty-value-absent",
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
    // Other blocks are copied as they are.
    let other = browser
        .ask("return playground_text(document.querySelector('code.language-sh').closest('pre'), false)")
        .await;
    assert_eq!(other.as_str().unwrap().trim(), "cargo run");
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
            vec!["How fast is your", "Opening"],
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
