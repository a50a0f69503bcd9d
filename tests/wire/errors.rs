//! Tests of errors: each has its row in the table, the common format, and none of the caller's text.

use std::collections::BTreeSet;

use hyper::{Method, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use stillwatch::internals::server::Limits;
use stillwatch::internals::wire::ErrorKind;

use crate::client::{
    Answer, BATCH, SCORE, encode, get, grpc, grpc_web, http1, http2, post_chunked, post_json,
};
use crate::fixture::{CANARY, Running, exchange};

/// Checks that `answer` is the row of `kind`, in the common format, without the caller's text.
pub(crate) fn check(kind: ErrorKind, answer: &Answer) {
    let row = kind.row();
    let shown = answer.everything();
    assert!(
        !shown.contains(CANARY),
        "{kind:?} quotes the request: {shown}"
    );
    assert_eq!(answer.status.as_u16(), row.http_status, "{kind:?}: {shown}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{kind:?}"
    );
    let error = answer.json();
    let keys: BTreeSet<&str> = error
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        BTreeSet::from(["code", "details", "message"]),
        "{kind:?}"
    );
    assert_eq!(error["code"], row.code.as_str(), "{kind:?}");
    let info = &error["details"][0];
    assert_eq!(info["type"], "stillwatch.v1.ErrorInfo");
    assert_eq!(info["debug"]["reason"], row.reason);
    assert_eq!(info["debug"]["retryable"], row.retryable);
    assert_eq!(info["debug"]["documentation"], row.documentation);
    assert_eq!(
        row.retryable && row.http_status != 504,
        answer.header("retry-after").is_some(),
        "{kind:?}: a retryable error states when to retry"
    );
}

fn with(field: &str, value: Value) -> Value {
    let mut call = exchange("acc-1");
    match field.split_once('.') {
        Some((outer, inner)) => call[outer] = json!({ inner: value }),
        None => call[field] = value,
    }
    call
}

fn messages(count: usize) -> Value {
    json!(vec![json!({"role": "user", "content": CANARY}); count])
}

/// Returns requests that the contract's types allow and its documented rules do not.
fn refused() -> Vec<(ErrorKind, &'static str, Value)> {
    use ErrorKind::{BadValue, MissingField, OverBound};
    let long = CANARY.repeat(100);
    vec![
        (MissingField, "account", with("account", json!(""))),
        (MissingField, "model", with("model", json!(""))),
        (MissingField, "messages", with("messages", json!([]))),
        (BadValue, "time", with("time", json!(CANARY))),
        (BadValue, "time", with("time", json!("2026-05-01"))),
        (
            BadValue,
            "account_created",
            with("account_created", json!(CANARY)),
        ),
        (OverBound, "account", with("account", json!(long))),
        (
            OverBound,
            "client.user_agent",
            with("client.user_agent", json!(long)),
        ),
    ]
}

#[tokio::test]
async fn a_refused_exchange_is_refused_alike_on_every_protocol() {
    let server = Running::start().await;
    let at = server.address;
    let mut bodies = Vec::new();
    for (kind, field, call) in refused() {
        let over_json = post_json(at, "/v1/score", call.to_string()).await;
        check(kind, &over_json);
        assert_eq!(over_json.json()["details"][0]["debug"]["field"], field);
        bodies.push(format!("{:#}", over_json.json()));
        let message = encode("stillwatch.v1.Exchange", &call);
        let proto_type = [("content-type", "application/proto")];
        let connect = http1(at, Method::POST, SCORE, &proto_type, message.clone()).await;
        assert_eq!(connect.body, over_json.body, "{kind:?} {field}");
        for answer in [
            grpc(at, SCORE, &message).await,
            grpc_web(at, SCORE, &message).await,
        ] {
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(
                answer.grpc_status().0,
                kind.row().code.grpc_code(),
                "{kind:?} {field}"
            );
            assert!(!answer.everything().contains(CANARY), "{kind:?} {field}");
        }
    }
    insta::assert_snapshot!("refused_exchanges", bodies.join("\n"));
    assert_eq!(
        server.fake.scored.load(std::sync::atomic::Ordering::SeqCst),
        0
    );
}

#[tokio::test]
async fn values_at_the_bound_are_accepted() {
    let server = Running::start().await;
    for call in [
        with("messages", messages(1_000)),
        with("tools", json!(vec!["t"; 512])),
        with("account", json!("a".repeat(1_024))),
    ] {
        let answer = post_json(server.address, "/v1/score", call.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.everything());
    }
    let full = json!({"exchanges": vec![exchange("a"); 256]});
    let answer = post_json(server.address, BATCH, full.to_string()).await;
    assert_eq!(answer.json()["results"].as_array().map(Vec::len), Some(256));
    let over = json!({"exchanges": vec![exchange("a"); 257]});
    check(
        ErrorKind::OverBound,
        &post_json(server.address, BATCH, over.to_string()).await,
    );
}

/// A model would have taken each of these, so each is scored; what is not of its type or range is absent.
#[tokio::test]
async fn what_a_model_takes_is_scored() {
    let server = Running::start().await;
    let bodies = [
        with("messages", json!([{"role": "critic", "content": "a"}])),
        with("messages", json!([{"content": "a"}])),
        with("messages", json!("a")),
        with("parameters.temperature", json!("NaN")),
        with("parameters.temperature", json!("0.7")),
        with("parameters.max_tokens", json!(-1)),
        with("parameters.n", json!(0)),
        with("parameters.logprobs", json!(5)),
        with("response.status", json!(70_000)),
        with("response.output_tokens", json!("12")),
        with("account", json!(7)),
        with("id", json!(7)),
        with("time", json!(1_777_636_800)),
        with("system", json!([{"type": "text", "text": "a"}])),
        with(
            "tools",
            json!([{"type": "function", "function": {"name": "a"}}]),
        ),
        with("messages", messages(1_001)),
        with("tools", json!(vec!["a"; 513])),
    ];
    for body in bodies {
        let answer = post_json(server.address, "/v1/score", body.to_string()).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.everything());
    }
    for body in [
        r#"{"account":"a","model":"m","messages":[{"content":"a \ud83d"}],"x":NaN}"#.to_owned(),
        format!("\u{feff}{}", exchange("acc-1")),
        r#"{"account":"b","account":"a","model":"m","messages":[{"content":"a"}]}"#.to_owned(),
    ] {
        let answer = post_json(server.address, "/v1/score", body).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.everything());
    }
}

#[tokio::test]
async fn malformed_bodies_are_reported_by_position_only() {
    let server = Running::start().await;
    let malformed = [
        String::new(),
        CANARY.to_owned(),
        format!("{{\"account\":\"{CANARY}\""),
        format!("{}\"{CANARY}\"", "[".repeat(100_000)),
    ];
    for body in malformed {
        check(
            ErrorKind::MalformedBody,
            &post_json(server.address, "/v1/score", body).await,
        );
    }
    // What is JSON is an exchange, and lacks what it lacks.
    let lacking = [
        format!("{{\"account\":{{\"{CANARY}\":1}}}}"),
        format!("{{\"account\":7,\"model\":\"{CANARY}\"}}"),
        format!("{{\"messages\":7,\"account\":\"{CANARY}\",\"account\":\"{CANARY}\"}}"),
    ];
    for body in lacking {
        let answer = post_json(server.address, "/v1/score", body).await;
        check(ErrorKind::MissingField, &answer);
        assert_eq!(answer.json()["message"], "`messages` is required");
    }
    let answer = post_json(server.address, "/v1/score", "{\n \"account\": x}").await;
    assert_eq!(
        answer.json()["message"],
        "the body cannot be read as JSON of the contract: line 2, column 13"
    );
    let answer = grpc(server.address, SCORE, CANARY.as_bytes()).await;
    assert_eq!(answer.grpc_status().0, 3);
    assert!(!answer.everything().contains(CANARY));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_and_without_a_stated_length() {
    let limits = Limits {
        body_bytes_max: 2_000,
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    let call = with("system", json!(CANARY.repeat(1_000)));
    for path in ["/v1/score", SCORE] {
        let stated = post_json(server.address, path, call.to_string()).await;
        check(ErrorKind::BodyTooLarge, &stated);
        let chunked = post_chunked(server.address, path, call.to_string()).await;
        check(ErrorKind::BodyTooLarge, &chunked);
    }
    let message = encode("stillwatch.v1.Exchange", &call);
    let answer = grpc(server.address, SCORE, &message).await;
    assert_eq!(
        answer.grpc_status().0,
        ErrorKind::BodyTooLarge.row().code.grpc_code()
    );
}

#[tokio::test]
async fn http_is_checked_before_the_body() {
    let server = Running::start().await;
    let at = server.address;
    let body = exchange(CANARY).to_string();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonl",
        "",
    ] {
        let headers = [("content-type", content_type)];
        let answer = http1(at, Method::POST, "/v1/score", &headers, body.clone()).await;
        check(ErrorKind::UnsupportedMediaType, &answer);
    }
    let proto_type = [("content-type", "application/proto")];
    let answer = http1(at, Method::POST, "/v1/score", &proto_type, "").await;
    check(ErrorKind::UnsupportedMediaType, &answer);
    let with_charset = [("content-type", "application/json; charset=utf-8")];
    let answer = http1(at, Method::POST, "/v1/score", &with_charset, body.clone()).await;
    assert_eq!(answer.status, StatusCode::OK);

    for path in ["/v1/score", SCORE] {
        let answer = get(at, path).await;
        check(ErrorKind::MethodNotAllowed, &answer);
        assert_eq!(answer.header("allow"), Some("POST"));
    }
    let answer = post_json(at, "/readyz", "{}").await;
    check(ErrorKind::MethodNotAllowed, &answer);
    assert_eq!(answer.header("allow"), Some("GET"));

    for path in ["/", "/v1/nothing", "/no.such.Service/Method"] {
        check(ErrorKind::UnknownRoute, &get(at, path).await);
        check(
            ErrorKind::UnknownRoute,
            &post_json(at, path, body.clone()).await,
        );
    }
    for path in [
        "/no.such.Service/Method",
        "/stillwatch.v1.ScoringService/Method",
    ] {
        assert_eq!(
            grpc(at, path, b"").await.grpc_status().0,
            12,
            "UNIMPLEMENTED {path}"
        );
    }
    let answer = post_json(at, "/stillwatch.v1.ScoringService/Method", "{}").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["code"]),
        (404, &json!("unimplemented"))
    );
}

#[tokio::test]
async fn faults_of_the_scorer_are_internal_and_the_server_lives_on() {
    let server = Running::start().await;
    for account in ["fault", "panic"] {
        let answer = post_json(server.address, "/v1/score", exchange(account).to_string()).await;
        check(ErrorKind::Internal, &answer);
    }
    let answer = post_json(server.address, "/v1/score", exchange("a").to_string()).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[test]
fn the_table_has_one_row_a_kind() {
    let reasons: BTreeSet<&str> = ErrorKind::ALL
        .iter()
        .map(|kind| kind.row().reason)
        .collect();
    assert_eq!(reasons.len(), ErrorKind::ALL.len());
    for &kind in ErrorKind::ALL {
        let row = kind.row();
        assert!(
            row.reason
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        );
        assert_eq!(row.documentation, format!("errors#{}", row.reason));
        assert!((400..600).contains(&row.http_status), "{kind:?}");
        let own = u16::from(row.code.http_status());
        let http_alone = matches!(row.http_status, 404 | 405 | 413 | 415);
        assert!(own == row.http_status || http_alone, "{kind:?}: {own}");
        assert_eq!(
            row.retryable,
            matches!(row.http_status, 429 | 503 | 504),
            "{kind:?}"
        );
    }
}

#[test]
fn the_table_and_its_page_agree() {
    let page = include_str!("../../docs/errors.md");
    let headings: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    let reasons: Vec<&str> = ErrorKind::ALL
        .iter()
        .map(|kind| kind.row().reason)
        .collect();
    assert_eq!(headings, reasons, "one heading per row, in table order");
    for &kind in ErrorKind::ALL {
        let row = kind.row();
        let stated = format!(
            "## {}\n\nCode `{}`, HTTP {}, {}.\n\n",
            row.reason,
            row.code.as_str(),
            row.http_status,
            if row.retryable {
                "retryable"
            } else {
                "not retryable"
            },
        );
        assert!(page.contains(&stated), "docs/errors.md lacks: {stated}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Any bytes get an error of the table, never an internal error, never an echo.
    #[test]
    fn no_body_harms_the_server(noise in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..120) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let server = Running::start().await;
            let mut call = exchange(CANARY).to_string().into_bytes();
            call.truncate(cut);
            let mut message = encode("stillwatch.v1.Exchange", &exchange(CANARY));
            message.truncate(cut);
            for part in [&mut call, &mut message] {
                part.extend_from_slice(&noise);
            }
            let json = post_json(server.address, "/v1/score", call).await;
            prop_assert!(json.status.as_u16() == 400, "{}", json.everything());
            prop_assert!(!json.everything().contains(CANARY));
            let proto_type = [("content-type", "application/proto")];
            let proto = http2(server.address, SCORE, &proto_type, message.clone()).await;
            prop_assert!(proto.status.as_u16() < 500, "{}", proto.everything());
            let grpc = grpc(server.address, SCORE, &message).await;
            prop_assert!(matches!(grpc.grpc_status().0, 0 | 3), "{}", grpc.everything());
            Ok(())
        })?;
    }
}
