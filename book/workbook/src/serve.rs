//! The book on localhost, with the reader's progress in it.
//!
//! | path | answers |
//! |---|---|
//! | `/progress` | the progress now, as JSON |
//! | `/predictions` | the reader's predictions; posted ones are taken in |
//! | `/events` | `progress` now and at each change, `book` and `predictions` when those changed |
//! | all else | the rendered book, with the progress in its pages |
//!
//! Only this machine is answered, and only under its own name: a page of some
//! other site that points its name here is turned away by its `Host`, and one
//! that sends something here by its `Origin`.

mod marked;
mod ports;

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde::Serialize;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio_stream::wrappers::{BroadcastStream, WatchStream};
use tokio_stream::{Stream, StreamExt};
use tower_http::services::{ServeDir, ServeFile};

use crate::desk::Desk;
use crate::interrupt;
use crate::live::Live;
use crate::predictions::{Named, Predictions};
use crate::progress::Progress;
use crate::report;
use crate::runner;

/// The port that is tried first.
pub const PORT: u16 = 4000;

/// What a request needs.
#[derive(Debug, Clone)]
struct App {
    progress: watch::Receiver<Arc<Progress>>,
    book: Arc<broadcast::Receiver<Arc<Vec<String>>>>,
    predictions: Predictions,
    /// Counts the times that somebody wrote a prediction.
    predicted: watch::Sender<u64>,
}

/// Serves the book and judges saves until Ctrl-C.
///
/// # Errors
///
/// Fails if no port is free or the files cannot be watched.
pub fn run(desk: Desk, port: u16) -> Result<()> {
    runner::start_guard();
    let runtime = tokio::runtime::Runtime::new().context("cannot start the server's runtime")?;
    runtime.block_on(async {
        let (listeners, address) = ports::listen(port).await?;
        let url = format!("http://{address}");
        let moved = port != 0 && address.port() != port;
        let predictions = Predictions::of(desk.workspace().root());
        let book_dir = desk.book_dir();
        let news = report::news(desk.outdated());
        // Rendering takes its time and must not hold up the runtime.
        let live = tokio::task::spawn_blocking(|| Live::start(desk)).await??;
        greet(&url, moved, port, &live.progress().borrow());
        report::say(&news);
        let app = router(&live, book_dir, predictions);
        let mut servers = JoinSet::new();
        for listener in listeners {
            servers.spawn(axum::serve(listener, app.clone()).into_future());
        }
        tokio::select! {
            Some(served) = servers.join_next() => served??,
            () = interrupt::asked() => {}
        }
        drop(servers);
        report::say("\nUntil next time.\n");
        tokio::task::spawn_blocking(|| live.stop()).await?;
        Ok(())
    })
}

fn greet(url: &str, moved: bool, port: u16, progress: &Progress) {
    if moved {
        report::say(&format!(
            "Port {port} is taken: by another program, or by a book that is open already.\n\
             This one has a port of its own.\n"
        ));
    }
    report::say(&format!("The book is open at {url} (Ctrl-C ends it).\n"));
    let next = progress
        .next
        .as_deref()
        .and_then(|id| progress.exercise(id));
    if let Some(exercise) = next
        && let Some(page) = &exercise.page
    {
        report::say(&format!("You are at {} {}:\n", exercise.id, exercise.title));
        report::say(&format!("  {url}/{page}\n"));
    } else {
        report::say(&report::next(progress, None));
    }
    report::say("Save a file under chapters/, and its verdict appears here and on the page.\n");
}

fn router(live: &Live, book_dir: PathBuf, predictions: Predictions) -> Router {
    let missing = ServeFile::new(book_dir.join("404.html"));
    let app = App {
        progress: live.progress(),
        book: Arc::new(live.book()),
        predictions,
        predicted: watch::Sender::default(),
    };
    let marks = live.progress();
    Router::new()
        .route("/progress", get(progress))
        .route("/predictions", get(recall).post(predict))
        .route("/events", get(events))
        .with_state(app.clone())
        .fallback_service(ServeDir::new(book_dir.clone()).not_found_service(missing))
        .layer(middleware::from_fn_with_state(marks, marked::with_progress))
        .layer(middleware::from_fn_with_state(
            (app, book_dir),
            without_book,
        ))
        .layer(middleware::map_response(uncached))
        .layer(middleware::from_fn(only_here))
}

async fn progress(State(app): State<App>) -> Json<Progress> {
    Json(app.progress.borrow().plain())
}

async fn events(State(app): State<App>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let progress =
        WatchStream::new(app.progress.clone()).map(|progress| event("progress", &progress.plain()));
    let book = BroadcastStream::new(app.book.resubscribe()).map(|changed| match changed {
        Ok(changed) => event("book", &*changed),
        // This page slept through some news: every page may have changed.
        Err(_) => event("book", &["*"]),
    });
    let predicted =
        WatchStream::new(app.predicted.subscribe()).map(|count| event("predictions", &count));
    Sse::new(progress.merge(book).merge(predicted)).keep_alive(KeepAlive::default())
}

/// The predictions, and where they are kept.
#[derive(Debug, Serialize)]
struct Kept {
    place: String,
    predictions: Named,
}

async fn recall(State(app): State<App>) -> Response {
    kept(move || app.predictions.all()).await
}

/// Takes in what a page has that is newer, and tells the other pages.
async fn predict(State(app): State<App>, Json(newer): Json<Named>) -> Response {
    kept(move || {
        let all = app.predictions.merge(newer)?;
        app.predicted.send_modify(|count| *count += 1);
        Ok(all)
    })
    .await
}

/// Files take their time and must not hold up the runtime.
async fn kept(ask: impl FnOnce() -> Result<Named> + Send + 'static) -> Response {
    let answer = match tokio::task::spawn_blocking(ask).await {
        Ok(answer) => answer,
        Err(panicked) => Err(panicked.into()),
    };
    match answer {
        Ok(predictions) => {
            let place = Predictions::place();
            Json(Kept { place, predictions }).into_response()
        }
        Err(error) => {
            eprintln!("Predictions are not kept in a file: {error:#}");
            (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}\n")).into_response()
        }
    }
}

fn event<T: Serialize + ?Sized>(name: &str, data: &T) -> Result<Event, Infallible> {
    let event = Event::default().event(name);
    Ok(event
        .json_data(data)
        .expect("progress and names are plain data, which JSON can hold"))
}

/// Says what is wrong with the book while there is no good one to show.
async fn without_book(
    State((app, book_dir)): State<(App, PathBuf)>,
    request: Request,
    next: Next,
) -> Response {
    let is_live = matches!(
        request.uri().path(),
        "/progress" | "/predictions" | "/events"
    );
    if is_live || book_dir.join("index.html").is_file() {
        return next.run(request).await;
    }
    let trouble = app.progress.borrow().book_trouble.clone();
    let text = format!(
        "The book could not be rendered yet. Mend this and load the page again:\n\n{}\n",
        trouble.unwrap_or_default()
    );
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

/// A page may change at any save.
async fn uncached(mut response: Response) -> Response {
    let value = HeaderValue::from_static("no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}

/// Turns away requests under a name that is not this machine's own, and those
/// that a page of another site sends.
async fn only_here(request: Request, next: Next) -> Response {
    match stranger(request.headers()) {
        Some(text) => (StatusCode::FORBIDDEN, text).into_response(),
        None => next.run(request).await,
    }
}

/// What to tell whoever does not ask from here.
fn stranger(headers: &HeaderMap) -> Option<&'static str> {
    let head = |name| {
        let value = headers.get(name)?;
        Some(value.to_str().unwrap_or_default())
    };
    let host = head(header::HOST).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !matches!(name, "127.0.0.1" | "localhost" | "[::1]") {
        return Some("This server answers to localhost, 127.0.0.1 and [::1] alone.\n");
    }
    let is_own = |origin: &str| origin.strip_prefix("http://") == Some(host);
    let origin = head(header::ORIGIN);
    origin
        .is_some_and(|origin| !is_own(origin))
        .then_some("This server answers its own pages alone.\n")
}
