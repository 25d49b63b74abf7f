//! A served book, in two tabs.

use std::path::Path;

use fantoccini::Locator;
use fantoccini::key::Key;
use fantoccini::wd::WindowHandle;
use serde_json::json;

use crate::browser::Browser;
use crate::server::Server;
use crate::shelf::{FIND, FOUND, Fixture, LIB, close, derived, page, solve_first, solve_the_rest};

/// The fixture with this book's own look, a map, and a question to predict.
fn dressed() -> Fixture {
    let fixture = derived();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for file in workbook::files::below(&ours.join("theme")).unwrap() {
        let text = std::fs::read_to_string(ours.join("theme").join(&file)).unwrap();
        fixture.write(Path::new("book/theme").join(&file), &text);
    }
    fixture.write(
        "book/book.toml",
        &std::fs::read_to_string(ours.join("book.toml")).unwrap(),
    );
    fixture.edit(
        "book/src/introduction.md",
        "# Introduction\n",
        "# Introduction\n\n{{#go-on}}\n\n{{#map}}\n\n\
         <div class=\"exercise\" data-exercise=\"1.2\"></div>\n",
    );
    fixture.edit(
        page("01-put"),
        "How many books will it touch?\n",
        "<details class=\"answer\">\n<summary>How many books will it touch?</summary>\n\n\
         Half of them.\n\n</details>\n",
    );
    fixture
}

#[tokio::test]
async fn a_solved_exercise_is_marked_in_every_tab_and_after_a_restart() {
    let fixture = dressed();
    let server = Server::start(&fixture, 0);
    let port = server.port;
    let book = format!("http://127.0.0.1:{port}");
    let browser = Browser::start(1280).await;

    let exercise = browser.client.window().await.unwrap();
    browser
        .open(&format!("{book}/ch01-shelf/01-put.html"))
        .await;
    let introduction = browser.open_tab(&book).await;
    for tab in [&introduction, &exercise] {
        browser.client.switch_to_window(tab.clone()).await.unwrap();
        browser
            .until("document.querySelector('.strata-live[data-live=on]')")
            .await;
        // Gone with the page, if that is loaded again.
        browser.ask("window.stillTheSame = true").await;
    }
    let is_marked = |number: &str, state: &str| {
        format!(
            "[...document.querySelectorAll('#mdbook-sidebar a')].some(a => \
             a.textContent.startsWith('{number} ') && a.querySelector('.strata-mark[data-state={state}]'))"
        )
    };
    browser
        .until("document.querySelector('.exercise[data-state=not-started]')")
        .await;
    browser.until(&is_marked("1.1", "not-started")).await;

    solve_first(&fixture);
    browser
        .until("document.querySelector('.exercise[data-state=solved]')")
        .await;
    browser.until(&is_marked("1.1", "solved")).await;
    browser.until("document.querySelector('.exercise-next a').textContent == 'Go on with 1.2 Finding a book'").await;
    browser
        .until("document.querySelector('#mdbook-sidebar .strata-count').textContent == '1/3'")
        .await;
    browser.until("window.stillTheSame").await;

    browser.client.switch_to_window(introduction).await.unwrap();
    browser
        .until("document.querySelector('.book-map [data-exercise=\"1.1\"] [data-state=solved]')")
        .await;
    browser
        .until("document.querySelector('.go-on a').textContent == 'Go on with 1.2 Finding a book'")
        .await;
    browser
        .until("document.querySelector('.book-map .strata-count').textContent == '1 of 3 solved'")
        .await;
    browser.until("window.stillTheSame").await;

    drop(server);
    browser
        .until("document.querySelector('.strata-live[data-live=off]')")
        .await;
    browser
        .until("document.querySelector('.strata-away').textContent.includes('cargo run starts it again')")
        .await;
    let _again = Server::start(&fixture, port);
    browser
        .until("document.querySelector('.strata-live[data-live=on]')")
        .await;
    browser
        .until("!document.querySelector('.strata-away')")
        .await;
    browser.until(&is_marked("1.1", "solved")).await;
    browser.close().await;
}

/// A browser opens six connections to a host and no more.
#[tokio::test]
async fn more_tabs_than_connections_are_told_of_each_save() {
    const TABS: usize = 8;
    let fixture = dressed();
    let server = Server::start(&fixture, 0);
    let browser = Browser::start(1280).await;
    let url = format!("http://127.0.0.1:{}/ch01-shelf/01-put.html", server.port);
    let mut tabs = Vec::new();
    for _ in 0..TABS {
        tabs.push(browser.open_tab(&url).await);
        browser
            .until("document.querySelector('.exercise[data-state=not-started]')")
            .await;
        browser
            .until("document.querySelector('.strata-live[data-live=on]')")
            .await;
    }
    let all_show = async |tabs: &[WindowHandle], what: &str| {
        for tab in tabs {
            browser.client.switch_to_window(tab.clone()).await.unwrap();
            browser
                .until(&format!("document.querySelector('{what}')"))
                .await;
        }
    };
    solve_first(&fixture);
    all_show(&tabs, ".exercise[data-state=solved]").await;

    // One tab holds the stream: when it is closed, or shows something else,
    // another one does.
    let (insert, not_there) = ("self.titles.insert(", "self.titles.clone().insert(");
    browser
        .client
        .switch_to_window(tabs.remove(0))
        .await
        .unwrap();
    browser.client.close_window().await.unwrap();
    fixture.edit(LIB, insert, not_there);
    all_show(&tabs, ".exercise[data-state=failing]").await;
    let away = tabs.remove(0);
    browser.client.switch_to_window(away.clone()).await.unwrap();
    browser.open("about:blank").await;
    fixture.edit(LIB, not_there, insert);
    all_show(&tabs, ".exercise[data-state=solved]").await;

    // Whoever comes back is told how things stand, and everybody of the end.
    tabs.push(away.clone());
    browser.client.switch_to_window(away).await.unwrap();
    browser.client.back().await.unwrap();
    all_show(&tabs, ".exercise[data-state=solved]").await;
    drop(server);
    all_show(&tabs, ".strata-live[data-live=off]").await;
    browser.close().await;
}

#[tokio::test]
async fn the_last_exercise_leads_to_the_pages_that_close_its_chapter() {
    let fixture = dressed();
    close(&fixture);
    solve_first(&fixture);
    let server = Server::start(&fixture, 0);
    let browser = Browser::start(1280).await;
    browser
        .open(&format!("http://127.0.0.1:{}", server.port))
        .await;
    browser
        .until("document.querySelector('.exercise[data-state=not-started]')")
        .await;
    solve_the_rest(&fixture);
    browser
        .until("document.querySelector('.exercise-next')?.textContent == 'Read on: What you built, Comparing shelves'")
        .await;
    browser
        .until("document.querySelector('.go-on').textContent == 'All 3 exercises are solved. Chapter 2 is still to come. Read on: What you built, Comparing shelves'")
        .await;
    browser
        .ask("document.querySelector('.exercise-next a').click()")
        .await;
    browser
        .until("location.pathname == '/ch01-shelf/what-you-built.html'")
        .await;
    browser.close().await;
}

#[tokio::test]
async fn a_page_says_of_a_verdict_what_the_terminal_says() {
    let fixture = dressed();
    let server = Server::start(&fixture, 0);
    let browser = Browser::start(1280).await;
    let book = format!("http://127.0.0.1:{}", server.port);
    browser.open(&format!("{book}/introduction.html")).await;
    browser
        .until("document.querySelector('.go-on a').textContent.startsWith('Begin with 1.1')")
        .await;
    solve_first(&fixture);
    browser
        .until("document.querySelector('.exercise[data-state=not-started]')")
        .await;
    let mut body = FIND;
    let says = |text: &str| {
        format!(
            "document.querySelector('.exercise:not(.is-stale)')?.textContent.includes({text:?})"
        )
    };
    for (wrong, words) in [
        ("None", "Your code:chapters/ch01-shelf/src/lib.rs:"),
        ("None", "Shelf::find"),
        ("None", "Read again: 1.2 Finding a book"),
        ("panic!(\"a crooked shelf\")", "Your code panicked at: "),
        ("self.titles.find(", "What the compiler says"),
    ] {
        if wrong != body {
            fixture.edit(LIB, body, wrong);
            body = wrong;
        }
        browser.until(&says(words)).await;
    }
    // The first thing to mend, in lines as the compiler wrote them.
    browser
        .until("document.querySelector('.exercise details').open")
        .await;
    browser
        .until("getComputedStyle(document.querySelector('.exercise pre')).whiteSpace == 'pre'")
        .await;
    fixture.edit(LIB, body, "None");
    browser.until(&says("Read again: ")).await;
    browser
        .ask("document.querySelector('.exercise-reread a').click()")
        .await;
    browser
        .until("location.pathname == '/ch01-shelf/02-find.html'")
        .await;
    browser
        .until("document.querySelector('.exercise[data-state=failing]')")
        .await;
    // Not a link to where the reader is.
    browser
        .until("!document.querySelector('.exercise-reread')")
        .await;
    browser.close().await;
}

/// Whoever missed a bracket read that the next exercise, which they had never
/// touched, was wrong.
#[tokio::test]
async fn what_does_not_compile_is_said_of_its_chapter() {
    let fixture = dressed();
    fixture.write("book/src/ch00-wood/index.md", "# 0. Wood\n");
    let shelf = "- [1. A shelf]";
    let both = format!("- [0. Wood](ch00-wood/index.md)\n{shelf}");
    fixture.edit("book/src/SUMMARY.md", shelf, &both);
    let server = Server::start(&fixture, 0);
    let browser = Browser::start(1280).await;
    let book = format!("http://127.0.0.1:{}", server.port);
    browser.open(&format!("{book}/introduction.html")).await;
    let goes_on = |text: &str| format!("document.querySelector('.go-on').textContent == '{text}'");
    let first = "Begin with chapter 0, Wood, or go straight to 1.1 Books in their place \
                 0 of 3 exercises solved";
    browser.until(&goes_on(first)).await;
    solve_first(&fixture);
    let second = "Go on with 1.2 Finding a book 1 of 3 exercises solved";
    browser.until(&goes_on(second)).await;
    // In the sidebar, and in the map.
    let marks = |each: &str| {
        format!(
            "[...document.querySelectorAll('.strata-mark')].map(mark => mark.textContent)\
             .join() == '{each},{each}'"
        )
    };
    browser.until(&marks("✓,·,·")).await;
    fixture.edit(LIB, FIND, "self.titles.find(");
    browser.until(&marks("✗ does not compile,✓,?,?")).await;
    fixture.edit(LIB, "self.titles.find(", FOUND);
    browser.until(&marks("✓,✓,·")).await;
    browser.close().await;
}

#[tokio::test]
async fn on_a_phone_the_prose_of_a_failure_is_wrapped_and_a_quotation_is_not() {
    let fixture = dressed();
    solve_first(&fixture);
    let prose = "a sentence that is longer than the screen of a telephone is wide";
    fixture.edit(LIB, FIND, &format!("panic!(\"{prose}\\n\\n  of 3\")"));
    let server = Server::start(&fixture, 0);
    let browser = Browser::start(390).await;
    let page = format!("http://127.0.0.1:{}/ch01-shelf/02-find.html", server.port);
    browser.open(&page).await;
    browser
        .until("document.querySelector('.exercise[data-state=failing] pre')")
        .await;
    let shown = browser
        .ask(
            "const pre = document.querySelector('.exercise pre');
             return [pre.textContent, pre.scrollWidth <= pre.clientWidth,
                     [...pre.children].map(line => getComputedStyle(line).whiteSpace)]",
        )
        .await;
    let text = format!("{prose}\n\n  of 3\n");
    assert_eq!(shown, json!([text, true, ["pre-wrap", "pre-wrap", "pre"]]));
    browser.close().await;
}

#[tokio::test]
async fn a_prediction_is_kept_and_shown_again_beside_the_answer() {
    let fixture = dressed();
    let server = Server::start(&fixture, 0);
    let browser = Browser::start(1280).await;
    let url = format!("http://127.0.0.1:{}/ch01-shelf/01-put.html", server.port);
    browser.open(&url).await;
    let field = browser
        .client
        .find(Locator::Css(".prediction textarea"))
        .await
        .unwrap();
    // Neither the arrows nor the search's keys are for the page here.
    field.send_keys("all of <them>?/s").await.unwrap();
    field.send_keys(&Key::Left.to_string()).await.unwrap();
    field.send_keys(&Key::Right.to_string()).await.unwrap();
    assert_eq!(browser.client.current_url().await.unwrap().as_str(), url);
    browser
        .until("document.activeElement.value == 'all of <them>?/s'")
        .await;
    browser
        .until("document.querySelector('.prediction-note').textContent == 'Kept in .strata/predictions.json.'")
        .await;
    // A field is told by its label and its question.
    browser
        .until("document.activeElement.labels[0].textContent == 'Your prediction'")
        .await;
    browser.until("document.getElementById(document.activeElement.getAttribute('aria-describedby')).textContent == 'How many books will it touch?'").await;

    browser
        .until("!Object.keys(localStorage).some(key => key.startsWith('strata-prediction'))")
        .await;

    // Nothing is lost while the workbook is away, nor at another address.
    let port = server.port;
    drop(server);
    field.send_keys("!").await.unwrap();
    browser
        .until("document.querySelector('.prediction-note').textContent == 'Kept in this browser until the workbook is back.'")
        .await;
    let server = Server::start(&fixture, port);
    browser
        .until("document.querySelector('.prediction-note').textContent == 'Kept in .strata/predictions.json.'")
        .await;
    drop(server);
    let server = Server::start(&fixture, 0);
    let url = format!("http://127.0.0.1:{}/ch01-shelf/01-put.html", server.port);
    browser.open(&url).await;
    browser
        .until("document.querySelector('.prediction textarea').value.endsWith('s!')")
        .await;
    // The question and its field stand before the answer.
    browser
        .until("document.querySelector('.prediction.bare').nextElementSibling.matches('details.answer')")
        .await;

    // What an older browser has is handed over once.
    browser
        .ask("localStorage.setItem('strata-prediction:old', JSON.stringify({ text: 'guessed', question: 'Old?', page: 'a.html', when: '2020-01-01T00:00:00.000Z' }))")
        .await;

    browser.client.refresh().await.unwrap();
    browser
        .until("!Object.keys(localStorage).some(key => key.startsWith('strata-prediction'))")
        .await;
    assert!(fixture.read(".strata/predictions.json").contains("guessed"));
    browser
        .until("document.querySelector('.prediction textarea').value == 'all of <them>?/s!'")
        .await;
    browser
        .until("!document.querySelector('.predicted').checkVisibility()")
        .await;
    browser
        .ask("document.querySelector('details.answer > summary').click()")
        .await;
    browser
        .until("document.querySelector('.predicted').checkVisibility()")
        .await;
    browser
        .until("document.querySelector('.predicted').innerText.includes('all of <them>?/s!')")
        .await;

    // Cleared in one tab, cleared in the other.
    let first = browser.client.window().await.unwrap();
    browser.open_tab(&url).await;
    let field = browser
        .client
        .find(Locator::Css(".prediction textarea"))
        .await
        .unwrap();
    field.clear().await.unwrap();
    browser.until("localStorage.length == 0 || !Object.keys(localStorage).some(key => key.startsWith('strata-prediction'))").await;
    browser.client.switch_to_window(first).await.unwrap();
    browser
        .until("document.querySelector('.prediction textarea').value == ''")
        .await;
    browser.close().await;
}
