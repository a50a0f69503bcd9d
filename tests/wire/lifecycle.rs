//! Tests of overload, deadlines, readiness and the drain.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::{Method, StatusCode};
use serde_json::json;
use stillwatch::internals::server::Limits;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::{
    Answer, BATCH, GRPC, SCORE, encode, frame, get, grpc, grpc_web, http1, http2, http2_stream,
    post_json, unframe,
};
use crate::fixture::{Fake, Running, exchange};
use crate::metrics::Counts;

fn one_worker(queue_depth_max: usize) -> Limits {
    Limits {
        workers: NonZeroUsize::MIN,
        queue_depth_max,
        ..Limits::default()
    }
}

async fn score(at: SocketAddr, account: &str) -> Answer {
    post_json(at, "/v1/score", exchange(account).to_string()).await
}

#[tokio::test]
async fn beyond_the_queue_calls_are_refused_alike() {
    let server = Running::with(one_worker(0)).await;
    let at = server.address;
    let slow = tokio::spawn(score(at, "slow"));
    server.fake.begun(1).await;
    let refused = score(at, "b").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.json()["code"], "resource_exhausted");
    assert_eq!(
        refused.json()["details"][0]["debug"]["reason"],
        "overloaded"
    );
    let batch = json!({"exchanges": [exchange("c")]}).to_string();
    let refused = post_json(at, BATCH, batch).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let message = encode("stillwatch.v1.Exchange", &exchange("d"));
    let refused = grpc(at, SCORE, &message).await;
    assert_eq!(refused.grpc_status().0, 8, "RESOURCE_EXHAUSTED");

    server.fake.release();
    assert_eq!(slow.await.expect("no panic").status, StatusCode::OK);
    assert_eq!(score(at, "e").await.status, StatusCode::OK);
}

#[tokio::test]
async fn calls_beyond_the_concurrency_limit_are_refused_on_every_protocol() {
    let limits = Limits {
        max_concurrent_requests: 1,
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    let at = server.address;
    let slow = tokio::spawn(score(at, "slow"));
    server.fake.begun(1).await;
    for path in ["/v1/score", SCORE] {
        let refused = post_json(at, path, exchange("b").to_string()).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.header("retry-after"), Some("1"));
        let reason = &refused.json()["details"][0]["debug"]["reason"];
        assert_eq!(reason, "overloaded");
    }
    let message = encode("stillwatch.v1.Exchange", &exchange("c"));
    assert_eq!(grpc(at, SCORE, &message).await.grpc_status().0, 8);
    assert_eq!(grpc_web(at, SCORE, &message).await.grpc_status().0, 8);
    assert_eq!(get(at, "/readyz").await.status, StatusCode::OK);
    server.fake.release();
    assert_eq!(slow.await.expect("no panic").status, StatusCode::OK);
    assert_eq!(score(at, "d").await.status, StatusCode::OK);
}

#[tokio::test]
async fn at_ten_times_the_capacity_the_excess_is_shed_immediately() {
    let server = Running::with(one_worker(4)).await;
    let at = server.address;
    let slow = tokio::spawn(score(at, "slow"));
    server.fake.begun(1).await;
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        calls.spawn(score(at, "a"));
    }
    // Nothing has been scored yet: refusals do not wait for a worker.
    for _ in 0..46 {
        let refused = calls.join_next().await.expect("a call").expect("no panic");
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
    assert_eq!(server.fake.scored.load(Ordering::SeqCst), 0);
    let metrics = Counts::of(at).await;
    assert_eq!(metrics.value("stillwatch_shed_total{reason=\"queue\"}"), 46);
    assert_eq!(metrics.value("stillwatch_queue_depth"), 4);
    server.fake.release();
    while let Some(call) = calls.join_next().await {
        assert_eq!(call.expect("no panic").status, StatusCode::OK);
    }
    assert_eq!(slow.await.expect("no panic").status, StatusCode::OK);
    assert_eq!(score(at, "next").await.status, StatusCode::OK);
    assert_eq!(Counts::of(at).await.value("stillwatch_queue_depth"), 0);
}

#[tokio::test]
async fn a_call_whose_caller_has_gone_leaves_the_queue_unscored() {
    let server = Running::with(one_worker(8)).await;
    let at = server.address;
    let slow = tokio::spawn(score(at, "slow"));
    server.fake.begun(1).await;
    let mut gone = TcpStream::connect(at).await.expect("the server listens");
    let body = exchange("gone").to_string();
    let call = format!(
        "POST /v1/score HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    gone.write_all(call.as_bytes()).await.expect("it is taken");
    while Counts::of(at).await.value("stillwatch_queue_depth") < 1 {}
    drop(gone);
    while Counts::of(at).await.value("stillwatch_queue_depth") > 0 {}
    let metrics = Counts::of(at).await;
    assert_eq!(
        metrics.value("stillwatch_shed_total{reason=\"cancelled\"}"),
        1
    );
    server.fake.release();
    assert_eq!(slow.await.expect("no panic").status, StatusCode::OK);
    assert_eq!(score(at, "after").await.status, StatusCode::OK);
    assert_eq!(
        server.fake.scored.load(Ordering::SeqCst),
        2,
        "slow and after, not gone"
    );
}

#[tokio::test]
async fn a_call_that_finds_a_place_waits_for_its_turn() {
    let server = Running::with(one_worker(1)).await;
    let at = server.address;
    let slow = tokio::spawn(score(at, "slow"));
    server.fake.begun(1).await;
    let (mut one, mut other) = (tokio::spawn(score(at, "a")), tokio::spawn(score(at, "b")));
    let (first, waiting) = tokio::select! {
        first = &mut one => (first, other),
        first = &mut other => (first, one),
    };
    let first = first.expect("no panic");
    assert_eq!(first.status, StatusCode::TOO_MANY_REQUESTS);
    server.fake.release();
    assert_eq!(waiting.await.expect("no panic").status, StatusCode::OK);
    assert_eq!(slow.await.expect("no panic").status, StatusCode::OK);
}

#[tokio::test]
async fn a_call_whose_deadline_passes_in_the_queue_is_not_scored() {
    let server = Running::with(one_worker(8)).await;
    let at = server.address;
    let slow = tokio::spawn(score(at, "slow"));
    server.fake.begun(1).await;
    let headers = [
        ("content-type", "application/json"),
        ("connect-timeout-ms", "20"),
    ];
    let late = http1(
        at,
        Method::POST,
        SCORE,
        &headers,
        exchange("late").to_string(),
    )
    .await;
    assert_eq!(late.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(late.json()["code"], "deadline_exceeded");
    assert_eq!(late.json()["details"][0]["debug"]["retryable"], true);
    let message = encode("stillwatch.v1.Exchange", &exchange("late"));
    let headers = [GRPC[0], GRPC[1], ("grpc-timeout", "20m")];
    let late = http2(at, SCORE, &headers, frame(&message)).await;
    assert_eq!(late.grpc_status().0, 4, "DEADLINE_EXCEEDED");
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
async fn a_caller_without_a_deadline_has_the_servers() {
    let limits = Limits {
        deadline_default: Duration::from_millis(20),
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    let answer = post_json(server.address, "/v1/score", exchange("slow").to_string()).await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    server.fake.release();
}

#[tokio::test]
async fn readiness_follows_the_scorer() {
    let limits = Limits {
        probe_period: Duration::from_millis(5),
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    server.fake.unready.store(true, Ordering::SeqCst);
    while get(server.address, "/readyz").await.status == StatusCode::OK {}
    let answer = get(server.address, "/readyz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["details"][0]["debug"]["reason"], "not_ready");
    assert_eq!(get(server.address, "/livez").await.status, StatusCode::OK);
    let health = grpc(server.address, "/grpc.health.v1.Health/Check", b"").await;
    assert_eq!(unframe(&health.body), [0x08, 2], "NOT_SERVING");
    server.fake.unready.store(false, Ordering::SeqCst);
    while get(server.address, "/readyz").await.status != StatusCode::OK {}
}

#[tokio::test]
async fn a_worker_that_cannot_score_makes_the_server_unready_and_not_dead() {
    let fake = Fake::default();
    fake.broken.store(true, Ordering::SeqCst);
    let limits = Limits {
        probe_period: Duration::from_millis(5),
        ..Limits::default()
    };
    let server = Running::of(fake, limits).await;
    let at = server.address;
    for path in ["/readyz", "/healthz", "/v2/health/ready"] {
        let answer = get(at, path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.json()["details"][0]["debug"]["reason"], "not_ready");
    }
    for path in ["/livez", "/v2/health/live"] {
        assert_eq!(get(at, path).await.status, StatusCode::OK, "{path}");
    }
    let health = grpc(at, "/grpc.health.v1.Health/Check", b"").await;
    assert_eq!(unframe(&health.body), [0x08, 2], "NOT_SERVING");
    assert_eq!(Counts::of(at).await.value("stillwatch_ready"), 0);
    // The server is ready as soon as it can score again, and unready as soon as it cannot.
    for (broken, status) in [(false, 200), (true, 503), (false, 200)] {
        server.fake.broken.store(broken, Ordering::SeqCst);
        while get(at, "/readyz").await.status.as_u16() != status {}
    }
}

#[tokio::test]
async fn workers_that_hang_are_seen() {
    let limits = Limits {
        probe_period: Duration::from_millis(5),
        ..one_worker(8)
    };
    let server = Running::with(limits).await;
    let at = server.address;
    let hanging = tokio::spawn(score(at, "slow"));
    server.fake.begun(1).await;
    while get(at, "/readyz").await.status != StatusCode::SERVICE_UNAVAILABLE {}
    let response = get(at, "/readyz").await;
    assert!(
        response.everything().contains("a worker"),
        "{}",
        response.everything()
    );
    assert_eq!(get(at, "/livez").await.status, StatusCode::OK);
    server.fake.release();
    assert_eq!(hanging.await.expect("no panic").status, StatusCode::OK);
    while get(at, "/readyz").await.status != StatusCode::OK {}
}

#[tokio::test]
async fn a_full_queue_is_not_unreadiness() {
    let server = Running::with(one_worker(0)).await;
    let slow = tokio::spawn(score(server.address, "slow"));
    server.fake.begun(1).await;
    assert_eq!(get(server.address, "/readyz").await.status, StatusCode::OK);
    server.fake.release();
    slow.await.expect("no panic");
}

#[tokio::test]
async fn shutdown_drains_a_call_in_flight_and_takes_no_other() {
    let mut server = Running::start().await;
    let at = server.address;
    let message = encode("stillwatch.v1.Exchange", &exchange("slow"));
    let over_http1 = tokio::spawn(score(at, "slow"));
    let over_http2 = tokio::spawn(async move { grpc(at, SCORE, &message).await });
    // A silent connection does not delay shutdown.
    let silent = TcpStream::connect(at).await.expect("the server listens");
    server.fake.begun(2).await;
    server.stop();
    while TcpStream::connect(at).await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.fake.release();
    assert_eq!(over_http1.await.expect("no panic").status, StatusCode::OK);
    assert_eq!(over_http2.await.expect("no panic").grpc_status().0, 0);
    server.stopped().await;
    drop(silent);
}

#[tokio::test]
async fn while_the_load_turns_away_calls_are_still_taken() {
    let limits = Limits {
        shutdown_delay: Duration::from_hours(1),
        ..Limits::default()
    };
    let mut server = Running::with(limits).await;
    let at = server.address;
    server.stop();
    while get(at, "/readyz").await.status != StatusCode::SERVICE_UNAVAILABLE {}
    assert_eq!(score(at, "a").await.status, StatusCode::OK);
}

const WATCH: &str = "/grpc.health.v1.Health/Watch";

#[tokio::test]
async fn watchers_of_health_are_notified_of_the_drain_and_do_not_delay_it() {
    let limits = Limits {
        shutdown_grace_period: Duration::from_hours(1),
        ..Limits::default()
    };
    let mut server = Running::with(limits).await;
    let watching = http2_stream(server.address, WATCH, &GRPC, frame(b"")).await;
    let mut body = watching.into_body();
    let first = body
        .frame()
        .await
        .expect("a first status")
        .expect("a whole frame");
    assert_eq!(
        first.into_data().ok().as_deref(),
        Some(&frame(&[0x08, 1])[..]),
        "SERVING"
    );
    server.stop();
    let rest = body.collect().await.expect("an end").to_bytes();
    assert_eq!(unframe(&rest), [0x08, 2], "NOT_SERVING");
    server.stopped().await;
}

#[tokio::test]
async fn the_drain_has_an_end() {
    let limits = Limits {
        shutdown_grace_period: Duration::from_millis(20),
        ..Limits::default()
    };
    let mut server = Running::with(limits).await;
    let at = server.address;
    let fake = server.fake.clone();
    let stuck = tokio::spawn(score(at, "slow"));
    fake.begun(1).await;
    server.stop();
    server.stopped().await;
    assert!(stuck.await.is_err(), "its connection was cut");
    fake.release();
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let limits = Limits {
        header_timeout: Duration::from_millis(20),
        connections_max: 1,
        ..Limits::default()
    };
    let server = Running::with(limits).await;
    let _silent = TcpStream::connect(server.address)
        .await
        .expect("the server listens");
    let answer = get(server.address, "/livez").await;
    assert_eq!(answer.status, StatusCode::OK, "its slot became free");
}
