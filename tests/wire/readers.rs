//! Tests that all input formats agree: an exchange in the spelling of any provider, in every supported format, becomes
//! the same exchange.

use proptest::prelude::*;
use serde_json::{Value, json};
use stillwatch::internals::domain::{Exchange, FinishReason, ResponseFormat, Role};
use stillwatch::internals::wire::json::FromLine;

use crate::client::{SCORE, encode, grpc, http1, post_json};
use crate::envoy::shown;
use crate::fixture::{CANARY, Running, exchange};

const ROLES: [(&str, Role); 7] = [
    ("system", Role::System),
    ("developer", Role::System),
    ("user", Role::User),
    ("assistant", Role::Assistant),
    ("model", Role::Assistant),
    ("tool", Role::Tool),
    ("function", Role::Tool),
];
const FINISH_REASONS: [(&str, FinishReason); 13] = [
    ("stop", FinishReason::Stop),
    ("end_turn", FinishReason::Stop),
    ("stop_sequence", FinishReason::Stop),
    ("length", FinishReason::Length),
    ("max_tokens", FinishReason::Length),
    ("tool_calls", FinishReason::ToolCalls),
    ("tool_call", FinishReason::ToolCalls),
    ("tool_use", FinishReason::ToolCalls),
    ("function_call", FinishReason::ToolCalls),
    ("content_filter", FinishReason::ContentFilter),
    ("refusal", FinishReason::ContentFilter),
    ("safety", FinishReason::ContentFilter),
    ("boredom", FinishReason::Other),
];
const RESPONSE_FORMATS: [(&str, ResponseFormat); 5] = [
    ("text", ResponseFormat::Text),
    ("json_object", ResponseFormat::JsonObject),
    ("json", ResponseFormat::JsonObject),
    ("json_schema", ResponseFormat::JsonSchema),
    ("regex", ResponseFormat::Other),
];

/// The content of an exchange; `None` for a field that is absent or that a format cannot carry.
#[derive(Clone, Debug, PartialEq)]
struct Meaning {
    messages: Vec<(Role, String)>,
    response_format: Option<ResponseFormat>,
    temperature: Option<f32>,
    max_tokens: Option<u32>,
    n: Option<u32>,
    logprobs: Option<bool>,
    answer: Option<String>,
    finish_reason: Option<FinishReason>,
    status: Option<u16>,
    tokens: [Option<u64>; 2],
}

impl Meaning {
    fn of(exchange: &Exchange) -> Self {
        let messages = exchange.messages.iter();
        let (parameters, response) = (&exchange.parameters, &exchange.response);
        Self {
            messages: messages
                .map(|message| (message.role, message.content.expose().clone()))
                .collect(),
            response_format: parameters.response_format,
            temperature: parameters.temperature,
            max_tokens: parameters.max_tokens,
            n: parameters.n,
            logprobs: parameters.logprobs,
            answer: response.text.as_ref().map(|text| text.expose().clone()),
            finish_reason: response.finish_reason,
            status: response.status,
            tokens: [response.input_tokens, response.output_tokens],
        }
    }
}

/// An exchange as written: its meaning, and the spelling of its names.
#[derive(Clone, Debug)]
struct Written {
    meaning: Meaning,
    messages: Value,
    response_format: String,
    finish_reason: String,
}

/// Generates one of `names` in mixed case, perhaps padded with spaces, with its meaning.
fn spelt<T: Copy + std::fmt::Debug + 'static>(
    names: &'static [(&'static str, T)],
) -> impl Strategy<Value = (String, T)> {
    let spelling = (prop::sample::select(names), any::<u32>(), any::<bool>());
    spelling.prop_map(|((name, meaning), capitals, padded)| {
        let letters = name.chars().enumerate().map(|(index, letter)| {
            let capital = capitals >> (index % 32) & 1 == 1;
            if capital {
                letter.to_ascii_uppercase()
            } else {
                letter
            }
        });
        let word: String = letters.collect();
        (if padded { format!(" {word} ") } else { word }, meaning)
    })
}

/// Generates a message as written, with its role and text.
fn any_message() -> impl Strategy<Value = (Value, (Role, String))> {
    const TEXT: [(&str, ()); 3] = [("text", ()), ("input_text", ()), ("output_text", ())];
    let texts = prop::collection::vec("[a-zé\" ]{1,9}", 1..4);
    (spelt(&ROLES), texts, spelt(&TEXT), 0..3).prop_map(
        |((role, speaker), texts, (kind, ()), form)| {
            let text = texts.join("\n");
            let content = match form {
                0 => json!(text),
                1 => json!(texts),
                _ => {
                    let text = |text: &String| json!({"type": kind, "text": text});
                    let mut parts: Vec<Value> = texts.iter().map(text).collect();
                    parts.insert(0, json!({"type": "image_url", "image_url": {"url": "u"}}));
                    json!(parts)
                }
            };
            (json!({"role": role, "content": content}), (speaker, text))
        },
    )
}

prop_compose! {
    fn any_written()(
        messages in prop::collection::vec(any_message(), 1..4),
        (response_format, format) in spelt(&RESPONSE_FORMATS),
        (finish_reason, reason) in spelt(&FINISH_REASONS),
        temperature in prop::sample::select(vec![0.0_f32, 0.5, 1.0, 100.0]),
        max_tokens in 0_u32..,
        n in 1_u32..,
        logprobs: bool,
        answer in "[a-z]{1,9}",
        status in 100_u16..=999,
        tokens: [u32; 2],
    ) -> Written {
        let (messages, text): (Vec<Value>, Vec<(Role, String)>) = messages.into_iter().unzip();
        Written {
            messages: json!(messages),
            response_format,
            finish_reason,
            meaning: Meaning {
                messages: text,
                response_format: Some(format),
                temperature: Some(temperature),
                max_tokens: Some(max_tokens),
                n: Some(n),
                logprobs: Some(logprobs),
                answer: Some(answer),
                finish_reason: Some(reason),
                status: Some(status),
                tokens: tokens.map(|count| Some(u64::from(count))),
            },
        }
    }
}

impl Written {
    /// Returns a line of a traffic log, which is also a request body of the API.
    fn line(&self) -> Value {
        let meaning = &self.meaning;
        let mut line = exchange("acc-1");
        line["messages"] = self.messages.clone();
        line["parameters"] = json!({
            "temperature": meaning.temperature, "max_tokens": meaning.max_tokens, "n": meaning.n,
            "response_format": self.response_format, "logprobs": meaning.logprobs,
        });
        line["response"] = json!({
            "text": meaning.answer, "finish_reason": self.finish_reason, "status": meaning.status,
            "input_tokens": meaning.tokens[0], "output_tokens": meaning.tokens[1],
        });
        line
    }

    /// Returns the line with contents as plain text, as in protobuf.
    fn plain_line(&self) -> Value {
        let mut line = self.line();
        for (place, (_, text)) in self.meaning.messages.iter().enumerate() {
            line["messages"][place]["content"] = json!(text);
        }
        line
    }

    /// Returns the body of a request to a chat API.
    fn asked(&self) -> Value {
        let meaning = &self.meaning;
        json!({
            "model": "m", "messages": self.messages, "temperature": meaning.temperature,
            "max_completion_tokens": meaning.max_tokens, "n": meaning.n, "logprobs": meaning.logprobs,
            "response_format": {"type": self.response_format},
        })
    }

    /// Returns the body of the chat API's response.
    fn answered(&self) -> Value {
        let meaning = &self.meaning;
        json!({
            "choices": [{"finish_reason": self.finish_reason, "message": {"content": meaning.answer}}],
            "usage": {"prompt_tokens": meaning.tokens[0], "completion_tokens": meaning.tokens[1]},
        })
    }

    fn litellm_record(&self) -> Value {
        json!({
            "id": "c", "model": "m", "metadata": {"user_api_key_hash": "acc-1"}, "status": "success",
            "messages": self.messages, "model_parameters": self.asked(), "response": self.answered(),
            "prompt_tokens": self.meaning.tokens[0], "completion_tokens": self.meaning.tokens[1],
        })
    }

    fn portkey_call(&self) -> Value {
        json!({
            "eventType": "afterRequestHook", "metadata": {"account": "acc-1"},
            "request": {"json": self.asked()},
            "response": {"json": self.answered(), "statusCode": self.meaning.status},
        })
    }

    fn trace(&self) -> Value {
        let meaning = &self.meaning;
        let text = |text: &str| json!({"stringValue": text});
        let whole = |number: u64| json!({"intValue": number.to_string()});
        let answer =
            json!([{"role": "assistant", "parts": [{"type": "text", "content": meaning.answer}]}]);
        let attributes = [
            ("gen_ai.operation.name", text("chat")),
            ("gen_ai.request.model", text("m")),
            ("stillwatch.account", text("acc-1")),
            ("gen_ai.input.messages", text(&self.messages.to_string())),
            ("gen_ai.output.messages", text(&answer.to_string())),
            ("gen_ai.output.type", text(&self.response_format)),
            (
                "gen_ai.response.finish_reasons",
                json!({"arrayValue": {"values": [text(&self.finish_reason)]}}),
            ),
            (
                "gen_ai.request.temperature",
                json!({"doubleValue": meaning.temperature}),
            ),
            (
                "gen_ai.request.max_tokens",
                whole(meaning.max_tokens.unwrap_or_default().into()),
            ),
            (
                "gen_ai.request.choice.count",
                whole(meaning.n.unwrap_or_default().into()),
            ),
            (
                "gen_ai.usage.input_tokens",
                whole(meaning.tokens[0].unwrap_or_default()),
            ),
            (
                "gen_ai.usage.output_tokens",
                whole(meaning.tokens[1].unwrap_or_default()),
            ),
        ];
        let attributes = attributes.map(|(key, value)| json!({"key": key, "value": value}));
        json!({"resourceSpans": [{"scopeSpans": [{"spans": [{"spanId": "c", "attributes": attributes}]}]}]})
    }
}

/// Waits for `count` exchanges and returns the meaning of the last one, as the server read it.
async fn read(server: &Running, count: usize) -> Meaning {
    Meaning::of(&server.fake.counted(count).await[count - 1])
}

/// Sends an exchange through every input. Returns the input's name, the expected meaning and the meaning that the
/// server read.
async fn by_every_way(
    server: &Running,
    written: &Written,
) -> Vec<(&'static str, Meaning, Meaning)> {
    let (at, line) = (server.address, written.line());
    let whole = || written.meaning.clone();
    let mut read_by = Vec::new();

    let parsed = Exchange::from_line(line.to_string().as_bytes());
    let parsed = parsed.unwrap_or_else(|error| panic!("{error}: {line}"));
    read_by.push(("log", whole(), Meaning::of(&parsed.record)));
    post_json(at, "/v1/score", line.to_string()).await;
    read_by.push(("API, JSON", whole(), read(server, 1).await));
    let message = encode("stillwatch.v1.Exchange", &written.plain_line());
    assert_eq!(grpc(at, SCORE, &message).await.grpc_status().0, 0);
    read_by.push(("API, protobuf", whole(), read(server, 2).await));

    post_json(
        at,
        "/v1/ingest/litellm",
        written.litellm_record().to_string(),
    )
    .await;
    let succeeded = Meaning {
        status: Some(200),
        ..whole()
    };
    read_by.push(("LiteLLM's log", succeeded.clone(), read(server, 3).await));
    post_json(at, "/portkey/webhook", written.portkey_call().to_string()).await;
    read_by.push(("Portkey", whole(), read(server, 4).await));
    post_json(at, "/v1/traces", written.trace().to_string()).await;
    let traced = Meaning {
        logprobs: None,
        ..succeeded
    };
    read_by.push(("trace", traced, read(server, 5).await));
    let (asked, answered) = (written.asked().to_string(), written.answered().to_string());
    shown(server, "acc-1", &asked, written.meaning.status, &answered).await;
    read_by.push(("Envoy", whole(), read(server, 6).await));

    let headers = [
        ("content-type", "application/json"),
        ("x-stillwatch-account", "acc-1"),
    ];
    let body = json!({"body": {"messages": written.messages}}).to_string();
    http1(
        at,
        hyper::Method::POST,
        "/agentgateway/request",
        &headers,
        body,
    )
    .await;
    let agentgateway = read(server, 7).await;
    let request_alone = Meaning {
        messages: written.meaning.messages.clone(),
        ..agentgateway.clone()
    };
    read_by.push(("agentgateway", request_alone, agentgateway));
    read_by
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn an_exchange_means_the_same_by_every_way(written in any_written()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let server = Running::start().await;
            for (way, expected, read) in by_every_way(&server, &written).await {
                prop_assert_eq!(read, expected, "{}", way);
            }
            Ok(())
        })?;
    }
}

/// A value that is absent in one format is absent in the others: blank names, numbers that make no sense to a gateway.
#[tokio::test]
async fn blank_names_are_absent_everywhere() {
    for blank in ["", "  "] {
        let server = Running::start().await;
        let none = Meaning {
            messages: vec![(Role::User, "hello".to_owned())],
            response_format: None,
            temperature: None,
            max_tokens: None,
            n: None,
            logprobs: None,
            answer: Some("hi".to_owned()),
            finish_reason: None,
            status: None,
            tokens: [None; 2],
        };
        let written = Written {
            messages: json!([{"role": "user", "content": "hello"}]),
            response_format: blank.to_owned(),
            finish_reason: blank.to_owned(),
            meaning: none.clone(),
        };
        let line = written.line().to_string();
        let parsed = Exchange::from_line(line.as_bytes()).expect("a line");
        assert_eq!(Meaning::of(&parsed.record), none, "log");
        post_json(server.address, "/v1/score", line).await;
        assert_eq!(read(&server, 1).await, none, "API");
        post_json(
            server.address,
            "/portkey/webhook",
            written.portkey_call().to_string(),
        )
        .await;
        assert_eq!(read(&server, 2).await, none, "Portkey");
        shown(
            &server,
            "acc-1",
            &written.asked().to_string(),
            None,
            &written.answered().to_string(),
        )
        .await;
        assert_eq!(read(&server, 3).await, none, "Envoy");
    }
}

/// Nobody can hide messages behind an invented role, in no format.
#[tokio::test]
async fn an_unknown_role_is_the_callers() {
    let server = Running::start().await;
    let messages = json!([{"role": CANARY, "content": "hello"}]);
    let mut line = exchange("acc-1");
    line["messages"] = messages.clone();
    let read_line = Exchange::from_line(line.to_string().as_bytes());
    let role = read_line.map(|parsed| parsed.record.messages[0].role);
    assert_eq!(role, Ok(Role::User));
    let answer = post_json(server.address, "/v1/score", line.to_string()).await;
    assert_eq!(answer.status.as_u16(), 200);
    let hello = [(Role::User, "hello".to_owned())];
    assert_eq!(read(&server, 1).await.messages, hello);
    let call = json!({"model": "m", "messages": messages}).to_string();
    shown(&server, "acc-1", &call, Some(200), "{}").await;
    assert_eq!(read(&server, 2).await.messages, hello);
}
