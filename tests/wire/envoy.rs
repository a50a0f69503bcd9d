//! Tests of external processing in Envoy's protocol: parts of a request and its response in one gRPC stream.

use std::num::NonZeroUsize;
use std::time::Duration;

use stillwatch::internals::domain::FinishReason;
use stillwatch::internals::server::Limits;

use crate::client::{Answer, GRPC, converse, frame, http2, post_json};
use crate::fixture::{CANARY, Running, exchange, pseudonymizer};

const PROCESS: &str = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";
const CALL: &str = r#"{"model":"m-1","messages":[{"role":"user","content":"hello"}]}"#;
const STREAMED_RESPONSE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// Field numbers of `ProcessingRequest`.
const REQUEST_HEADERS: u8 = 2;
const RESPONSE_HEADERS: u8 = 3;
const REQUEST_BODY: u8 = 4;
const RESPONSE_BODY: u8 = 5;

/// Encodes a field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut encoded = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length > 0x7f {
        encoded.push(length as u8 & 0x7f | 0x80);
        length >>= 7;
    }
    encoded.push(length as u8);
    encoded.extend_from_slice(bytes);
    encoded
}

/// Encodes headers as Envoy sends them, with values as bytes.
fn head(kind: u8, fields: &[(&str, &str)]) -> Vec<u8> {
    let value = |(name, value): &(&str, &str)| {
        let both = [field(1, name.as_bytes()), field(3, value.as_bytes())].concat();
        field(1, &both)
    };
    let fields: Vec<u8> = fields.iter().flat_map(value).collect();
    field(kind, &field(1, &fields))
}

fn request_head(account: &str) -> Vec<u8> {
    let mut fields = vec![
        (":method", "POST"),
        (":path", "/v1/chat/completions"),
        ("authorization", "Bearer sk-secret"),
        ("x-request-id", "id-1"),
    ];
    if !account.is_empty() {
        fields.push(("x-account-id", account));
    }
    head(REQUEST_HEADERS, &fields)
}

fn response_head() -> Vec<u8> {
    let fields = [(":status", "200"), ("content-type", "text/event-stream")];
    head(RESPONSE_HEADERS, &fields)
}

/// Encodes one part of a body, which may be the last.
fn body(kind: u8, bytes: &str, last: bool) -> Vec<u8> {
    let mut body = field(1, bytes.as_bytes());
    if last {
        body.extend([2 << 3, 1]);
    }
    field(kind, &body)
}

/// Returns a whole request of `account` and its response.
fn conversation(account: &str) -> Vec<Vec<u8>> {
    vec![
        request_head(account),
        body(REQUEST_BODY, CALL, true),
        response_head(),
        body(RESPONSE_BODY, STREAMED_RESPONSE, true),
    ]
}

async fn process(server: &Running, metadata: &[(&str, &str)], pieces: &[Vec<u8>]) -> Answer {
    let headers = [&GRPC[..], metadata].concat();
    let frames: Vec<u8> = pieces.iter().flat_map(|piece| frame(piece)).collect();
    http2(server.address, PROCESS, &headers, frames).await
}

/// Sends the server a request of `account` and its JSON response, like a filter in observability mode.
pub(crate) async fn shown(
    server: &Running,
    account: &str,
    call: &str,
    status: Option<u16>,
    answer: &str,
) {
    let status = status.map(|status| status.to_string());
    let mut fields = vec![("content-type", "application/json")];
    fields.extend(status.as_deref().map(|status| (":status", status)));
    let pieces = vec![
        request_head(account),
        body(REQUEST_BODY, call, true),
        head(RESPONSE_HEADERS, &fields),
        body(RESPONSE_BODY, answer, true),
    ];
    process(server, &[], &observed(pieces)).await;
}

/// Marks the parts as sent by a filter in observability mode.
fn observed(pieces: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let shown = |piece: Vec<u8>| [piece, vec![10 << 3, 1]].concat();
    pieces.into_iter().map(shown).collect()
}

fn frames(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    while let [0, a, b, c, d, rest @ ..] = bytes {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        frames.push(&rest[..length]);
        bytes = &rest[length..];
    }
    assert!(bytes.is_empty());
    frames
}

const ENFORCE: [(&str, &str); 1] = [("x-stillwatch-enforce", "restrict")];

#[tokio::test]
async fn an_observing_filter_is_scored_and_not_answered() {
    let server = Running::start().await;
    let answer = process(&server, &ENFORCE, &observed(conversation("acc-1"))).await;
    assert_eq!(answer.grpc_status().0, 0);
    assert!(answer.body.is_empty());
    let exchange = server.fake.counted(1).await.remove(0);
    assert_eq!((&*exchange.account, &*exchange.model), ("acc-1", "m-1"));
    assert_eq!(exchange.id.as_deref(), Some("id-1"));
    assert_eq!(exchange.messages[0].content.expose(), "hello");
    let response = &exchange.response;
    assert_eq!(
        (response.status, response.finish_reason),
        (Some(200), Some(FinishReason::Stop))
    );
    assert_eq!(
        response.text.as_ref().map(|text| text.expose().as_str()),
        Some("hi")
    );
}

#[tokio::test]
async fn a_filter_that_waits_is_told_to_continue_after_every_part() {
    let server = Running::start().await;
    let answer = process(&server, &[], &conversation("")).await;
    assert_eq!(answer.grpc_status().0, 0);
    // Fields 1, 3, 2, 4 of `ProcessingResponse`, all empty: nothing is altered.
    let expected: [&[u8]; 4] = [&[0x0a, 0], &[0x1a, 0], &[0x12, 0], &[0x22, 0]];
    assert_eq!(frames(&answer.body), expected);
    let exchange = server.fake.counted(1).await.remove(0);
    assert_eq!(
        exchange.account,
        pseudonymizer().credential(b"Bearer sk-secret"),
        "a digest of the whole value"
    );
}

#[tokio::test]
async fn another_header_may_hold_the_secret() {
    let server = Running::start().await;
    let fields = [
        (":method", "POST"),
        (":path", "/v1/messages"),
        ("x-api-key", CANARY),
    ];
    let pieces = [
        head(REQUEST_HEADERS, &fields),
        body(REQUEST_BODY, CALL, true),
    ];
    let metadata = [("x-stillwatch-credential-header", "X-Api-Key")];
    process(&server, &metadata, &pieces).await;
    // The client disconnected before the response, but the request was made and counts.
    let exchange = server.fake.counted(1).await.remove(0);
    assert_eq!(
        exchange.account,
        pseudonymizer().credential(CANARY.as_bytes())
    );
    assert_eq!(exchange.response.status, None);
}

#[tokio::test]
async fn restricted_accounts_are_declined_only_where_the_filter_asks_for_it() {
    let server = Running::start().await;
    let passed = process(&server, &[], &conversation("restricted")).await;
    assert_eq!(frames(&passed.body).len(), 4);
    server.fake.counted(1).await;
    for account in ["nobody", "acc-1"] {
        let passed = process(&server, &ENFORCE, &conversation(account)).await;
        assert_eq!(frames(&passed.body).len(), 4);
    }
    server.fake.counted(3).await;

    let declined = process(&server, &ENFORCE, &conversation("restricted")).await;
    assert_eq!(declined.grpc_status().0, 0);
    let answers = frames(&declined.body);
    let [answer] = answers[..] else {
        panic!("{answers:?}");
    };
    // Field 7, `immediate_response`; its field 1, `status`, has 403 in field 1.
    assert_eq!(answer[0], 7 << 3 | 2);
    let status = [0x0a, 3, 0x08, 0x93, 0x03];
    assert!(answer.windows(status.len()).any(|window| window == status));
    let text = String::from_utf8_lossy(answer);
    let reference = pseudonymizer().reference("restricted");
    assert!(text.contains(&format!("Reference: {reference}")), "{text}");
    for secret in ["risk", "band", "severe", "0.5", "sk-secret"] {
        assert!(!text.contains(secret), "{text}");
    }
    let whole = exchange("after").to_string();
    post_json(server.address, "/v1/score", whole).await;
    let counted = server.fake.counted(4).await;
    assert_eq!(
        counted[3].account, "after",
        "a declined request is not counted"
    );
}

#[tokio::test]
async fn requests_other_than_chat_are_released_at_their_headers() {
    let server = Running::start().await;
    let fields = [
        (":method", "POST"),
        (":path", "/v1/embeddings"),
        ("x-account-id", "restricted"),
    ];
    let pieces = [
        head(REQUEST_HEADERS, &fields),
        body(REQUEST_BODY, CALL, true),
    ];
    let answer = process(&server, &ENFORCE, &pieces).await;
    assert_eq!(
        frames(&answer.body),
        [&[0x0a, 0]],
        "one answer, then the stream ends"
    );
    let answer = process(&server, &[], &observed(pieces.to_vec())).await;
    assert_eq!((answer.grpc_status().0, answer.body.len()), (0, 0));
}

#[tokio::test]
async fn a_body_over_the_bound_is_counted_with_what_was_kept() {
    let limits = Limits {
        body_bytes_max: 200_000,
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    let picture = "x".repeat(300_000);
    let call = format!(
        r#"{{"model":"m-1","picture":"{picture}","messages":[{{"role":"user","content":"hello"}}]}}"#
    );
    // Envoy sends bodies in chunks, each a message of its own.
    let mut pieces = vec![request_head("acc-1")];
    let mut rest = call.as_str();
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(rest.len().min(50_000));
        pieces.push(body(REQUEST_BODY, chunk, after.is_empty()));
        rest = after;
    }
    pieces.push(head(RESPONSE_HEADERS, &[(":status", "200")]));
    pieces.push(body(RESPONSE_BODY, "{}", true));
    process(&server, &[], &observed(pieces)).await;
    let exchange = server.fake.counted(1).await.remove(0);
    assert_eq!(exchange.messages[0].content.expose(), "hello");
    assert!(exchange.truncated);
}

/// Anybody can make up a credential; only a name that the operator gives is an account that failed.
#[tokio::test]
async fn refused_credentials_leave_no_account() {
    let server = Running::start().await;
    shown(&server, "", CALL, Some(401), "{}").await;
    shown(&server, "acc-1", CALL, Some(401), "{}").await;
    shown(&server, "", CALL, Some(200), "{}").await;
    let counted = server.fake.counted(2).await;
    let statuses: Vec<_> = counted
        .iter()
        .map(|exchange| exchange.response.status)
        .collect();
    assert_eq!(statuses, [Some(401), Some(200)]);
    assert_eq!(counted[0].account, "acc-1");
}

#[tokio::test]
async fn a_filter_never_waits_for_a_worker() {
    let limits = Limits {
        workers: NonZeroUsize::MIN,
        queue_depth_max: 0,
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    let at = server.address;
    let call = exchange("slow").to_string();
    let slow = tokio::spawn(async move { post_json(at, "/v1/score", call).await });
    server.fake.begun(1).await;
    for _ in 0..5 {
        let answer = process(&server, &[], &conversation("shown")).await;
        assert_eq!(frames(&answer.body).len(), 4);
    }
    server.fake.release();
    assert!(slow.await.expect("no panic").status.is_success());
    // Exchanges received while there was no queue slot are lost; later ones are scored.
    while server
        .fake
        .counted(1)
        .await
        .iter()
        .all(|exchange| exchange.account != "later")
    {
        process(&server, &[], &conversation("later")).await;
    }
}

/// Streams are cut at the end of the grace period, while the only worker is busy and the queue is full.
#[tokio::test]
async fn exchanges_received_before_a_drain_are_scored_before_the_server_ends() {
    let limits = Limits {
        workers: NonZeroUsize::MIN,
        queue_depth_max: 0,
        shutdown_grace_period: Duration::from_millis(20),
        ..Limits::default()
    };
    let mut server = Running::with(limits).await;
    let at = server.address;
    let mut open = Vec::new();
    for account in ["acc-1", "acc-2", "slow", "acc-3"] {
        let (sender, mut responses) = converse(at, PROCESS, &GRPC).await;
        for piece in &conversation(account)[..3] {
            sender.send(piece.clone()).expect("open");
            responses.next().await.expect("the piece is taken");
        }
        open.push((sender, responses));
    }
    server.stop();
    let fake = server.fake.clone();
    let stopped = tokio::spawn(server.stopped());
    fake.begun(1).await;
    fake.release();
    stopped.await.expect("no panic");
    let counted = fake.counted(0).await;
    let mut accounts: Vec<&str> = counted.iter().map(|one| one.account.as_str()).collect();
    accounts.sort_unstable();
    assert_eq!(accounts, ["acc-1", "acc-2", "acc-3", "slow"]);
}

#[tokio::test]
async fn noise_ends_the_stream_and_harms_nobody() {
    let server = Running::start().await;
    let noise = [
        vec![0xff; 40],
        Vec::new(),
        field(60, b"unknown"),
        field(REQUEST_HEADERS, &[0xff, 0xff]),
        body(RESPONSE_BODY, "before any head", true),
    ];
    for piece in noise {
        let answer = process(&server, &[], &[piece, request_head(CANARY)]).await;
        assert!(answer.grpc_status().0 < 16, "{}", answer.everything());
        assert!(!answer.everything().contains(CANARY));
    }
    process(&server, &[], &conversation("acc-1")).await;
    assert_eq!(server.fake.counted(1).await[0].account, "acc-1");
}
