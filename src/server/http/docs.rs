//! The documentation that the port serves: `/openapi.json` as checked in, and `/docs`, a page rendered from it.
//!
//! The page is plain HTML without scripts, so that it works where no other host can be reached.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use super::error_response::method_not_allowed;

/// The `OpenAPI` document. `tests/wire/openapi.rs` fails if it is not up to date with the contract.
const OPENAPI: &str = include_str!("../../../docs/openapi.json");

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let document = serde_json::from_str(OPENAPI).expect("a test parses the checked-in document");
    page(&document).into_string()
});

/// The style of every page.
pub(super) const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
    table{border-collapse:collapse;width:100%}td,th{border:1px solid #bbb;padding:.3rem .5rem;text-align:left;\
    vertical-align:top}code{background:#f3f3f3}section{margin:2rem 0}.words{white-space:pre-line}";

/// Paths of the two routes.
pub(in crate::server) const PATHS: [&str; 2] = ["/openapi.json", "/docs"];

/// Builds the two routes.
pub(in crate::server) fn routes() -> axum::Router {
    let openapi = || async { ([(header::CONTENT_TYPE, "application/json")], OPENAPI) };
    axum::Router::new()
        .route(PATHS[0], get(openapi))
        .route(PATHS[1], get(docs_page))
        .method_not_allowed_fallback(method_not_allowed)
}

async fn docs_page() -> Response {
    Html(PAGE.as_str()).into_response()
}

fn page(document: &Value) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (text(&document["info"]["title"])) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                h1 { (text(&document["info"]["title"])) }
                p.words { (text(&document["info"]["description"])) }
                p { a href="/openapi.json" { "openapi.json" } }
                @for tag in document["tags"].as_array().into_iter().flatten() {
                    h2 { (text(&tag["name"])) }
                    p.words { (text(&tag["description"])) }
                }
                h2 { "Calls" }
                @for (path, item) in entries(&document["paths"]) {
                    @for (method, operation) in entries(item) { (call(path, method, operation)) }
                }
                h2 { "Messages" }
                @for (name, schema) in entries(&document["components"]["schemas"]) { (message(name, schema)) }
            }
        }
    }
}

fn call(path: &str, method: &str, operation: &Value) -> Markup {
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    html! {
        section {
            h3 { code { (method.to_uppercase()) " " (path) } }
            p.words { (text(&operation["description"])) }
            @if !body.is_null() { p { "Body: " (kind(body)) } }
            table {
                tr { th { "Status" } th { "Answer" } }
                @for (status, answer) in entries(&operation["responses"]) {
                    tr {
                        td { (status) }
                        td {
                            (text(&answer["description"])) " "
                            (kind(&answer["content"]["application/json"]["schema"]))
                        }
                    }
                }
            }
        }
    }
}

fn message(name: &str, schema: &Value) -> Markup {
    html! {
        section id=(name) {
            h3 { (name) }
            p.words { (text(&schema["description"])) }
            table {
                tr { th { "Field" } th { "Type" } th { "Meaning" } }
                @for (field, schema) in entries(&schema["properties"]) {
                    tr {
                        td { code { (field) } }
                        td { (kind(schema)) }
                        td.words { (text(&schema["description"])) }
                    }
                }
            }
        }
    }
}

/// Renders a type, as a link if it is a message.
fn kind(schema: &Value) -> Markup {
    html! {
        @if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            a href={ "#" (name) } { (name) }
        } @else if has(schema, "array") {
            "list of " (kind(&schema["items"]))
        } @else if schema["additionalProperties"].is_object() {
            "map to " (kind(&schema["additionalProperties"]))
        } @else if let Some(first) = schema["anyOf"].as_array().and_then(|kinds| kinds.first()) {
            (kind(first))
        } @else {
            (types(schema).next().unwrap_or_default())
        }
    }
}

/// Returns the types of a schema. Null, which means the same as absent, comes last.
fn types(schema: &Value) -> impl Iterator<Item = &str> {
    let several = schema["type"].as_array().into_iter().flatten();
    let one = std::iter::once(&schema["type"]);
    several.chain(one).filter_map(Value::as_str)
}

fn has(schema: &Value, wanted: &str) -> bool {
    types(schema).any(|kind| kind == wanted)
}

fn entries(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let fields = object.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
