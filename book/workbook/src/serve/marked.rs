//! The progress within each page that is sent, so that a page is painted with
//! its marks at once, before the first event comes.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::watch;

use crate::progress::Progress;

/// What asks for a page only if it changed, or for a part of it. The progress
/// changes while the file stays.
const CONDITIONS: [header::HeaderName; 4] = [
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::RANGE,
];

/// Puts the progress as it is now into the pages that pass.
pub(super) async fn with_progress(
    State(progress): State<watch::Receiver<Arc<Progress>>>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let is_page = path.ends_with(".html") || path.ends_with('/');
    if !is_page || request.method() != Method::GET {
        return next.run(request).await;
    }
    for condition in CONDITIONS {
        request.headers_mut().remove(condition);
    }
    let response = next.run(request).await;
    if !is_html(response.headers()) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        // The file is gone meanwhile: what is missing, the connection tells.
        return Response::from_parts(head, Body::empty());
    };
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.remove(header::LAST_MODIFIED);
    let page = String::from_utf8_lossy(&bytes);
    let page = marked(&page, &progress.borrow().plain());
    Response::from_parts(head, Body::from(page))
}

fn is_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// The page with the progress as data in its head.
fn marked(page: &str, progress: &Progress) -> String {
    let data = serde_json::to_string(progress)
        .expect("progress is plain data, which JSON can hold")
        // Nothing in it ends the element or begins a comment.
        .replace('<', "\\u003c");
    let data = format!("<script id=\"strata-progress\" type=\"application/json\">{data}</script>");
    page.replacen("</head>", &format!("{data}\n</head>"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_ends_the_element() {
        let progress = Progress {
            book_trouble: Some("</script><!-- \"x\"".to_owned()),
            ..Progress::default()
        };
        let page = marked("<head></head><body></head></body>", &progress);
        let (_, data) = page.split_once("json\">").expect("data");
        let (data, rest) = data.split_once('<').expect("an end");
        assert_eq!(rest, "/script>\n</head><body></head></body>");
        assert_eq!(serde_json::from_str::<Progress>(data).ok(), Some(progress));
    }
}
