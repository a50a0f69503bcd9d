//! Tests of `docs/openapi.json`: it matches the contract and is served unchanged. `examples/openapi` writes it.

#[path = "../../examples/openapi/document.rs"]
mod document;

use std::path::Path;

use hyper::StatusCode;

use crate::client::{get, pool, post_json};
use crate::fixture::Running;
use document::document;

pub(crate) use document::comment;

#[test]
fn openapi_matches_the_contract() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let checked_in = std::fs::read_to_string(&path).expect("docs/openapi.json");
    assert!(
        document::text(&pool()) == checked_in,
        "docs/openapi.json is not up to date: run `cargo run --example openapi`"
    );
    for message in document(&pool())["components"]["schemas"]
        .as_object()
        .expect("schemas")
        .values()
    {
        assert_ne!(
            message["description"], "",
            "every message and field is documented: {message}"
        );
    }
}

#[tokio::test]
async fn openapi_is_served_with_a_page_that_needs_nothing_else() {
    let server = Running::start().await;
    let served = get(server.address, "/openapi.json").await;
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert!(
        served.body == document::text(&pool()),
        "the checked-in document is served"
    );
    let page = get(server.address, "/docs").await;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let text = String::from_utf8(page.body.to_vec()).expect("text");
    for path in document(&pool())["paths"]
        .as_object()
        .expect("paths")
        .keys()
    {
        assert!(
            text.contains(&format!("POST {path}<")) || text.contains(&format!("GET {path}<")),
            "{path}"
        );
    }
    for outside in ["http://", "https://", "<script", "<link", "src="] {
        assert!(!text.contains(outside), "{outside}");
    }
    assert_eq!(
        post_json(server.address, "/docs", "{}").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

/// Every path of the document is a route, whatever its answer to an empty object.
#[tokio::test]
async fn openapi_paths_are_routes() {
    let server = Running::start().await;
    for (path, item) in document(&pool())["paths"].as_object().expect("paths") {
        let answer = match item.get("post") {
            Some(_) => post_json(server.address, path, "{}").await,
            None => get(server.address, path).await,
        };
        let stated = item
            .get("post")
            .or_else(|| item.get("get"))
            .expect("an operation");
        let status = answer.status.as_u16().to_string();
        assert!(
            stated["responses"].get(&status).is_some(),
            "{path}: {status}"
        );
        assert!(
            ![404, 405, 415].contains(&answer.status.as_u16()),
            "{path}: {status}"
        );
    }
}
