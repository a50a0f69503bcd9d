//! Tests of API keys: required on every protocol, limited to their scopes and rates, replaceable while the server runs.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use hyper::{Method, StatusCode};
use proptest::prelude::*;
use stillwatch::internals::server::{ApiKey, KeyLine, KeyScope, Keys, Limits, RateLimit, Setup};
use stillwatch::internals::wire::ErrorKind;
use tokio::task::JoinSet;

use crate::client::{Answer, GRPC, SCORE, encode, frame, get, grpc_web_with, http1, http2};
use crate::errors::check;
use crate::fixture::{Running, exchange};
use crate::metrics::Counts;

fn key(number: u8) -> ApiKey {
    ApiKey::from_bytes([number; 32])
}

fn line(name: &str, scope: KeyScope, number: u8) -> String {
    let line = KeyLine::new(name, &[scope], &key(number)).expect("a name and a scope");
    line.to_string()
}

async fn guarded(file: &str) -> (Running, Arc<Keys>) {
    let keys = Arc::new(Keys::parse(file, RateLimit::default()).expect("a keys file"));
    let setup = Setup {
        keys: Some(Arc::clone(&keys)),
        ..Limits::default().into()
    };
    (Running::with(setup).await, keys)
}

async fn score(at: SocketAddr, account: &str, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![("content-type", "application/json")];
    all.extend_from_slice(headers);
    http1(
        at,
        Method::POST,
        "/v1/score",
        &all,
        exchange(account).to_string(),
    )
    .await
}

async fn score_with(at: SocketAddr, account: &str, number: u8) -> Answer {
    score(at, account, &[("x-api-key", key(number).expose())]).await
}

#[tokio::test]
async fn no_protocol_is_open_without_a_key() {
    let (server, _) = guarded(&line("gateway", KeyScope::Score, 1)).await;
    let at = server.address;
    let message = frame(&encode("stillwatch.v1.Exchange", &exchange("a")));
    let (wrong, reader) = (key(9), key(1).expose().to_uppercase());
    let near = key(1).expose()[..66].to_owned();
    let long = "x".repeat(5_000);
    for presented in ["", wrong.expose(), &reader, &near, &long] {
        let headers = [("authorization", format!("Bearer {presented}"))];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let refused = score(at, "a", &headers).await;
        check(ErrorKind::Unauthenticated, &refused);
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        let over_grpc = [&GRPC[..], &headers].concat();
        let refused = http2(at, SCORE, &over_grpc, message.clone()).await;
        assert_eq!(
            (refused.status, refused.grpc_status().0),
            (StatusCode::OK, 16)
        );
        let refused = grpc_web_with(at, SCORE, &headers, &message[5..]).await;
        assert_eq!(refused.grpc_status().0, 16);
        let over_proto = [&[("content-type", "application/proto")], &headers[..]].concat();
        check(
            ErrorKind::Unauthenticated,
            &http1(at, Method::POST, SCORE, &over_proto, "").await,
        );
    }
    check(ErrorKind::Unauthenticated, &score(at, "a", &[]).await);
    for path in ["/readyz", "/livez", "/metrics"] {
        assert_eq!(get(at, path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(
        server.fake.scored.load(std::sync::atomic::Ordering::SeqCst),
        0
    );
}

#[tokio::test]
async fn a_key_is_taken_from_every_place_that_callers_put_it() {
    let (server, _) = guarded(&line("gateway", KeyScope::Score, 0)).await;
    let key = key(0);
    let bearer = format!("Bearer {}", key.expose());
    let lower = format!("bearer {}", key.expose());
    let basic = encode_basic("any", key.expose());
    for header in [
        ("x-api-key", key.expose()),
        ("authorization", &bearer),
        ("authorization", &lower),
        ("authorization", &basic),
    ] {
        let answer = score(server.address, "a", &[header]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", header.0);
        let message = frame(&encode("stillwatch.v1.Exchange", &exchange("a")));
        let headers = [GRPC[0], GRPC[1], header];
        let answer = http2(server.address, SCORE, &headers, message).await;
        assert_eq!(answer.grpc_status().0, 0);
    }
}

fn encode_basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {pair}")
}

#[tokio::test]
async fn a_key_of_another_scope_is_forbidden() {
    let file = [
        line("reader", KeyScope::Read, 1),
        line("root", KeyScope::Admin, 2),
        line("gateway", KeyScope::Score, 3),
    ];
    let (server, _) = guarded(&file.join("\n")).await;
    for number in [1, 2] {
        let refused = score_with(server.address, "a", number).await;
        check(ErrorKind::Forbidden, &refused);
        assert!(
            refused.json()["message"]
                .as_str()
                .is_some_and(|message| message.contains("`score`"))
        );
    }
    let message = frame(&encode("stillwatch.v1.Exchange", &exchange("a")));
    let (reader, headers) = (key(1), GRPC);
    let headers = [headers[0], headers[1], ("x-api-key", reader.expose())];
    let refused = http2(server.address, SCORE, &headers, message).await;
    assert_eq!(refused.grpc_status().0, 7, "PERMISSION_DENIED");
    assert_eq!(
        score_with(server.address, "a", 3).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn keys_are_exchanged_while_the_server_runs() {
    let (server, keys) = guarded(&line("old", KeyScope::Score, 1)).await;
    let at = server.address;
    assert_eq!(score_with(at, "a", 1).await.status, StatusCode::OK);
    keys.replace(&line("new", KeyScope::Score, 2))
        .expect("a keys file");
    check(ErrorKind::Unauthenticated, &score_with(at, "a", 1).await);
    assert_eq!(score_with(at, "a", 2).await.status, StatusCode::OK);
    assert!(keys.replace("nonsense").is_err());
    assert_eq!(
        score_with(at, "a", 2).await.status,
        StatusCode::OK,
        "the previous keys stay in use"
    );
    keys.replace("# nobody\n").expect("a keys file");
    check(ErrorKind::Unauthenticated, &score_with(at, "a", 2).await);
}

#[tokio::test]
async fn a_key_beyond_its_rate_is_refused_and_no_other_is() {
    let file = format!(
        "{} per_second=1 burst=2\n{}",
        line("eager", KeyScope::Score, 1),
        line("calm", KeyScope::Score, 2)
    );
    let (server, keys) = guarded(&file).await;
    let at = server.address;
    let mut calls = JoinSet::new();
    for _ in 0..40 {
        calls.spawn(score_with(at, "a", 1));
    }
    let mut refused = 0_u64;
    while let Some(call) = calls.join_next().await {
        let answer = call.expect("no panic");
        if answer.status != StatusCode::OK {
            check(ErrorKind::RateLimited, &answer);
            refused += 1;
        }
    }
    // Two concurrent requests, and one more for each second that this took.
    assert!(refused >= 20, "{refused}");
    let shed = Counts::of(at)
        .await
        .value("stillwatch_shed_total{reason=\"rate\"}");
    assert_eq!(shed, refused);
    assert_eq!(score_with(at, "a", 2).await.status, StatusCode::OK);
    // Reloading the same file refills no bucket: of the same number of concurrent requests, most are refused again.
    keys.replace(&file).expect("the same file");
    let mut calls = JoinSet::new();
    for _ in 0..40 {
        calls.spawn(score_with(at, "a", 1));
    }
    let mut passed = 0;
    while let Some(call) = calls.join_next().await {
        passed += u32::from(call.expect("no panic").status == StatusCode::OK);
    }
    assert!(passed <= 20, "{passed}");
}

#[tokio::test]
async fn a_key_has_its_own_number_of_concurrent_requests() {
    let file = format!(
        "{} at_once=1\n{}",
        line("eager", KeyScope::Score, 1),
        line("calm", KeyScope::Score, 2)
    );
    let (server, _) = guarded(&file).await;
    let at = server.address;
    let slow = tokio::spawn(score_with(at, "slow", 1));
    server.fake.begun(1).await;
    check(ErrorKind::RateLimited, &score_with(at, "a", 1).await);
    assert_eq!(score_with(at, "a", 2).await.status, StatusCode::OK);
    server.fake.release();
    assert_eq!(slow.await.expect("no panic").status, StatusCode::OK);
    assert_eq!(score_with(at, "a", 1).await.status, StatusCode::OK);
}

proptest! {
    /// A written line can be parsed, and reveals nothing of the key.
    #[test]
    fn a_line_can_be_read_back(
        name in "[A-Za-z0-9._-]{1,64}", random: [u8; 32], scopes in proptest::sample::subsequence(KeyScope::ALL, 1..=4),
        per_second in 0_u32..3, burst in 0_u32..3, at_once in 0_usize..3,
    ) {
        let key = ApiKey::from_bytes(random);
        let mut line = KeyLine::new(&name, &scopes, &key).map_err(TestCaseError::fail)?;
        line.rate_limit = RateLimit {
            requests_per_second: NonZeroU32::new(per_second),
            burst: NonZeroU32::new(burst).filter(|_| per_second > 0),
            max_concurrent_requests: NonZeroUsize::new(at_once),
        };
        let text = line.to_string();
        prop_assert!(!text.contains(&key.expose()[3..]));
        prop_assert_eq!(text.parse::<KeyLine>(), Ok(line));
    }

    /// Any text is a valid keys file or is refused with a line number.
    #[test]
    fn noise_is_refused_by_its_line(lines in proptest::collection::vec("[ -~]{0,80}", 0..5)) {
        let parsed = Keys::parse(&lines.join("\n"), RateLimit::default());
        if let Err(error) = parsed {
            prop_assert!(error.to_string().starts_with("line "), "{}", error);
        }
    }
}

#[test]
fn a_malformed_keys_file_is_refused_with_its_line() {
    let good = line("a", KeyScope::Score, 1);
    let hash = good.rsplit(' ').next().expect("a hash");
    for (file, expected) in [
        (
            format!("\n{good}\n{good}"),
            "line 3: duplicate name, first used on line 2",
        ),
        (
            format!("{good}\nb read {hash}"),
            "line 2: duplicate key, first used on line 1",
        ),
        (format!("a write {hash}"), "line 1: expected scopes"),
        (
            format!("a score {}", &hash[..20]),
            "line 1: expected `blake3:`",
        ),
        (format!("ä score {hash}"), "line 1: expected a name"),
        (
            format!("{good} per_second=0"),
            "line 1: expected per_second=N",
        ),
        (
            format!("{good} burst=2"),
            "line 1: expected per_second=N beside",
        ),
        (format!("{good} colour=2"), "line 1: expected per_second=N"),
        (key(1).expose().to_owned(), "line 1: expected a name"),
    ] {
        let error = Keys::parse(&file, RateLimit::default())
            .err()
            .expect("refused");
        assert!(error.to_string().starts_with(expected), "{error}");
    }
    let many: Vec<String> = (0..=1_000_u32)
        .map(|n| {
            let mut random = [0; 32];
            random[..4].copy_from_slice(&n.to_be_bytes());
            let key = ApiKey::from_bytes(random);
            KeyLine::new(&format!("k{n}"), &[KeyScope::Read], &key)
                .expect("a line")
                .to_string()
        })
        .collect();
    assert!(Keys::parse(&many.join("\n"), RateLimit::default()).is_err());
    let most = Keys::parse(&many[1..].join("\n"), RateLimit::default()).expect("at the bound");
    assert_eq!(most.count(), 1_000);
}
