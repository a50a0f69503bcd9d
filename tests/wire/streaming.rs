//! Tests of `ScoreStream`: the same results as the other methods, backpressure, and the end of a stream.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::{Method, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use stillwatch::internals::server::Limits;

use crate::client::{
    BATCH, GRPC, ResponseStream, STREAM, converse, decode, encode, frame, http1, http2, post_json,
    unframe_all,
};
use crate::fixture::{CANARY, Running, exchange};

fn message(exchange: &Value) -> Vec<u8> {
    encode("stillwatch.v1.Exchange", exchange)
}

fn result(bytes: &[u8]) -> Value {
    decode("stillwatch.v1.ScoreResult", bytes)
}

async fn answer(responses: &mut ResponseStream) -> Value {
    result(&responses.next().await.expect("a result"))
}

fn numbered(account: &str, number: usize) -> Value {
    let mut call = exchange(account);
    call["id"] = json!(number.to_string());
    call
}

/// Sends all exchanges on one stream and returns its results.
async fn streamed(server: &Running, exchanges: &[Value]) -> (Vec<Value>, u32) {
    let frames: Vec<u8> = exchanges
        .iter()
        .flat_map(|call| frame(&message(call)))
        .collect();
    let answer = http2(server.address, STREAM, &GRPC, frames).await;
    let results = unframe_all(&answer.body);
    let results = results.iter().map(|(_, bytes)| result(bytes)).collect();
    (results, answer.grpc_status().0)
}

#[tokio::test]
async fn a_stream_a_batch_and_single_calls_have_the_same_answers() {
    let server = Running::start().await;
    let mut nameless = exchange(CANARY);
    nameless["account"] = json!("");
    let calls = [exchange("a"), nameless, exchange("fault"), exchange("b")];
    let (streamed, status) = streamed(&server, &calls).await;
    assert_eq!(status, 0);
    let batch = json!({ "exchanges": calls }).to_string();
    let batch = post_json(server.address, BATCH, batch).await.json();
    assert_eq!(json!(streamed), batch["results"]);
    for (call, result) in calls.iter().zip(&streamed) {
        let single = post_json(server.address, "/v1/score", call.to_string()).await;
        if single.status == StatusCode::OK {
            assert_eq!(single.json(), result["assessment"]);
        } else {
            assert_eq!(single.json()["message"], result["error"]["message"]);
        }
    }
    let alias = json!({ "exchanges": calls }).to_string();
    let alias = post_json(server.address, "/v1/score:batch", alias)
        .await
        .json();
    assert_eq!(alias, batch, "the alias is the same call");
}

#[tokio::test]
async fn a_stream_is_spoken_in_json_too() {
    let server = Running::start().await;
    let frames: Vec<u8> = ["a", "b"]
        .iter()
        .flat_map(|account| frame(exchange(account).to_string().as_bytes()))
        .collect();
    let headers = [("content-type", "application/connect+json")];
    let answer = http2(server.address, STREAM, &headers, frames).await;
    assert_eq!(answer.status, StatusCode::OK);
    let frames = unframe_all(&answer.body);
    assert_eq!(frames.len(), 3, "two results and the end");
    for (account, (flags, bytes)) in ["a", "b"].iter().zip(&frames) {
        let result: Value = serde_json::from_slice(bytes).expect("JSON");
        assert_eq!(
            (*flags, &result["assessment"]["account"]),
            (0, &json!(account))
        );
    }
    assert_eq!(frames[2], (2, b"{}".to_vec()));
}

#[tokio::test]
async fn results_arrive_one_by_one_while_the_stream_is_open() {
    let server = Running::start().await;
    let (sender, mut responses) = converse(server.address, STREAM, &GRPC).await;
    for number in 1..=40_u32 {
        sender
            .send(message(&numbered("counted", number as usize)))
            .expect("open");
        let result = answer(&mut responses).await;
        assert_eq!(result["assessment"]["exchange_count"], number);
    }
    sender.send(message(&numbered("counted", 7))).expect("open");
    let again = answer(&mut responses).await;
    assert_eq!(again["assessment"]["duplicate"], true);
    assert_eq!(again["assessment"]["exchange_count"], 40);
    drop(sender);
    assert_eq!(responses.status().await, Some(0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    /// However many bad exchanges there are and wherever they are: one result per exchange, in the order sent, with
    /// bounded read-ahead.
    #[test]
    fn results_keep_the_order_of_exchanges(bad in prop::collection::vec(any::<bool>(), 0..70), ahead in 1_usize..9) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let limits = Limits { stream_ahead_max: ahead, ..Limits::default() };
            let server = Running::with(limits).await;
            let calls: Vec<Value> = bad
                .iter()
                .enumerate()
                .map(|(number, bad)| numbered(if *bad { "" } else { "counted" }, number))
                .collect();
            let (results, status) = streamed(&server, &calls).await;
            prop_assert_eq!((results.len(), status), (calls.len(), 0));
            let mut seen = 0;
            for (number, (result, bad)) in results.iter().zip(&bad).enumerate() {
                if *bad {
                    prop_assert_eq!(&result["error"]["details"][0]["reason"], "missing_field");
                    continue;
                }
                seen += 1;
                prop_assert_eq!(&result["assessment"]["exchange"], &json!(number.to_string()));
                prop_assert_eq!(&result["assessment"]["exchange_count"], &json!(seen));
            }
            prop_assert!(server.fake.largest.load(Ordering::SeqCst) <= ahead as u64);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn an_undecodable_message_ends_the_stream_after_earlier_results() {
    let server = Running::start().await;
    let mut frames = frame(&message(&exchange("a")));
    frames.extend(frame(CANARY.as_bytes()));
    frames.extend(frame(&message(&exchange("b"))));
    let answer = http2(server.address, STREAM, &GRPC, frames).await;
    assert_eq!(unframe_all(&answer.body).len(), 1);
    assert_eq!(answer.grpc_status().0, 3, "INVALID_ARGUMENT");
    assert!(!answer.everything().contains(CANARY));
    assert_eq!(server.fake.scored.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_message_over_the_limit_ends_the_stream() {
    let limits = Limits {
        body_bytes_max: 2_000,
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    let mut large = exchange("a");
    large["system"] = json!(CANARY.repeat(1_000));
    let answer = http2(server.address, STREAM, &GRPC, frame(&message(&large))).await;
    assert_eq!(answer.grpc_status().0, 8, "RESOURCE_EXHAUSTED");
    assert!(!answer.everything().contains(CANARY));
    assert_eq!(server.fake.scored.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_full_queue_makes_a_stream_wait_where_a_call_is_refused() {
    let limits = Limits {
        workers: NonZeroUsize::MIN,
        queue_depth_max: 0,
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    let at = server.address;
    let slow = tokio::spawn(post_json(at, "/v1/score", exchange("slow").to_string()));
    server.fake.begun(1).await;
    let (sender, mut responses) = converse(at, STREAM, &GRPC).await;
    sender.send(message(&exchange("waits"))).expect("open");
    let refused = post_json(at, "/v1/score", exchange("b").to_string()).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(server.fake.scored.load(Ordering::SeqCst), 0);
    server.fake.release();
    assert_eq!(
        answer(&mut responses).await["assessment"]["account"],
        "waits"
    );
    assert_eq!(slow.await.expect("no panic").status, StatusCode::OK);
}

#[tokio::test]
async fn a_deadline_ends_a_stream_and_waiting_exchanges_are_never_scored() {
    let limits = Limits {
        workers: NonZeroUsize::MIN,
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    let at = server.address;
    let slow = tokio::spawn(post_json(at, "/v1/score", exchange("slow").to_string()));
    server.fake.begun(1).await;
    let headers = [GRPC[0], GRPC[1], ("grpc-timeout", "30m")];
    let (sender, mut responses) = converse(at, STREAM, &headers).await;
    sender.send(message(&exchange("late"))).expect("open");
    assert_eq!(responses.status().await, Some(4), "DEADLINE_EXCEEDED");
    server.fake.release();
    slow.await.expect("no panic");
    let after = post_json(at, "/v1/score", exchange("after").to_string()).await;
    assert_eq!(after.status, StatusCode::OK);
    assert_eq!(
        server.fake.scored.load(Ordering::SeqCst),
        2,
        "slow and after, not late"
    );
}

#[tokio::test]
async fn a_silent_stream_ends() {
    let limits = Limits {
        stream_idle_timeout: Duration::from_millis(20),
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    let (_sender, mut responses) = converse(server.address, STREAM, &GRPC).await;
    assert_eq!(responses.status().await, Some(4), "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn the_drain_answers_accepted_exchanges_and_ends_the_stream() {
    let limits = Limits {
        shutdown_grace_period: Duration::from_hours(1),
        ..Limits::default()
    };
    let mut server = Running::with(limits).await;
    let (sender, mut responses) = converse(server.address, STREAM, &GRPC).await;
    let (_idle, mut idle) = converse(server.address, STREAM, &GRPC).await;
    sender.send(message(&exchange("slow"))).expect("open");
    server.fake.begun(1).await;
    server.stop();
    assert_eq!(idle.status().await, Some(14), "UNAVAILABLE");
    server.fake.release();
    assert_eq!(
        answer(&mut responses).await["assessment"]["account"],
        "slow"
    );
    assert_eq!(responses.status().await, Some(14), "UNAVAILABLE");
    server.stopped().await;
}

#[tokio::test]
async fn streams_are_bounded_and_a_closed_one_leaves_its_place() {
    let limits = Limits {
        scoring_streams_max: 1,
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    let at = server.address;
    let (sender, mut responses) = converse(at, STREAM, &GRPC).await;
    let refused = http2(at, STREAM, &GRPC, frame(&message(&exchange("a")))).await;
    assert_eq!(refused.grpc_status().0, 8, "RESOURCE_EXHAUSTED");
    drop(sender);
    assert_eq!(responses.status().await, Some(0));
    drop(responses);
    // The slot is free once the server has released the stream, which the client cannot observe.
    loop {
        let answer = http2(at, STREAM, &GRPC, frame(&message(&exchange("a")))).await;
        if answer.grpc_status().0 == 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_stream_speaks_no_unary_content_type() {
    let server = Running::start().await;
    for content_type in ["application/json", "application/proto", "text/plain"] {
        let headers = [("content-type", content_type)];
        let answer = http1(server.address, Method::POST, STREAM, &headers, "{}").await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let answer = http1(server.address, Method::GET, STREAM, &[], "").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}
