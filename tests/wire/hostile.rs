//! Tests of the list of hostile inputs, `docs/hostile-inputs.md`: each row gets its documented answer, and the server
//! is alive after it.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use stillwatch::internals::server::Limits;
use stillwatch::internals::wire::ErrorKind;

use crate::client::{
    Answer, BATCH, GRPC, SCORE, STREAM, encode, frame, http1, http2, post_chunked, post_json,
};
use crate::fixture::{CANARY, Running, exchange};

const LIST: &str = include_str!("../../docs/hostile-inputs.md");

/// A hostile input and how it is sent.
enum Sent {
    /// JSON in a POST to a path.
    Json(&'static str, String),
    /// JSON in a POST without a content length.
    Chunked(&'static str, String),
    /// A method, path, content type and body.
    Raw(Method, &'static str, &'static str, Vec<u8>),
    /// The body of a gRPC request.
    Grpc(&'static str, Vec<u8>),
}

/// A row of the list: name, input and the expected error; `None` for success.
type Row = (&'static str, Sent, Option<ErrorKind>);

fn with(field: &str, value: Value) -> String {
    let mut call = exchange("acc-1");
    call[field] = value;
    call.to_string()
}

fn messages(count: usize) -> Value {
    json!(vec![json!({"role": "user", "content": CANARY}); count])
}

/// Returns the rows in the order of the document.
fn rows() -> Vec<Row> {
    use ErrorKind as Kind;
    use Sent::{Chunked, Grpc, Json, Raw};
    const SCORE_PLAIN: &str = "/v1/score";
    const LIST_ACCOUNTS: &str = "/stillwatch.v1.AccountService/ListAccounts";
    const GET_ACCOUNT: &str = "/stillwatch.v1.AccountService/GetAccount";
    const ACTIVATE: &str = "/stillwatch.v1.ModelService/ActivateModel";
    const SUBMIT: &str = "/stillwatch.v1.LabelService/SubmitLabel";
    let long = CANARY.repeat(100);
    let text = "x".repeat(LARGEST + 1);
    let message = |call: &str| {
        encode(
            "stillwatch.v1.Exchange",
            &serde_json::from_str(call).expect("JSON"),
        )
    };
    let mut torn = frame(&message(&exchange("a").to_string()));
    torn.truncate(torn.len() - 3);
    let mut boast = vec![0, 0xff, 0xff, 0xff, 0xff];
    boast.extend_from_slice(CANARY.as_bytes());
    vec![
        ("empty body", Json(SCORE_PLAIN, String::new()), Some(Kind::MalformedBody)),
        ("JSON cut short", Json(SCORE_PLAIN, format!("{{\"account\":\"{CANARY}\"")), Some(Kind::MalformedBody)),
        ("100,000 open brackets", Json(SCORE_PLAIN, "[".repeat(100_000)), Some(Kind::MalformedBody)),
        ("50,000 nested objects in an unknown field", Json(SCORE_PLAIN, format!("{{\"x\":{}1{}}}", "{\"a\":".repeat(50_000), "}".repeat(50_000))), Some(Kind::MalformedBody)),
        (
            "a list where the message belongs",
            Json(LIST_ACCOUNTS, "[null,null]".to_owned()),
            Some(Kind::MalformedBody),
        ),
        ("a number where text belongs", Json(SCORE_PLAIN, with("account", json!(7))), None),
        ("a number beyond its type", Json(SCORE_PLAIN, with("parameters", json!({"max_tokens": 1_u64 << 40}))), None),
        ("a lone surrogate", Json(SCORE_PLAIN, r#"{"account":"\ud800"}"#.to_owned()), Some(Kind::MissingField)),
        ("bytes that are no UTF-8", Raw(Method::POST, SCORE_PLAIN, "application/json", b"{\"account\":\"\xff\xfe\"}".to_vec()), Some(Kind::MissingField)),
        ("a field twice", Json(SCORE_PLAIN, "{\"account\":\"a\",\"account\":\"b\"}".to_owned()), Some(Kind::MissingField)),
        ("a NUL in a name", Json(SCORE_PLAIN, with("account", json!("a\0b"))), None),
        ("an unknown field", Json(SCORE_PLAIN, with("nonsense", json!(CANARY))), None),
        ("no messages", Json(SCORE_PLAIN, with("messages", json!([]))), Some(Kind::MissingField)),
        ("1,001 messages", Json(SCORE_PLAIN, with("messages", messages(1_001))), None),
        ("513 tools", Json(SCORE_PLAIN, with("tools", json!(vec![CANARY; 513]))), None),
        ("a name over 1,024 bytes", Json(SCORE_PLAIN, with("account", json!(long))), Some(Kind::OverBound)),
        ("text over the bound", Json(SCORE_PLAIN, with("system", json!(text))), None),
        ("257 exchanges in a batch", Json(BATCH, json!({"exchanges": vec![exchange("a"); 257]}).to_string()), Some(Kind::OverBound)),
        ("a time of the year 292277", Json(SCORE_PLAIN, with("time", json!("292277-01-01T00:00:00Z"))), Some(Kind::BadValue)),
        ("a temperature that is not a number", Json(SCORE_PLAIN, with("parameters", json!({"temperature": "NaN"}))), None),
        ("a role of the caller's own", Json(SCORE_PLAIN, with("messages", json!([{"role": CANARY}]))), None),
        ("a body over the limit, stated", Json(SCORE_PLAIN, with("system", json!("x".repeat(BODY)))), Some(Kind::BodyTooLarge)),
        ("a body over the limit, not stated", Chunked(SCORE_PLAIN, with("system", json!("x".repeat(BODY)))), Some(Kind::BodyTooLarge)),
        ("a content type of a form", Raw(Method::POST, SCORE_PLAIN, "application/x-www-form-urlencoded", b"account=a".to_vec()), Some(Kind::UnsupportedMediaType)),
        ("DELETE", Raw(Method::DELETE, SCORE_PLAIN, "application/json", Vec::new()), Some(Kind::MethodNotAllowed)),
        ("a path with dots", Raw(Method::POST, "/v1/../v1/score", "application/json", b"{}".to_vec()), Some(Kind::UnknownRoute)),
        ("a procedure in percent signs", Raw(Method::POST, "/stillwatch.v1.AccountService/%44eleteAccount", "application/json", b"{\"account\":\"acc-1\"}".to_vec()), Some(Kind::UnknownRoute)),
        ("protobuf cut short", Grpc(SCORE, frame(CANARY.as_bytes())), Some(Kind::MalformedBody)),
        ("a gRPC frame cut short", Grpc(SCORE, torn), Some(Kind::MalformedBody)),
        ("a gRPC frame that claims 4 GiB", Grpc(SCORE, boast.clone()), Some(Kind::BodyTooLarge)),
        ("a frame of a stream that claims 4 GiB", Grpc(STREAM, boast), Some(Kind::BodyTooLarge)),
        ("a stream message that is no protobuf", Grpc(STREAM, frame(CANARY.as_bytes())), Some(Kind::MalformedBody)),
        ("a page of 4 billion rows", Json(LIST_ACCOUNTS, json!({"page_size": u32::MAX}).to_string()), Some(Kind::OverBound)),
        ("a page token of the caller's own", Json(LIST_ACCOUNTS, json!({"page_token": CANARY}).to_string()), Some(Kind::BadValue)),
        ("a pseudonym that is none", Json(GET_ACCOUNT, json!({"pseudonym": CANARY}).to_string()), Some(Kind::BadValue)),
        ("a bundle named as a path", Json(ACTIVATE, json!({"bundle": "../../../etc/passwd@1"}).to_string()), Some(Kind::UnknownBundle)),
        ("a bundle with a NUL", Json(ACTIVATE, json!({"bundle": "default@2\0"}).to_string()), Some(Kind::UnknownBundle)),
        ("a label with a newline in its account", Json(SUBMIT, json!({"account": "a\n{}", "label": "benign"}).to_string()), None),
        ("a label of a pseudonym that is none", Json(SUBMIT, json!({"pseudonym": CANARY, "label": "benign"}).to_string()), Some(Kind::BadValue)),
        ("a label with a pseudonym for a name", Json(SUBMIT, json!({"account": "f".repeat(32), "label": "benign"}).to_string()), Some(Kind::BadValue)),
        ("a label of two accounts", Json(SUBMIT, json!({"account": "a", "pseudonym": "f".repeat(32), "label": "benign"}).to_string()), Some(Kind::MalformedBody)),
        ("a label of 11 techniques", Json(SUBMIT, json!({"account": "a", "label": "extraction", "techniques": vec!["safe_rewrite"; 11]}).to_string()), Some(Kind::OverBound)),
    ]
}

/// Maximum body size in these tests, in bytes.
const BODY: usize = 600_000;
/// Maximum text of one exchange in these tests, in bytes.
const LARGEST: usize = 300_000;

async fn send(server: &Running, sent: Sent) -> Answer {
    let at = server.address;
    match sent {
        Sent::Json(path, body) => post_json(at, path, body).await,
        Sent::Chunked(path, body) => post_chunked(at, path, body).await,
        Sent::Raw(method, path, kind, body) => {
            http1(at, method, path, &[("content-type", kind)], body).await
        }
        Sent::Grpc(path, body) => http2(at, path, &GRPC, body).await,
    }
}

#[tokio::test]
async fn every_hostile_input_has_its_answer() {
    let mut limits = Limits {
        body_bytes_max: BODY,
        ..Limits::default()
    };
    limits.bounds.text_bytes_max = LARGEST;
    let server = Running::with(limits).await;
    let mut wrong = Vec::new();
    for (name, sent, expected) in rows() {
        let grpc = matches!(sent, Sent::Grpc(..));
        let answer = send(&server, sent).await;
        let shown = answer.everything();
        let right = match expected {
            None => answer.status == StatusCode::OK,
            Some(kind) if grpc => answer.grpc_status().0 == kind.row().code.grpc_code(),
            Some(kind) => answer.status.as_u16() == kind.row().http_status,
        };
        if !right || (expected.is_some() && shown.contains(CANARY)) {
            wrong.push(format!("{name}: expected {expected:?}, got {shown}"));
        }
        let after = exchange("after").to_string();
        let after = post_json(server.address, "/v1/score", after).await;
        assert_eq!(after.status, StatusCode::OK, "alive after {name}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_list_and_the_document_agree() {
    let listed: Vec<&str> = LIST
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(2)
        .collect();
    let expected: Vec<String> = rows()
        .into_iter()
        .map(|(name, _, kind)| match kind {
            None => format!("| {name} | answered |"),
            Some(kind) => format!("| {name} | [`{0}`](errors.md#{0}) |", kind.row().reason),
        })
        .collect();
    assert_eq!(listed, expected);
}
