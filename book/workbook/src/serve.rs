//! The book on localhost, with the reader's progress in it.
//!
//! | path | answers |
//! |---|---|
//! | `/progress` | the progress now, as JSON |
//! | `/events` | `progress` now and at each change, `book` when pages changed |
//! | all else | the rendered book |
//!
//! Only this machine is answered, and only under its own name: a page of some
//! other site that points its name here is turned away by its `Host`.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio_stream::wrappers::{BroadcastStream, WatchStream};
use tokio_stream::{Stream, StreamExt};
use tower_http::services::{ServeDir, ServeFile};

use crate::desk::Desk;
use crate::interrupt;
use crate::live::Live;
use crate::progress::Progress;
use crate::report;

/// The port that is tried first.
pub const PORT: u16 = 4000;

/// What a request needs.
#[derive(Debug, Clone)]
struct App {
    progress: watch::Receiver<Arc<Progress>>,
    book: Arc<broadcast::Receiver<Arc<Vec<String>>>>,
}

/// Serves the book and judges saves until Ctrl-C.
///
/// # Errors
///
/// Fails if no port is free or the files cannot be watched.
pub fn run(desk: Desk, port: u16) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the server's runtime")?;
    runtime.block_on(async {
        let (listener, moved) = listen(port).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let book_dir = desk.book_dir();
        let news = report::news(desk.outdated());
        // Rendering takes its time and must not hold up the runtime.
        let live = tokio::task::spawn_blocking(|| Live::start(desk)).await??;
        greet(&url, moved, port, &live.progress().borrow());
        report::say(&news);
        let app = router(&live, book_dir);
        tokio::select! {
            served = axum::serve(listener, app).into_future() => served?,
            () = interrupt::asked() => {}
        }
        report::say("\nUntil next time.\n");
        tokio::task::spawn_blocking(|| live.stop()).await?;
        Ok(())
    })
}

/// Listens on `port`, or on any that is free if somebody else does, and says
/// whether it had to.
async fn listen(port: u16) -> Result<(TcpListener, bool)> {
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match TcpListener::bind(at(port)).await {
        Ok(listener) => Ok((listener, false)),
        Err(e) if e.kind() == io::ErrorKind::AddrInUse => {
            let listener = TcpListener::bind(at(0)).await;
            Ok((listener.context("no port is free on 127.0.0.1")?, true))
        }
        Err(e) => Err(e).with_context(|| format!("cannot listen on 127.0.0.1:{port}")),
    }
}

fn greet(url: &str, moved: bool, port: u16, progress: &Progress) {
    if moved {
        report::say(&format!("Port {port} is taken, so this is another one.\n"));
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

fn router(live: &Live, book_dir: PathBuf) -> Router {
    let missing = ServeFile::new(book_dir.join("404.html"));
    let app = App {
        progress: live.progress(),
        book: Arc::new(live.book()),
    };
    Router::new()
        .route("/progress", get(progress))
        .route("/events", get(events))
        .with_state(app.clone())
        .fallback_service(ServeDir::new(book_dir.clone()).not_found_service(missing))
        .layer(middleware::from_fn_with_state(
            (app, book_dir),
            without_book,
        ))
        .layer(middleware::map_response(uncached))
        .layer(middleware::from_fn(only_here))
}

async fn progress(State(app): State<App>) -> Json<Progress> {
    Json(app.progress.borrow().as_ref().clone())
}

async fn events(State(app): State<App>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let progress =
        WatchStream::new(app.progress.clone()).map(|progress| event("progress", &*progress));
    let book = BroadcastStream::new(app.book.resubscribe()).map(|changed| match changed {
        Ok(changed) => event("book", &*changed),
        // This page slept through some news: every page may have changed.
        Err(_) => event("book", &["*"]),
    });
    Sse::new(progress.merge(book)).keep_alive(KeepAlive::default())
}

fn event<T: serde::Serialize + ?Sized>(name: &str, data: &T) -> Result<Event, Infallible> {
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
    let is_live = matches!(request.uri().path(), "/progress" | "/events");
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

/// Turns away requests under a name that is not this machine's own.
async fn only_here(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if matches!(name, "127.0.0.1" | "localhost") {
        return next.run(request).await;
    }
    let text = "This server answers to localhost and 127.0.0.1 alone.\n";
    (StatusCode::FORBIDDEN, text).into_response()
}
