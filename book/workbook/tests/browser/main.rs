//! The pages in a browser: Chromium, driven through ChromeDriver.
//!
//! Behind the feature `browser`, since it needs both programs:
//!
//! ```text
//! cargo test -p workbook --features browser --test browser
//! ```
//!
//! | module | tests |
//! |---|---|
//! | `live` | a book that is served: marks, tabs, a restart, predictions |
//! | `reading` | this book as files: narrow, dark, on paper, by keyboard, without JavaScript |

#![expect(
    clippy::unwrap_used,
    reason = "in a test, a failing call is the message"
)]

mod browser;
mod live;
mod reading;
#[path = "../reader/server.rs"]
#[expect(dead_code, reason = "the reader's tests use the rest")]
mod server;
#[path = "../reader/shelf.rs"]
#[expect(dead_code, reason = "the reader's tests use the rest")]
mod shelf;
#[path = "../author/support.rs"]
#[expect(dead_code, reason = "the authors' tests use the rest")]
mod support;
