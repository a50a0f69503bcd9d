//! Tests of `/metrics`: every time series from the start, requests by protocol and code, no data of callers.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use hyper::{Method, StatusCode};
use serde_json::json;

use crate::client::{BATCH, SCORE, encode, get, grpc, grpc_web, http1, post_json};
use crate::fixture::{CANARY, Running, exchange};

/// The samples of one scrape, by series.
pub(crate) struct Counts(BTreeMap<String, f64>);

impl Counts {
    pub(crate) async fn of(at: SocketAddr) -> Self {
        let answer = get(at, "/metrics").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(
            answer
                .header("content-type")
                .is_some_and(|kind| kind.starts_with("application/openmetrics-text"))
        );
        let text = String::from_utf8(answer.body.to_vec()).expect("text");
        assert!(text.ends_with("# EOF\n"));
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let sample = |line: &str| {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            (series.to_owned(), value.parse().expect("a number"))
        };
        Self(samples.map(sample).collect())
    }

    /// Returns the value of a counter or gauge; all are integers here.
    pub(crate) fn value(&self, series: &str) -> u64 {
        let value = self.0.get(series);
        *value.unwrap_or_else(|| panic!("{series} is not in {:?}", self.0.keys())) as u64
    }

    fn requests(&self, method: &str, code: &str) -> u64 {
        self.value(&format!(
            "stillwatch_requests_total{{surface=\"scoring\",method=\"{method}\",code=\"{code}\"}}"
        ))
    }
}

#[tokio::test]
async fn every_series_is_there_before_the_first_call() {
    let server = Running::start().await;
    let before = Counts::of(server.address).await;
    for method in [
        "ScoreConversation",
        "ScoreBatch",
        "ScoreStream",
        "score",
        "score:batch",
        "other",
    ] {
        for code in [
            "ok",
            "invalid_argument",
            "resource_exhausted",
            "unauthenticated",
        ] {
            assert_eq!(before.requests(method, code), 0);
        }
    }
    for reason in [
        "concurrency",
        "queue",
        "cancelled",
        "rate",
        "at_once",
        "background",
    ] {
        let series = format!("stillwatch_shed_total{{reason=\"{reason}\"}}");
        assert_eq!(before.value(&series), 0);
    }
    let verdict = "stillwatch_verdicts_total{recommendation=\"restrict\",band=\"severe\"}";
    assert_eq!(before.value(verdict), 0);
    assert_eq!(before.value("stillwatch_accounts"), 7);
    assert_eq!(before.value("stillwatch_ready"), 1);
    let model = format!(
        "stillwatch_model_info{{bundle=\"fake@1\",digest=\"{}\"}}",
        "00".repeat(32)
    );
    assert_eq!(before.value(&model), 1);
}

#[tokio::test]
async fn calls_are_counted_by_method_and_code_on_every_protocol() {
    let server = Running::start().await;
    let at = server.address;
    let message = encode("stillwatch.v1.Exchange", &exchange(CANARY));
    assert_eq!(grpc(at, SCORE, &message).await.grpc_status().0, 0);
    assert_eq!(grpc_web(at, SCORE, &message).await.grpc_status().0, 0);
    for path in ["/v1/score", SCORE] {
        assert_eq!(
            post_json(at, path, exchange(CANARY).to_string())
                .await
                .status,
            StatusCode::OK
        );
    }
    let batch = json!({"exchanges": [exchange(CANARY), exchange("fault")]}).to_string();
    assert_eq!(post_json(at, BATCH, batch).await.status, StatusCode::OK);
    let nameless = encode("stillwatch.v1.Exchange", &exchange(""));
    assert_eq!(grpc(at, SCORE, &nameless).await.grpc_status().0, 3);
    assert_eq!(grpc_web(at, SCORE, &nameless).await.grpc_status().0, 3);
    assert_eq!(
        post_json(at, SCORE, CANARY).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        post_json(at, "/v1/score", exchange("panic").to_string())
            .await
            .status
            .as_u16(),
        500
    );
    let strange = format!("/stillwatch.v1.ScoringService/{CANARY}");
    http1(
        at,
        Method::POST,
        &strange,
        &[("content-type", "application/json")],
        "{}",
    )
    .await;
    get(at, &format!("/{CANARY}")).await;

    let counts = Counts::of(at).await;
    for (method, code, expected) in [
        ("ScoreConversation", "ok", 3),
        ("ScoreConversation", "invalid_argument", 3),
        ("score", "ok", 1),
        ("score", "internal", 1),
        ("ScoreBatch", "ok", 1),
        ("other", "unimplemented", 1),
        ("ScoreConversation", "canceled", 0),
    ] {
        assert_eq!(counts.requests(method, code), expected, "{method} {code}");
    }
    let verdict = "stillwatch_verdicts_total{recommendation=\"watch\",band=\"low\"}";
    assert_eq!(counts.value(verdict), 5);
    assert_eq!(counts.value("stillwatch_risk_count"), 5);
    let took = "stillwatch_request_duration_seconds_count{surface=\"scoring\",method=\"ScoreConversation\"}";
    assert_eq!(counts.value(took), 6);
    assert_eq!(counts.value("stillwatch_work_seconds_count"), 5);
    assert!(counts.0.keys().all(|series| !series.contains(CANARY)));
}
