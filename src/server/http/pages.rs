//! Pages for people who open the port in a browser: the start page and the status. Programs get JSON.

use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::docs::STYLE;
use super::error_response::to_caller;
use crate::server::status::Status;
use crate::wire::WireError;

/// Path of the start page.
pub(in crate::server) const START: &str = "/";

/// What the start page leads to.
const LINKS: [(&str, &str); 5] = [
    ("/v1/status", "What arrives, in words: is it working?"),
    ("/docs", "The calls and their messages"),
    ("/openapi.json", "The same for programs"),
    ("/readyz", "Whether requests are scored"),
    ("/metrics", "Metrics for Prometheus"),
];

/// Answers a browser at the root; to anybody else it is no route.
pub(in crate::server) async fn start(headers: HeaderMap) -> Response {
    if !wants_html(&headers) {
        return to_caller(&WireError::UnknownRoute, &headers);
    }
    let page = page(
        "Stillwatch",
        &html! {
            p { "Shows which accounts are copying a language model. This is the server's port." }
            table {
                @for (path, about) in LINKS {
                    tr { td { a href=(path) { (path) } } td { (about) } }
                }
            }
        },
    );
    Html(page.into_string()).into_response()
}

/// Renders the status for a browser, or as JSON.
pub(in crate::server) fn status(status: &Status, headers: &HeaderMap) -> Response {
    if !wants_html(headers) {
        return axum::Json(status.json()).into_response();
    }
    let page = page(
        "Stillwatch: what arrives",
        &html! {
            @for sentence in status.words() { p { (sentence) } }
            table {
                @for (name, figure) in status.figures() { tr { td { (name) } td { (figure) } } }
            }
            p { a href=(START) { "Start" } }
        },
    );
    Html(page.into_string()).into_response()
}

fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body { h1 { (title) } (content) }
        }
    }
}

/// Whether the caller asks for a page by name, as browsers do and programs do not.
fn wants_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).into_iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}
