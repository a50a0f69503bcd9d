//! One line of a traffic log.

use stillwatch::internals::domain::{Exchange, FinishReason, ResponseFormat, Role};
use stillwatch::internals::wire::json::FromLine;

use super::{CANARY, FULL, MINIMAL, exchange, line_of, outcome, with};

#[test]
fn the_documented_line_keeps_every_field() {
    let read = exchange(FULL).unwrap();
    assert_eq!(read.time.as_micros(), 1_777_636_800_123_000);
    assert_eq!(
        read.parameters.response_format,
        Some(ResponseFormat::JsonSchema)
    );
    assert_eq!(read.response.output_tokens, Some(800));
    // Writing it again gives the same JSON: nothing was lost, nothing added.
    let before: serde_json::Value = serde_json::from_str(FULL).unwrap();
    let after: serde_json::Value = serde_json::from_str(&line_of(&read)).unwrap();
    assert_eq!(before, after);
}

#[test]
fn absent_fields_stay_absent() {
    let nulls = with(
        r#""id":null,"system":null,"tools":null,"parameters":null,"response":{"text":null,"status":null},"client":{}"#,
    );
    assert_eq!(line_of(&exchange(&nulls).unwrap()).trim_end(), MINIMAL);
    // An empty id is absent: exchanges without an id must not look like repeats of each other.
    assert_eq!(
        exchange(&with(r#""id":"","conversation":"""#)).unwrap().id,
        None
    );
}

#[test]
fn bad_lines_say_why() {
    let deep = "[".repeat(1_000_000);
    let deep_field = with(&format!(
        r#""x":{}{}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    ));
    let many = with(&format!(r#""tools":[{}"a"]"#, r#""a","#.repeat(70_000)));
    let half = &FULL[..FULL.len() / 2];
    let cases: Vec<(String, &str)> = vec![
        (half.to_owned(), "incomplete"),
        (deep, "incomplete"),
        (deep_field, "accepted"),
        (many, "accepted"),
        (format!("{MINIMAL}{MINIMAL}"), "not_json"),
        (MINIMAL.replace('"', "'"), "not_json"),
        (format!("[{MINIMAL}]"), "not_an_object"),
        (format!("\"{CANARY}\""), "not_an_object"),
        ("null".to_owned(), "not_an_object"),
        ("{}".to_owned(), "missing_field"),
        (MINIMAL.replace(r#""account":"a","#, ""), "missing_field"),
        (with(r#""account":null"#), "missing_field"),
        (with(r#""account":"""#), "missing_field"),
        (with(r#""account":["CANARY-7f3a"]"#), "missing_field"),
        (with(r#""model":["m"]"#), "missing_field"),
        (
            with(r#""account":"CANARY-7f3a"#) + &"x".repeat(2_000) + "\"}",
            "over_bound",
        ),
        (with(r#""time":"yesterday CANARY-7f3a""#), "bad_value"),
        (with(r#""time":{"CANARY-7f3a":1}"#), "bad_value"),
        (with(r#""time":"2026-05-01T12:00:00""#), "bad_value"),
        (with(r#""time":"2026-02-30T12:00:00Z""#), "bad_value"),
        (with(r#""time":"9999-12-31T23:59:59Z""#), "bad_value"),
        (with(r#""time":"0001-01-01T00:00:00Z""#), "bad_value"),
        (with(r#""time":"+999999-01-01T00:00:00Z""#), "bad_value"),
        (with(r#""messages":[]"#), "missing_field"),
        (with(r#""messages":7"#), "missing_field"),
    ];
    for (line, expected) in cases {
        let shown = line.chars().take(200).collect::<String>();
        assert_eq!(outcome(line.as_bytes()), expected, "{shown}");
    }
    // UTF-16, as some tools of other operating systems write.
    assert_eq!(outcome(b"\xff\xfe{\0}\0"), "not_json");
}

/// What reached the model is read: a field that cannot be is absent, and the rest of the line counts.
#[test]
fn what_a_lenient_writer_writes_is_read() {
    let lines = [
        format!("{MINIMAL}\0"),
        format!("\u{feff}{MINIMAL}"),
        MINIMAL.replace("hello", "he\0llo"),
        MINIMAL.replace("hello", r"he\u0000llo"),
        MINIMAL.replace("hello", r"hello \ud83d"),
        with(r#""account":7"#),
        with(r#""time":1777636800"#),
        with(r#""time":"1777636800123""#),
        with(r#""messages":"hello""#),
        with(r#""messages":["hello"]"#),
        with(r#""messages":[{"content":"hello"}]"#),
        with(r#""messages":[{"role":"user"}]"#),
        with(r#""messages":[{"role":"user","content":7}]"#),
        with(r#""messages":[{"role":"critic","content":"x"}]"#),
        with(r#""system":7"#),
        with(r#""tools":"f""#),
        with(r#""tools":[7]"#),
        with(r#""tools":[{}]"#),
        with(r#""parameters":"x""#),
        with(r#""parameters":{"temperature":NaN}"#),
        with(r#""parameters":{"temperature":-0.1}"#),
        with(r#""parameters":{"temperature":"hot"}"#),
        with(r#""parameters":{"max_tokens":-1}"#),
        with(r#""parameters":{"max_tokens":1.5}"#),
        with(r#""parameters":{"n":0}"#),
        with(r#""parameters":{"logprobs":"yes"}"#),
        with(r#""response":{"output_tokens":-5}"#),
        with(r#""response":{"output_tokens":99999999999999999999999}"#),
        with(r#""response":{"status":70000}"#),
        with(r#""client":{"ip":{"x":1}}"#),
    ];
    for line in lines {
        assert_eq!(outcome(line.as_bytes()), "accepted", "{line}");
    }
    let numbers =
        with(r#""parameters":{"temperature":"0.7","max_tokens":"512","n":1.0,"logprobs":5}"#);
    let parameters = exchange(&numbers).unwrap().parameters;
    assert_eq!(
        (
            parameters.temperature,
            parameters.max_tokens,
            parameters.n,
            parameters.logprobs
        ),
        (Some(0.7), Some(512), Some(1), Some(true))
    );
    let roles =
        with(r#""messages":[{"role":"critic","content":"x"},{"role":"human","content":"y"}]"#);
    let roles: Vec<Role> = exchange(&roles)
        .unwrap()
        .messages
        .iter()
        .map(|message| message.role)
        .collect();
    assert_eq!(
        roles,
        [Role::User, Role::User],
        "nobody hides behind a name"
    );
}

#[test]
fn a_line_over_the_bounds_keeps_its_ends() {
    let messages = |count: usize| {
        let list: Vec<String> = (0..count)
            .map(|n| format!(r#"{{"role":"user","content":"{n}"}}"#))
            .collect();
        exchange(&with(&format!(r#""messages":[{}]"#, list.join(",")))).unwrap()
    };
    assert!(!messages(1_000).truncated);
    let over = messages(1_001);
    assert!(over.truncated);
    let ends = (over.messages.first(), over.messages.last());
    assert_eq!(ends.0.unwrap().content.expose(), "0");
    assert_eq!(ends.1.unwrap().content.expose(), "1000");
}

#[test]
fn errors_name_field_and_sizes() {
    let shown = |field| exchange(&with(field)).err().unwrap().to_string();
    assert_eq!(
        shown(r#""time":"soon""#),
        "`time` must be an RFC 3339 time such as 2026-05-01T12:00:00.123Z, from 1970 to 2199"
    );
    assert_eq!(shown(r#""model":[]"#), "`model` is required");
}

#[test]
fn the_usual_variants_mean_the_same() {
    let roles = |name: &str| {
        let field = format!(r#""messages":[{{"role":"{name}","content":"x"}}]"#);
        exchange(&with(&field)).unwrap().messages[0].role
    };
    assert_eq!(roles("developer"), Role::System);
    assert_eq!(roles("function"), Role::Tool);

    let parts = with(
        r#""messages":[{"role":"user","content":[{"type":"text","text":"one"},{"type":"image_url","image_url":{"url":"data:"}},{"type":"input_text","text":"two"},{"type":"thinking","text":"no"},7]}]"#,
    );
    let read = exchange(&parts).unwrap();
    assert_eq!(read.messages[0].content.expose(), "one\ntwo");

    let tools = with(
        r#""tools":["a",{"name":"b"},{"type":"function","function":{"parameters":{},"name":"c"}},{"type":"web_search"}]"#,
    );
    let tools = exchange(&tools).unwrap().tools;
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c", "web_search"]);

    let format = |value: &str| {
        let field = format!(r#""parameters":{{"response_format":{value}}}"#);
        exchange(&with(&field)).unwrap().parameters.response_format
    };
    let schema = r#"{"json_schema":{"type":"object"},"type":"json_schema"}"#;
    assert_eq!(format(schema), Some(ResponseFormat::JsonSchema));
    assert_eq!(format(r#""regex""#), Some(ResponseFormat::Other));

    let finish = |name: &str| {
        let field = format!(r#""response":{{"finish_reason":"{name}"}}"#);
        exchange(&with(&field)).unwrap().response.finish_reason
    };
    assert_eq!(finish("end_turn"), Some(FinishReason::Stop));
    assert_eq!(finish("MAX_TOKENS"), Some(FinishReason::Length));
    assert_eq!(finish("new_reason"), Some(FinishReason::Other));

    let time = |text: &str| {
        let field = format!(r#""time":"{text}""#);
        exchange(&with(&field)).unwrap().time.as_micros()
    };
    assert_eq!(
        time("2026-05-01T17:30:00+05:30"),
        time("2026-05-01T12:00:00Z")
    );
    assert_eq!(time("1970-01-01T00:00:00.0000019Z"), 1);
}

#[test]
fn unknown_fields_are_counted_and_ignored() {
    let line =
        with(r#""trace":{"deep":[1,{"a":null}]},"r\u00e9gion":"eu","parameters":{"top_p":1}"#);
    let parsed = Exchange::from_line(line.as_bytes()).unwrap();
    assert_eq!(parsed.unknown_fields, 2);
    assert_eq!(line_of(&parsed.record).trim_end(), MINIMAL);
}
