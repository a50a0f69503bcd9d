//! Files that are no JSON Lines: lists, indented JSON, text. Records that are not in our own format.

use stillwatch::internals::domain::Timestamp;
use stillwatch::internals::ingest::{InputError, OrderCheck, ReadError, TrafficReader};
use tempfile::TempDir;

use super::{CANARY, MINIMAL, counting, file, gzip, ids, log};

/// The records of [`log`] as one list, indented or not.
fn listed(lines: u32, indented: bool) -> Vec<u8> {
    let records: Vec<serde_json::Value> = log(lines)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    if indented {
        serde_json::to_vec_pretty(&records).unwrap()
    } else {
        serde_json::to_vec(&records).unwrap()
    }
}

#[test]
fn a_list_and_indented_json_are_read_record_by_record() {
    let folder = TempDir::new().unwrap();
    let indented: Vec<u8> = log(9_000)
        .lines()
        .flat_map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let mut text = serde_json::to_vec_pretty(&record).unwrap();
            text.push(b'\n');
            text
        })
        .collect();
    let marked = [b"\xef\xbb\xbf", &listed(9_000, true)[..]].concat();
    for (name, bytes) in [
        ("list", listed(9_000, false)),
        ("indented list", listed(9_000, true)),
        ("indented", indented.clone()),
        ("marked", marked),
        ("compressed", gzip(&indented)),
    ] {
        let path = file(&folder, name, &bytes);
        let mut reader = TrafficReader::new([path]);
        assert_eq!(ids(&mut reader), counting(0..9_000), "{name}");
        assert_eq!(
            (reader.tally().lines, reader.tally().accepted),
            (9_000, 9_000)
        );
    }
}

#[test]
fn a_record_over_the_limit_is_passed_over_in_a_list_too() {
    let folder = TempDir::new().unwrap();
    let long = MINIMAL.replace("hello", &"long ".repeat(200_000));
    let text = format!("[\n{MINIMAL},\n{long},\n{MINIMAL}\n]");
    let path = file(&folder, "list", text.as_bytes());
    let reader = TrafficReader::with_limits([path], 100_000, OrderCheck::default());
    let items: Vec<_> = reader.collect();
    let Err(ReadError::Line(bad)) = &items[1] else {
        panic!("the long record was read");
    };
    assert_eq!((bad.line, bad.reason.code()), (3, "too_long"));
    assert!(items.len() == 3 && items[0].is_ok() && items[2].is_ok());
}

#[test]
fn a_list_that_ends_early_keeps_its_whole_records() {
    let folder = TempDir::new().unwrap();
    let whole = listed(3, true);
    let path = file(&folder, "cut", &whole[..whole.len() - 30]);
    let items: Vec<_> = TrafficReader::new([path]).collect();
    assert_eq!(items.iter().filter(|item| item.is_ok()).count(), 2);
    let Some(Err(ReadError::Line(bad))) = items.last() else {
        panic!("the end was not missed");
    };
    assert_eq!(bad.reason.code(), "incomplete");
}

#[test]
fn a_file_that_is_no_json_is_one_error_and_the_next_is_read() {
    let folder = TempDir::new().unwrap();
    for (text, kind) in [
        (
            format!("time,account,prompt\n1,2,{CANARY}\n").repeat(50),
            "comma-separated values",
        ),
        (
            format!("INFO Received request x: prompt: '{CANARY}'\n").repeat(50),
            "vLLM",
        ),
        (format!("{CANARY} words\n").repeat(50), "text"),
    ] {
        let text = file(&folder, "text", text.as_bytes());
        let good = file(&folder, "good", MINIMAL.as_bytes());
        let items: Vec<_> = TrafficReader::new([text, good]).collect();
        let [
            Err(ReadError::Input(error @ InputError::NotRecords { .. })),
            Ok(_),
        ] = &items[..]
        else {
            panic!("{kind}: {} items", items.len());
        };
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(kind) && !shown.contains(CANARY), "{shown}");
    }
}

#[test]
fn one_line_of_text_before_the_records_is_one_bad_line() {
    let folder = TempDir::new().unwrap();
    let text = format!("listening on port 8080\n{MINIMAL}\n{MINIMAL}\n");
    let path = file(&folder, "t", text.as_bytes());
    let items: Vec<_> = TrafficReader::new([path]).collect();
    assert!(matches!(items[..], [Err(ReadError::Line(_)), Ok(_), Ok(_)]));
}

#[test]
fn formats_mix_and_a_time_that_is_not_stated_is_that_of_reading() {
    let folder = TempDir::new().unwrap();
    let text = format!(
        "{MINIMAL}\n{}\n{}\n{}\n",
        r#"{"model":"m","user":"body","messages":[{"role":"user","content":"x"}]}"#,
        r#"{"trace_id":"t","type":"SPAN"}"#,
        r#"{"request_id":"q","request_created_at":"2026-05-01T12:00:00Z","request_user_id":"h","request_body":{"model":"m","messages":[{"role":"user","content":"x"}]}}"#,
    );
    let path = file(&folder, "t", text.as_bytes());
    let received = Timestamp::from_micros(1_800_000_000_000_000);
    let mut reader = TrafficReader::new([path]).received_at(received);
    let read: Vec<_> = reader.by_ref().map(|item| item.unwrap()).collect();
    let accounts: Vec<&str> = read
        .iter()
        .map(|exchange| exchange.account.as_str())
        .collect();
    assert_eq!(accounts, ["a", "body", "h"]);
    assert_eq!(read[1].time, received);
    assert_eq!((reader.tally().lines, reader.tally().other_records), (3, 1));
}

#[test]
fn no_error_of_any_shape_quotes_its_record() {
    let folder = TempDir::new().unwrap();
    let lines = [
        format!(r#"{{"custom_id":"{CANARY}","response":{{"body":{{"choices":[]}}}}}}"#),
        format!(r#"{{"msg":"{CANARY}","{CANARY}":1}}"#),
        format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{CANARY}"}}]}}"#),
        format!(
            r#"{{"model":"m","user":"u","time":"{CANARY}","messages":[{{"role":"user","content":"{CANARY}"}}]}}"#
        ),
        format!(r#"{{"CorrelationId":"{CANARY}","RequestMessages":"{CANARY}"}}"#),
        format!(r#"{{"schemaType":"ModelInvocationLog","input":{{"x":"{CANARY}"}}}}"#),
        format!(r#"["{CANARY}"]"#),
    ];
    let path = file(&folder, "t", lines.join("\n").as_bytes());
    for item in TrafficReader::new([path]) {
        let shown = item
            .map(|exchange| exchange.account)
            .unwrap_err()
            .to_string();
        assert!(!shown.contains(CANARY), "{shown}");
    }
}
