//! Round trips and hostile input, on random data.

use std::fmt;

use proptest::prelude::*;
use stillwatch::internals::domain::{
    CallKind, Client, Exchange, FinishReason, Label, Message, Parameters, PoolRecord, Response,
    ResponseFormat, Role, Sensitive, Timestamp, Tool,
};
use stillwatch::internals::wire::json::FromLine;

use super::{FULL, line_of, outcome};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        prop::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter),
        Just("\u{feff}\"\\\n\r\u{2028}\0".to_owned()),
    ]
}

fn name() -> impl Strategy<Value = String> {
    // White space around a name is not part of it.
    text()
        .prop_map(|name| name.trim().to_owned())
        .prop_filter("a name is not empty", |name| !name.is_empty())
}

fn maybe_name() -> impl Strategy<Value = Option<String>> {
    prop::option::of(name())
}

fn secret(text: Option<String>) -> Option<Sensitive<String>> {
    text.map(Sensitive::new)
}

/// An exchange that proptest can print in a failing case.
struct Shown(Exchange);

impl fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&contents(&self.0))
    }
}

prop_compose! {
    fn any_parameters()(
        temperature in prop::option::of(0.0_f32..=100.0),
        max_tokens in any::<Option<u32>>(),
        n in prop::option::of(1_u32..),
        response_format in prop::option::of(prop::sample::select(vec![
            ResponseFormat::Text,
            ResponseFormat::JsonObject,
            ResponseFormat::JsonSchema,
            ResponseFormat::Other,
        ])),
        reasoning_effort in maybe_name(),
        logprobs in any::<Option<bool>>(),
    ) -> Parameters {
        Parameters { temperature, max_tokens, n, response_format, reasoning_effort, logprobs }
    }
}

/// Generates a response without its text.
fn any_outcome() -> impl Strategy<Value = (Option<FinishReason>, Option<u16>, [Option<u32>; 2])> {
    let reasons = vec![
        FinishReason::Stop,
        FinishReason::Length,
        FinishReason::ToolCalls,
        FinishReason::ContentFilter,
        FinishReason::Other,
    ];
    let reason = prop::option::of(prop::sample::select(reasons));
    (
        reason,
        prop::option::of(100_u16..=999),
        any::<[Option<u32>; 2]>(),
    )
}

prop_compose! {
    fn any_exchange()(
        id in maybe_name(),
        micros in 0..7_258_118_400_000_000_i64,
        [account, model] in [name(), name()],
        [organization, conversation, system] in [maybe_name(), maybe_name(), maybe_name()],
        messages in prop::collection::vec((prop::sample::select(vec![
            Role::System, Role::User, Role::Assistant, Role::Tool,
        ]), text()), 1..5),
        tools in prop::collection::vec((name(), prop::option::of(text())), 0..3),
        parameters in any_parameters(),
        answer in prop::option::of(text()),
        (finish_reason, status, [input_tokens, output_tokens]) in any_outcome(),
        [ip, user_agent, tls_fingerprint, api_key, payment] in [
            maybe_name(), maybe_name(), maybe_name(), maybe_name(), maybe_name(),
        ],
        [device, registration, version, session, end_user, plan, refusal_category] in [
            maybe_name(), maybe_name(), maybe_name(), maybe_name(), maybe_name(), maybe_name(), maybe_name(),
        ],
        kind in prop::option::of(prop::sample::select(vec![
            CallKind::Text, CallKind::Embedding, CallKind::Rerank, CallKind::Moderation, CallKind::Image,
            CallKind::Audio, CallKind::Other,
        ])),
        (mirror, refused) in any::<(bool, Option<bool>)>(),
        account_created in prop::option::of(0..7_258_118_400_000_000_i64),
        quota_used in prop::option::of(0.0..2.0_f32),
    ) -> Shown {
        Shown(Exchange {
            id,
            time: Timestamp::from_micros(micros),
            account,
            organization,
            conversation,
            model,
            system: secret(system),
            messages: messages
                .into_iter()
                .map(|(role, text)| Message { role, content: Sensitive::new(text) })
                .collect(),
            tools: tools
                .into_iter()
                .map(|(name, description)| Tool {
                    name,
                    description: secret(description.filter(|text| !text.is_empty())),
                })
                .collect(),
            parameters,
            response: Response {
                text: secret(answer.filter(|text| !text.is_empty())),
                finish_reason,
                status,
                input_tokens: input_tokens.map(u64::from),
                output_tokens: output_tokens.map(u64::from),
                refused,
                refusal_category,
            },
            client: Client {
                ip: secret(ip),
                user_agent: secret(user_agent),
                tls_fingerprint: secret(tls_fingerprint),
                api_key: secret(api_key),
                payment: secret(payment),
                device: secret(device),
                registration: secret(registration),
                version,
            },
            kind,
            mirror,
            truncated: false,
            session: secret(session),
            end_user: secret(end_user),
            account_created: account_created.map(Timestamp::from_micros),
            plan,
            quota_used,
        })
    }
}

/// Formats everything that an exchange holds, for comparison. Destructured, so that a new field cannot be forgotten.
fn contents(exchange: &Exchange) -> String {
    let Exchange {
        id,
        time,
        account,
        organization,
        conversation,
        model,
        system,
        messages,
        tools,
        parameters,
        response,
        client,
        kind,
        mirror,
        truncated,
        session,
        end_user,
        account_created,
        plan,
        quota_used,
    } = exchange;
    let Response {
        text,
        finish_reason,
        status,
        input_tokens,
        output_tokens,
        refused,
        refusal_category,
    } = response;
    let Client {
        ip,
        user_agent,
        tls_fingerprint,
        api_key,
        payment,
        device,
        registration,
        version,
    } = client;
    let secrets: Vec<_> = [
        system,
        text,
        ip,
        user_agent,
        tls_fingerprint,
        api_key,
        payment,
        device,
        registration,
        session,
        end_user,
    ]
    .into_iter()
    .map(|secret| secret.as_ref().map(Sensitive::expose))
    .collect();
    let messages: Vec<_> = messages
        .iter()
        .map(|m| (m.role, m.content.expose()))
        .collect();
    let tools: Vec<_> = tools
        .iter()
        .map(|tool| (&tool.name, tool.description.as_ref().map(Sensitive::expose)))
        .collect();
    format!(
        "{:?}",
        (
            (
                kind,
                mirror,
                truncated,
                account_created,
                plan,
                quota_used,
                refused,
                refusal_category,
                version
            ),
            (
                id,
                time,
                account,
                organization,
                conversation,
                model,
                messages,
                tools
            ),
            (
                parameters,
                finish_reason,
                status,
                input_tokens,
                output_tokens,
                secrets
            ),
        )
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_exchange_survives_its_line(Shown(exchange) in any_exchange()) {
        let line = line_of(&exchange);
        prop_assert!(!line.trim_end_matches('\n').contains('\n'));
        let parsed = Exchange::from_line(line.as_bytes()).unwrap();
        prop_assert_eq!(parsed.unknown_fields, 0);
        prop_assert_eq!(contents(&parsed.record), contents(&exchange));
    }

    #[test]
    fn any_bytes_are_a_record_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        outcome(&bytes);
        let _ = Label::from_line(&bytes);
        let _ = PoolRecord::from_line(&bytes);
    }

    /// Any field, at any depth, may hold any kind of value: no panic, and no error that quotes it.
    #[test]
    fn a_field_of_any_kind_is_judged_without_quoting_it(
        pointer in 0_usize..40,
        value in prop::sample::select(vec![
            "null", "true", "-1", "1e300", "\"CANARY-7f3a\"", "[\"CANARY-7f3a\"]",
            "{\"CANARY-7f3a\":\"CANARY-7f3a\"}", "[[{}]]", "\"\"", "[]", "{}",
        ]),
    ) {
        let whole: serde_json::Value = serde_json::from_str(FULL).unwrap();
        let mut changed = whole.clone();
        let mut pointers = Vec::new();
        collect_pointers(&whole, &mut String::new(), &mut pointers);
        let pointer = &pointers[pointer % pointers.len()];
        *changed.pointer_mut(pointer).unwrap() = serde_json::from_str(value).unwrap();
        outcome(changed.to_string().as_bytes());
    }

    /// Truncating a line or flipping a bit in it is detected or harmless.
    #[test]
    fn a_damaged_line_never_panics(cut in 0..FULL.len(), flip in 0..FULL.len(), bit in 0_u32..8) {
        prop_assert_ne!(outcome(&FULL.as_bytes()[..cut]), "accepted");
        let mut damaged = FULL.as_bytes().to_vec();
        damaged[flip] ^= 1 << bit;
        outcome(&damaged);
    }
}

fn collect_pointers(value: &serde_json::Value, pointer: &mut String, pointers: &mut Vec<String>) {
    let children: Vec<(String, &serde_json::Value)> = match value {
        serde_json::Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), v)).collect(),
        serde_json::Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(n, v)| (n.to_string(), v))
            .collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        let parent = pointer.len();
        pointer.push('/');
        pointer.push_str(&name);
        pointers.push(pointer.clone());
        collect_pointers(child, pointer, pointers);
        pointer.truncate(parent);
    }
}
