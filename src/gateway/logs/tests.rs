//! What formats read out of a record beyond what `docs/logs.md` shows, and what pieces become.

use super::{Field, Item, Joiner, LogOptions, format_named, read};
use crate::domain::{CallKind, Exchange, Role, Timestamp};
use crate::json::Node;
use crate::wire::json::LineError;
use crate::wire::parse_time;

fn options() -> LogOptions {
    LogOptions {
        received: Timestamp::from_micros(7_000_000),
        ..LogOptions::default()
    }
}

/// Reads lines as one log: exchanges and errors in the order in which they come out.
fn log(lines: &[&str], options: &LogOptions) -> Vec<Result<Exchange, LineError>> {
    let mut joiner = Joiner::default();
    let mut out = Vec::new();
    for line in lines {
        for item in read(&Node::read(line.as_bytes()).expect("JSON"), options) {
            match item {
                Item::Exchange(exchange, _) => out.push(Ok(*exchange)),
                Item::Bad(error) => out.push(Err(error)),
                Item::NotACall => {}
                Item::Part(part) => joiner.add((), part, |((), read)| out.push(read)),
            }
        }
    }
    joiner.finish(|((), read)| out.push(read));
    out
}

fn one(lines: &[&str]) -> Exchange {
    let mut read = log(lines, &options());
    assert_eq!(read.len(), 1, "{} exchanges", read.len());
    read.remove(0).expect("an exchange")
}

fn texts(exchange: &Exchange) -> Vec<(Role, &str)> {
    let messages = exchange.messages.iter();
    messages
        .map(|message| (message.role, message.content.expose().as_str()))
        .collect()
}

fn answer(exchange: &Exchange) -> Option<&str> {
    exchange
        .response
        .text
        .as_ref()
        .map(|text| text.expose().as_str())
}

const REQUEST: &str = r#"{"custom_id":"r-1","url":"/v1/chat/completions","body":{"model":"m","user":"u","messages":[{"role":"user","content":"ask"}]}}"#;
const ANSWER: &str = r#"{"custom_id":"r-1","response":{"status_code":200,"body":{"created":1793527200,"choices":[{"message":{"content":"said"}}]}},"error":null}"#;

#[test]
fn a_batch_is_joined_whichever_of_its_files_comes_first() {
    for lines in [[REQUEST, ANSWER], [ANSWER, REQUEST]] {
        let exchange = one(&lines);
        assert_eq!(exchange.account, "u");
        assert_eq!(exchange.id.as_deref(), Some("r-1"));
        assert_eq!(Some(exchange.time), parse_time("2026-11-01T10:00:00Z"));
        assert_eq!(
            (answer(&exchange), exchange.response.status),
            (Some("said"), Some(200))
        );
    }
    let alone = one(&[REQUEST]);
    assert_eq!((answer(&alone), alone.time), (None, options().received));
    let orphan = log(&[ANSWER], &options());
    assert!(matches!(orphan[..], [Err(LineError::NoContent { .. })]));
}

#[test]
fn the_same_ids_in_a_second_batch_are_other_calls() {
    let read = log(&[REQUEST, ANSWER, REQUEST, ANSWER], &options());
    assert_eq!(
        read.iter()
            .flatten()
            .filter(|exchange| answer(exchange).is_some())
            .count(),
        2
    );
    let unanswered = log(&[REQUEST, REQUEST, ANSWER], &options());
    let answers: Vec<_> = unanswered.iter().flatten().map(answer).collect();
    assert_eq!(answers, [None, Some("said")]);
}

#[test]
fn calls_that_wait_are_bounded_in_number() {
    let mut joiner = Joiner::default();
    let mut out = 0_usize;
    for n in 0..70_000 {
        let line = REQUEST.replace("r-1", &n.to_string());
        let node = Node::read(line.as_bytes()).expect("JSON");
        for item in read(&node, &options()) {
            if let Item::Part(part) = item {
                joiner.add(n, part, |(place, read)| {
                    assert_eq!(place, out, "the oldest goes first");
                    assert!(read.is_ok());
                    out += 1;
                });
            }
        }
    }
    assert_eq!(out, 70_000 - 65_536);
    joiner.finish(|_| out += 1);
    assert_eq!(out, 70_000);
}

#[test]
fn chunks_of_azure_are_one_text_in_any_order_and_however_they_are_cut() {
    let row = |sequence: u8, request: &str, answer: &str| {
        serde_json::json!({
            "CorrelationId": "c", "SequenceNumber": sequence, "ApimSubscriptionId": "s",
            "TimeGenerated": "2026-11-01T10:00:00.1234567Z",
            "RequestMessages": request, "ResponseMessages": answer,
        })
        .to_string()
    };
    let whole = r#"[{"role":"system","content":"be brief"},{"role":"user","content":"first half, second half"}]"#;
    let by_message = [
        row(
            0,
            r#"[{"role":"system","content":"be brief"},{"role":"user","content":"first half,"}]"#,
            "",
        ),
        row(
            1,
            r#"[{"role":"user","content":" second half"}]"#,
            r#"[{"role":"assistant","content":"said"}]"#,
        ),
    ];
    let by_bytes = [
        row(0, &whole[..40], ""),
        row(
            1,
            &whole[40..],
            r#"[{"role":"assistant","content":"said"}]"#,
        ),
    ];
    for rows in [by_message, by_bytes] {
        for rows in [[&rows[0], &rows[1]], [&rows[1], &rows[0]]] {
            let exchange = one(&rows.map(String::as_str));
            let expected = [
                (Role::System, "be brief"),
                (Role::User, "first half, second half"),
            ];
            assert_eq!(texts(&exchange), expected);
            assert_eq!(answer(&exchange), Some("said"));
            assert_eq!(exchange.account, "s");
        }
    }
}

#[test]
fn the_named_fields_win_and_a_record_without_them_keeps_its_own() {
    let line = r#"{"account":"own","time":"2026-11-01T10:00:00Z","model":"m","messages":[{"role":"user","content":"x"}],"t":{"who":"named","at":1793527201}}"#;
    let bare = line.replace("\"t\":", "\"u\":");
    let named = LogOptions {
        account: Some("t.who".parse::<Field>().expect("a field")),
        time: Some("t.at".parse::<Field>().expect("a field")),
        ..options()
    };
    let read = log(&[line, &bare], &named);
    let read: Vec<_> = read
        .iter()
        .flatten()
        .map(|e| (e.account.as_str(), Some(e.time)))
        .collect();
    assert_eq!(
        read,
        [
            ("named", parse_time("2026-11-01T10:00:01Z")),
            ("own", parse_time("2026-11-01T10:00:00Z")),
        ]
    );
}

#[test]
fn a_time_that_cannot_be_read_is_an_error_and_none_is_the_time_of_reading() {
    let line = |time: &str| {
        format!(
            r#"{{"account":"a","model":"m"{time},"messages":[{{"role":"user","content":"x"}}]}}"#
        )
    };
    assert_eq!(one(&[&line("")]).time, options().received);
    for time in [r#","time":"2026-11-01 10:00:00""#, r#","time":"soon""#] {
        let read = log(&[&line(time)], &options());
        let [Err(error)] = &read[..] else {
            panic!("{time} was read")
        };
        assert!(error.to_string().contains("`time`"), "{error}");
    }
    let zoned = LogOptions {
        zone: Some("-01:00".parse().expect("a zone")),
        ..options()
    };
    let read = log(&[&line(r#","time":"2026-11-01 10:00:00""#)], &zoned);
    let time = read[0].as_ref().ok().map(|exchange| exchange.time);
    assert_eq!(time, parse_time("2026-11-01T11:00:00Z"));
}

#[test]
fn bedrock_keeps_role_session_failure_and_streams() {
    let line = r#"{"schemaType":"ModelInvocationLog","timestamp":"2026-11-01T10:00:00Z","identity":{"arn":"arn:aws:sts::1:assumed-role/app/s-9"},"operation":"InvokeModelWithResponseStream","modelId":"m","input":{"inputBodyJson":{"system":"be brief","messages":[{"role":"user","content":[{"type":"text","text":"ask"}]}]}},"output":{"outputBodyJson":[{"type":"message_start","message":{"usage":{"input_tokens":8}}},{"type":"content_block_delta","delta":{"type":"text_delta","text":"sa"}},{"type":"content_block_delta","delta":{"type":"text_delta","text":"id"}},{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}]}}"#;
    let exchange = one(&[line]);
    assert_eq!(exchange.account, "arn:aws:sts::1:assumed-role/app");
    assert_eq!(
        exchange
            .session
            .as_ref()
            .map(|session| session.expose().as_str()),
        Some("s-9")
    );
    assert_eq!(
        texts(&exchange),
        [(Role::System, "be brief"), (Role::User, "ask")]
    );
    assert_eq!(answer(&exchange), Some("said"));
    assert_eq!(
        (
            exchange.response.input_tokens,
            exchange.response.output_tokens
        ),
        (Some(8), Some(2))
    );
    let throttled = line.replace(
        "\"modelId\"",
        "\"errorCode\":\"ThrottlingException\",\"modelId\"",
    );
    assert_eq!(one(&[&throttled]).response.status, Some(429));
    let elsewhere = line.replace("inputBodyJson", "inputBodyS3Path");
    let read = log(&[&elsewhere], &options());
    assert!(matches!(&read[..], [Err(LineError::NoContent { why, .. })] if why.contains("S3")));
}

#[test]
fn what_is_no_call_is_left_out_and_what_embeds_is_no_prompt() {
    let span = r#"{"trace_id":"t","type":"SPAN","input":"x","user_id":"u"}"#;
    let run = r#"{"run_type":"chain","inputs":{"messages":[]}}"#;
    assert!(log(&[span, run], &options()).is_empty());
    let embedding = REQUEST.replace("/v1/chat/completions", "/v1/embeddings");
    assert_eq!(one(&[&embedding]).kind, Some(CallKind::Embedding));
    let by_model = r#"{"model":"text-embedding-3-small","input":"x","user":"u"}"#;
    assert_eq!(one(&[by_model]).kind, Some(CallKind::Embedding));
}

#[test]
fn pages_of_an_api_are_read_record_by_record() {
    let page = format!(r#"{{"data":[{REQUEST},{ANSWER}],"has_more":false}}"#);
    assert_eq!(answer(&one(&[&page])), Some("said"));
    let list = format!("[{REQUEST},{ANSWER}]");
    assert_eq!(answer(&one(&[&list])), Some("said"));
}

#[test]
fn a_stated_format_is_the_only_one() {
    let stated = LogOptions {
        from: format_named("anthropic-batch"),
        ..options()
    };
    assert!(log(&[REQUEST], &stated).iter().all(Result::is_err));
    let own = LogOptions {
        from: format_named("stillwatch"),
        ..options()
    };
    assert!(matches!(
        log(&[REQUEST], &own)[..],
        [Err(LineError::Exchange(_))]
    ));
    assert_eq!(format_named("without-content"), None);
}
