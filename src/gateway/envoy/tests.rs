//! Properties of a capture: the same exchange however bodies are split into chunks, and bounded memory without panic
//! for any bytes.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::{FinishReason, Role};

const CALL: &str = r#"{"model":"m-1","system":[{"type":"text","text":"be brief"}],"max_tokens":64,"temperature":0.5,"stream":true,
    "tools":[{"type":"function","function":{"name":"search"}},{"name":"run","input_schema":{}}],
    "messages":[{"role":"developer","content":"d"},
                {"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}},{"type":"text","text":"b"}]},
                {"role":"assistant","content":null,"tool_calls":[{"id":"t"}]},
                {"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"r"}]}, 7, "said of a result"]}]}"#;

const HEAD: [(&str, &str); 5] = [
    (":method", "POST"),
    (":path", "/prefix/v1/chat/completions?x=/y"),
    ("authorization", "Bearer sk-secret"),
    ("user-agent", "agent/1"),
    ("x-request-id", "id-1"),
];

fn fields<'a>(head: &'a [(&'a str, &'a str)]) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    head.iter().map(|(name, value)| (*name, value.as_bytes()))
}

fn capture(head: &[(&str, &str)]) -> ExchangeCapture {
    let mut capture = ExchangeCapture::within(1024 * 1024);
    capture.request_head(fields(head), "authorization", &Bounds::STANDARD);
    capture
}

fn answered(kind: &str, answer: &[u8], cuts: &[usize]) -> Exchange {
    let mut capture = capture(&HEAD);
    pieces(CALL.as_bytes(), cuts).for_each(|piece| capture.request_body(piece));
    capture.response_head(fields(&[(":status", "200"), ("content-type", kind)]));
    pieces(answer, cuts).for_each(|piece| capture.response_body(piece));
    only(capture)
}

/// Returns the one exchange of a capture.
fn only(capture: ExchangeCapture) -> Exchange {
    let time = Timestamp::from_micros(7);
    let mut calls = capture.exchanges("acc", time, &Bounds::STANDARD);
    assert_eq!(calls.len(), 1);
    calls.remove(0).exchange
}

fn pieces<'a>(bytes: &'a [u8], cuts: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.push(bytes.len());
    cuts.sort_unstable();
    let mut from = 0;
    cuts.into_iter().map(move |to| {
        let piece = &bytes[from..to];
        from = to;
        piece
    })
}

/// The parts of an exchange that the tests compare.
fn shown(exchange: &Exchange) -> String {
    let messages: Vec<_> = exchange
        .messages
        .iter()
        .map(|m| (m.role, m.content.expose()))
        .collect();
    let response = &exchange.response;
    let text = response.text.as_ref().map(|text| text.expose().as_str());
    let tokens = (response.input_tokens, response.output_tokens);
    format!(
        "{:?} {} {:?} {messages:?} {:?} {:?} {text:?} {:?} {:?} {tokens:?}",
        exchange.id,
        exchange.model,
        exchange.system.as_ref().map(|text| text.expose().as_str()),
        exchange
            .tools
            .iter()
            .map(|tool| &tool.name)
            .collect::<Vec<_>>(),
        exchange.parameters.max_tokens,
        response.finish_reason,
        response.status,
    )
}

fn openai_stream() -> String {
    let delta = |text: &str| json!({"model": "m-1", "choices": [{"delta": {"content": text}}]});
    let last = json!({"choices": [{"delta": {}, "finish_reason": "length"}]});
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}});
    format!(
        ": comment\n\ndata: {}\r\n\r\ndata: {}\n\ndata:{last}\n\ndata: {usage}\n\ndata: [DONE]\n\n",
        delta("Hé"),
        delta("llo")
    )
}

fn anthropic_stream() -> String {
    let events = [
        json!({"type": "message_start", "message": {"model": "m-1", "usage": {"input_tokens": 3, "output_tokens": 1}}}),
        json!({"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "hm"}}),
        json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hé"}}),
        json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "llo"}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 2}}),
    ];
    let lines = events
        .iter()
        .map(|event| format!("event: x\ndata: {event}\n\n"));
    lines.collect()
}

#[test]
fn four_forms_of_an_answer_give_one_exchange() {
    let openai = json!({"model": "m-1", "usage": {"prompt_tokens": 3, "completion_tokens": 2},
        "choices": [{"message": {"content": "Héllo"}, "finish_reason": "length"}]});
    let anthropic = json!({"model": "m-1", "usage": {"input_tokens": 3, "output_tokens": 2}, "stop_reason": "max_tokens",
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Héllo"}]});
    let expected = answered("application/json", openai.to_string().as_bytes(), &[]);
    assert_eq!(
        expected.messages.len(),
        5,
        "what a tool returned is one of its own"
    );
    assert_eq!(expected.messages[0].role, Role::System);
    assert_eq!(expected.messages[1].content.expose(), "a\nb");
    assert_eq!(expected.messages[2].content.expose(), "");
    assert_eq!(
        (
            expected.messages[3].role,
            expected.messages[3].content.expose().as_str()
        ),
        (Role::Tool, "r")
    );
    assert_eq!(expected.messages[4].content.expose(), "said of a result");
    let tools: Vec<&str> = expected.tools.iter().map(|tool| &*tool.name).collect();
    assert_eq!(tools, ["search", "run"]);
    assert_eq!(
        expected.system.as_ref().map(|s| s.expose().as_str()),
        Some("be brief")
    );
    assert_eq!(expected.response.finish_reason, Some(FinishReason::Length));
    for (kind, answer) in [
        ("application/json; charset=utf-8", anthropic.to_string()),
        ("text/event-stream", openai_stream()),
        ("Text/Event-Stream;x", anthropic_stream()),
    ] {
        let exchange = answered(kind, answer.as_bytes(), &[]);
        assert_eq!(shown(&exchange), shown(&expected), "{kind}");
    }
}

/// What Python and JavaScript clients send and Python's upstreams accept: each is counted, with its words.
#[test]
fn bodies_that_models_accept_are_read() {
    let fields = [
        r#""max_tokens":"512""#,
        r#""max_tokens":-1"#,
        r#""max_tokens":512.0"#,
        r#""temperature":"0.7""#,
        r#""n":1.0"#,
        r#""logprobs":5"#,
        r#""response_format":"json_object""#,
        r#""reasoning_effort":1"#,
        r#""tools":{}"#,
        r#""tools":["f"]"#,
        r#""model":5"#,
        r#""n":1,"n":1"#,
        r#""x":NaN"#,
        r#""x":"\ud83d""#,
    ];
    let mut bodies: Vec<Vec<u8>> = fields
        .iter()
        .map(|field| {
            format!(r#"{{"messages":[{{"role":"user","content":"hi"}}],{field}}}"#).into_bytes()
        })
        .collect();
    let plain = r#"{"messages":[{"role":"user","content":"hi"}]}"#.as_bytes();
    bodies.push([b"\xef\xbb\xbf", plain].concat());
    bodies.push([plain, b"\0"].concat());
    bodies.push(
        br#"{"messages":[{"role":"user","content":"hi"}],"x":"?"}"#
            .map(|byte| if byte == b'?' { 0xff } else { byte })
            .to_vec(),
    );
    for body in bodies {
        let mut capture = capture(&HEAD);
        capture.request_body(&body);
        let exchange = only(capture);
        let shown = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(exchange.messages.len(), 1, "{shown}");
        assert_eq!(exchange.messages[0].content.expose(), "hi", "{shown}");
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, plain).expect("in memory");
    let head = [&HEAD[..], &[("content-encoding", "gzip")]].concat();
    let mut capture = capture(&head);
    capture.request_body(&packed.finish().expect("in memory"));
    assert_eq!(only(capture).messages[0].content.expose(), "hi");
}

#[test]
fn what_cannot_be_read_is_counted_with_its_reason() {
    let long = format!(r#"{{"messages":[{}"x"]}}"#, r#""x","#.repeat(300_000));
    for (body, unread, truncated) in [
        ("{\"messages\":", Some(Unread::Malformed), false),
        ("{\"model\":\"m\"}", Some(Unread::NoMessages), false),
        (&*long, None, true),
    ] {
        let mut capture = capture(&HEAD);
        capture.request_body(body.as_bytes());
        let calls = capture.exchanges("acc", Timestamp::from_micros(7), &Bounds::STANDARD);
        assert_eq!(calls[0].unread, unread);
        assert_eq!(calls[0].exchange.truncated, truncated);
        assert_eq!(calls[0].exchange.account, "acc");
    }
}

#[test]
fn each_request_of_a_batch_is_an_exchange() {
    let ask = |text: &str| json!({"model": "m", "messages": [{"role": "user", "content": text}]});
    let anthropic = json!({"requests": [{"custom_id": "1", "params": ask("a")}, {"custom_id": "2", "params": ask("b")}]});
    let mut head = HEAD;
    head[1].1 = "/v1/messages/batches";
    let mut capture = capture(&head);
    capture.request_body(anthropic.to_string().as_bytes());
    let calls = capture.exchanges("acc", Timestamp::from_micros(7), &Bounds::STANDARD);
    let texts: Vec<&str> = calls
        .iter()
        .map(|call| call.exchange.messages[0].content.expose().as_str())
        .collect();
    assert_eq!(texts, ["a", "b"]);
    assert_eq!(calls[1].exchange.id.as_deref(), Some("id-1-1"));
}

#[test]
fn a_refused_credential_without_a_name_is_a_stranger() {
    let named = [&HEAD[..], &[("x-account-id", "acc-1")]].concat();
    for (head, status, stranger) in [
        (&HEAD[..], "401", true),
        (&HEAD[..], "403", true),
        (&HEAD[..], "429", false),
        (&HEAD[..], "200", false),
        (&named[..], "401", false),
    ] {
        let mut capture = capture(head);
        capture.response_head(fields(&[(":status", status)]));
        assert_eq!(capture.is_refused_stranger(), stranger, "{status}");
    }
}

#[test]
fn streams_of_responses_and_gemini_are_read_with_their_refusals() {
    let responses = [
        json!({"type": "response.created", "response": {"model": "m-2", "output": []}}),
        json!({"type": "response.output_text.delta", "delta": "He"}),
        json!({"type": "response.output_text.delta", "delta": "llo"}),
        json!({"type": "response.output_text.done", "text": "Hello"}),
        json!({"type": "response.refusal.delta", "delta": "No"}),
        json!({"type": "response.incomplete", "response": {"model": "m-2", "incomplete_details": {"reason": "max_output_tokens"},
            "output": [{"content": [{"type": "output_text", "text": "Hello"}]}], "usage": {"input_tokens": 3, "output_tokens": 2}}}),
    ];
    let gemini = [
        json!({"modelVersion": "m-2", "candidates": [{"content": {"parts": [{"text": "He"}]}}]}),
        json!({"candidates": [{"content": {"parts": [{"text": "llo"}]}, "finishReason": "MAX_TOKENS"}],
            "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2}}),
    ];
    let lines = |events: &[serde_json::Value]| -> String {
        let events = events.iter().map(|event| format!("data: {event}\n\n"));
        events.collect::<Vec<_>>().concat()
    };
    for (kind, answer, refused) in [
        ("text/event-stream", lines(&responses), Some(true)),
        ("text/event-stream", lines(&gemini), None),
        ("application/json", json!(gemini).to_string(), None),
    ] {
        let response = answered(kind, answer.as_bytes(), &[]).response;
        assert_eq!(
            response.text.as_ref().map(|text| text.expose().as_str()),
            Some("Hello")
        );
        assert_eq!(response.finish_reason, Some(FinishReason::Length));
        assert_eq!(
            (response.input_tokens, response.output_tokens),
            (Some(3), Some(2))
        );
        assert_eq!(response.refused, refused);
    }
    let anthropic = [
        json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "No."}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_details": {"category": "reasoning_extraction"}}}),
    ];
    let response = answered("text/event-stream", lines(&anthropic).as_bytes(), &[]).response;
    assert_eq!(
        response.refusal_category.as_deref(),
        Some("reasoning_extraction")
    );
    assert_eq!(
        (response.refused, response.finish_reason),
        (Some(true), Some(FinishReason::ContentFilter))
    );
}

#[test]
fn only_chats_of_known_callers_are_gathered() {
    assert!(capture(&HEAD).worthwhile());
    let mut anonymous = HEAD;
    anonymous[2].0 = "x-other";
    assert!(!capture(&anonymous).worthwhile());
    for (path, chat) in [
        ("/v1/messages", true),
        ("/v1/messages?beta=true", true),
        ("/v1/messages/count_tokens", false),
        ("/v1/models", false),
        ("", false),
    ] {
        let mut head = HEAD;
        head[1].1 = path;
        assert_eq!(capture(&head).worthwhile(), chat, "{path}");
    }
    let mut head = HEAD;
    head[0].1 = "GET";
    assert!(!capture(&head).worthwhile());
}

#[test]
fn the_operators_name_for_an_account_goes_before_its_secret() {
    let named = [&HEAD[..], &[("x-account-id", "acc-1")]].concat();
    assert!(matches!(capture(&named).caller(), Some(Caller::Named(name)) if name == "acc-1"));
    let long = "x".repeat(2_000);
    for unusable in ["", &long] {
        let head = [&HEAD[..], &[("x-account-id", unusable)]].concat();
        assert!(matches!(
            capture(&head).caller(),
            Some(Caller::Credential(_))
        ));
    }
}

#[test]
fn a_packed_or_endless_answer_is_counted_without_its_text() {
    let mut capture = capture(&HEAD);
    capture.request_body(CALL.as_bytes());
    capture.response_head(fields(&[
        (":status", "503"),
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ]));
    capture.response_body(b"\x1f\x8b");
    let response = only(capture).response;
    assert_eq!(
        (response.status, response.text.is_none()),
        (Some(503), true)
    );

    for kind in ["application/json", "text/event-stream"] {
        let mut capture = super::ExchangeCapture::default();
        capture.response_head(fields(&[("content-type", kind)]));
        for _ in 0..3_000 {
            capture.response_body(&[b'x'; 1_024]);
            assert!(capture.held() <= 1024 * 1024 + 64 * 1024);
        }
        let event = format!(
            "\ndata: {}\n",
            json!({"delta": {"text": "y".repeat(60_000)}})
        );
        for _ in 0..100 {
            capture.response_body(event.as_bytes());
            assert!(capture.held() <= 320 * 1024 + 1024 * 1024);
        }
    }
}

proptest! {
    #[test]
    fn however_bodies_are_cut_the_exchange_is_the_same(cuts in prop::collection::vec(any::<usize>(), 0..12)) {
        for stream in [openai_stream(), anthropic_stream()] {
            let whole = answered("text/event-stream", stream.as_bytes(), &[]);
            let cut = answered("text/event-stream", stream.as_bytes(), &cuts);
            prop_assert_eq!(shown(&cut), shown(&whole));
        }
    }

    #[test]
    fn no_bytes_panic(
        request in prop::collection::vec(any::<u8>(), 0..200),
        answer in "(data: ?)?[\\[\\]{}\",:a-z0-9\\n]{0,200}",
        cut in 0..CALL.len(),
        stream: bool,
    ) {
        for body in [&request[..], &CALL.as_bytes()[..cut]] {
            let mut capture = capture(&HEAD);
            capture.request_body(body);
            let kind = if stream { "text/event-stream" } else { "application/json" };
            capture.response_head(fields(&[(":status", "200"), ("content-type", kind)]));
            capture.response_body(answer.as_bytes());
            prop_assert!(only(capture).messages.is_empty(), "counted, without messages");
        }
    }
}
