//! Tests of `/v1/status` and the start page: what arrived is said in words and numbers, to people and to programs.

use std::sync::Arc;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use stillwatch::internals::server::{ApiKey, KeyLine, KeyScope, Keys, Limits, RateLimit, Setup};
use stillwatch::internals::wire::ErrorKind;

use crate::client::{Answer, BATCH, get, http1, post_json};
use crate::errors::check;
use crate::fixture::{CANARY, Running, exchange};
use crate::metrics::Counts;

async fn status(server: &Running) -> Value {
    let answer = get(server.address, "/v1/status").await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json()
}

async fn browse(server: &Running, path: &str) -> Answer {
    let accept = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    http1(server.address, Method::GET, path, &accept, "").await
}

#[tokio::test]
async fn nothing_has_arrived_at_first() {
    let server = Running::start().await;
    let status = status(&server).await;
    let first = status["summary"][0].as_str().expect("a sentence");
    assert!(first.starts_with("Nothing has arrived since 20"), "{first}");
    assert_eq!(status["exchanges"]["counted"], 0);
    assert_eq!(
        status["doors"][0],
        json!({"door": "scoring", "calls": 0, "last_call": null})
    );
}

#[tokio::test]
async fn what_arrives_is_counted_by_what_is_missing_from_it_and_by_door() {
    let server = Running::start().await;
    let at = server.address;
    let with = |field: &str, value: Value| {
        let mut call = exchange("counted-a");
        call["id"] = json!(field);
        call[field] = value;
        call
    };
    let textless = with("messages", json!([{"role": "user", "content": " "}]));
    let timeless = with("time", Value::Null);
    for call in [
        exchange("counted-a"),
        exchange("counted-a"),
        textless,
        timeless,
    ] {
        let answer = post_json(at, "/v1/score", call.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{call}");
    }
    let refused = post_json(at, "/v1/score", exchange("").to_string()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let batch = json!({"exchanges": [exchange("counted-b"), exchange("")]}).to_string();
    assert_eq!(post_json(at, BATCH, batch).await.status, StatusCode::OK);
    let nameless = r#"{"startTime": 1, "messages": [{"role": "user", "content": "x"}]}"#;
    assert_eq!(
        post_json(at, "/v1/ingest/litellm", nameless).await.status,
        StatusCode::OK
    );

    let status = status(&server).await;
    assert_eq!(
        status["exchanges"],
        json!({
            "counted": 4, "repeated": 1, "refused": 3, "without_text": 1, "without_model": 0, "without_time": 1,
            "truncated": 0,
        })
    );
    assert_eq!(
        status["accounts"],
        json!({"known": 7, "with_enough_history": 3, "exchanges_needed": 10})
    );
    let door = |name: &str| {
        let doors = status["doors"].as_array().expect("doors");
        let door = doors.iter().find(|door| door["door"] == name);
        door.expect("the door").clone()
    };
    assert_eq!(door("scoring")["calls"], 5);
    assert!(door("scoring")["last_call"].is_string());
    assert_eq!(door("litellm_log")["calls"], 1);
    assert_eq!(door("portkey")["last_call"], Value::Null);
    let words = status["summary"].to_string();
    for expected in [
        "4 exchanges were counted since",
        "3 of 7 accounts have the 10 exchanges",
        "3 exchanges were refused",
        "25% of exchanges hold no text",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    let counts = Counts::of(at).await;
    let series = |what: &str| format!("stillwatch_exchanges_total{{what=\"{what}\"}}");
    for (what, expected) in [("counted", 4), ("refused", 3), ("without_text", 1)] {
        assert_eq!(counts.value(&series(what)), expected, "{what}");
    }
    assert_eq!(
        counts.value("stillwatch_door_calls_total{door=\"litellm_log\"}"),
        1
    );
}

#[tokio::test]
async fn a_browser_gets_pages_and_programs_get_json() {
    let server = Running::start().await;
    let call = exchange(CANARY).to_string();
    assert_eq!(
        post_json(server.address, "/v1/score", call).await.status,
        StatusCode::OK
    );
    for path in ["/", "/v1/status"] {
        let page = browse(&server, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let text = String::from_utf8(page.body.to_vec()).expect("text");
        for outside in ["http://", "https://", "<script", "<link", "src=", CANARY] {
            assert!(!text.contains(outside), "{path}: {outside}");
        }
    }
    let start = browse(&server, "/").await;
    let start = String::from_utf8(start.body.to_vec()).expect("text");
    for path in [
        "/v1/status",
        "/docs",
        "/openapi.json",
        "/readyz",
        "/metrics",
    ] {
        assert!(start.contains(&format!("href=\"{path}\"")), "{path}");
        assert_eq!(
            get(server.address, path).await.status,
            StatusCode::OK,
            "{path}"
        );
    }
    let words = browse(&server, "/v1/status").await;
    let words = String::from_utf8(words.body.to_vec()).expect("text");
    assert!(words.contains("1 exchanges were counted since"), "{words}");
    check(ErrorKind::UnknownRoute, &get(server.address, "/").await);
    let posted = post_json(server.address, "/v1/status", "{}").await;
    check(ErrorKind::MethodNotAllowed, &posted);
}

#[tokio::test]
async fn the_status_needs_the_scope_of_readers_and_the_start_page_needs_none() {
    let key = |number: u8| ApiKey::from_bytes([number; 32]);
    let line = |name: &str, scope: KeyScope, number: u8| {
        let line = KeyLine::new(name, &[scope], &key(number)).expect("a name and a scope");
        line.to_string()
    };
    let file = [
        line("reader", KeyScope::Read, 1),
        line("gateway", KeyScope::Score, 2),
    ];
    let keys = Keys::parse(&file.join("\n"), RateLimit::default()).expect("a keys file");
    let setup = Setup {
        keys: Some(Arc::new(keys)),
        ..Limits::default().into()
    };
    let server = Running::with(setup).await;
    check(
        ErrorKind::Unauthenticated,
        &get(server.address, "/v1/status").await,
    );
    for (number, expected) in [(1, StatusCode::OK), (2, StatusCode::FORBIDDEN)] {
        let key = key(number);
        let headers = [("x-api-key", key.expose())];
        let answer = http1(server.address, Method::GET, "/v1/status", &headers, "").await;
        assert_eq!(answer.status, expected);
    }
    assert_eq!(browse(&server, "/").await.status, StatusCode::OK);
}
