//! The review policy on an engine with the shipped bundle: the same answers for any caller and any number of threads,
//! a queue within its budget, marks that change the recommendation alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use stillwatch::internals::bundle::Bundle;
use stillwatch::internals::domain::{
    Assessment, Disposition, Exchange, Mark, MarkChange, MarkSubject, Mitigation, Recommendation,
    Timestamp,
};
use stillwatch::internals::engine::Engine;
use stillwatch::internals::policy::{Policy, PolicyMode, PolicySettings, ReviewFrom};
use stillwatch::internals::privacy::PseudonymKey;
use stillwatch::internals::simulate::corpus::Corpus;
use stillwatch::internals::simulate::{Plan, Scenario, write_stream};

fn engine() -> Engine {
    let bundle = Bundle::embedded().expect("the shipped bundle loads");
    Engine::new(bundle.into_engine_parts(PseudonymKey::offline()), 10_000)
}

/// Returns a policy under which even a small stream has more accounts than reviews.
fn tight() -> Arc<Policy> {
    Arc::new(Policy::new(PolicySettings {
        mode: PolicyMode::Budget,
        reviews_per_day: 2,
        review_from: ReviewFrom::Watch,
    }))
}

fn stream() -> Vec<Exchange> {
    let corpus = Corpus::miniature();
    let scenario = Scenario::parse(include_str!("../eval/scenarios/smoke.toml"))
        .expect("the built-in scenario");
    let plan = Plan::new(&scenario, &corpus, 3).expect("a plan of the miniature");
    let mut exchanges = Vec::new();
    let keep = |exchange: &Exchange| {
        exchanges.push(exchange.clone());
        Ok::<_, ()>(())
    };
    write_stream(&plan, &corpus, keep, |_| Ok(())).expect("nothing fails");
    exchanges.truncate(4_000);
    exchanges
}

fn at_least(assessments: &[Assessment], recommendation: Recommendation) -> usize {
    let all = assessments.iter();
    all.filter(|one| one.recommendation >= recommendation)
        .count()
}

#[test]
fn one_by_one_in_batches_and_on_any_number_of_threads_the_same_are_reviewed() {
    let exchanges = stream();
    let policy = tight();
    let alone = engine().with_policy(Arc::clone(&policy));
    let mut scored = Vec::new();
    for exchange in &exchanges {
        scored.push(alone.score(exchange));
        let state = policy.state();
        assert!(state.queued + state.reviewed_today <= 2);
    }
    let watched = at_least(&scored, Recommendation::Watch);
    let reviewed = at_least(&scored, Recommendation::Review);
    assert!(
        0 < reviewed && reviewed < watched,
        "{reviewed} of {watched}"
    );
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        let whole = engine().with_policy(tight());
        assert!(
            scored == pool.install(|| whole.score_batch(&exchanges)),
            "{threads} threads"
        );
    }
    let chunked = engine().with_policy(tight());
    let chunks = exchanges
        .chunks(7)
        .flat_map(|chunk| chunked.score_batch(chunk));
    assert!(scored == chunks.collect::<Vec<_>>());
}

#[test]
fn thresholds_are_the_bundles_own_advice() {
    let exchanges = stream();
    let thresholds = Policy::new(PolicySettings {
        mode: PolicyMode::Thresholds,
        ..PolicySettings::default()
    });
    let with = engine().with_policy(Arc::new(thresholds));
    assert!(engine().score_batch(&exchanges) == with.score_batch(&exchanges));
}

#[test]
fn a_mark_changes_the_recommendation_and_nothing_else() {
    let exchanges = stream();
    let policy = tight();
    let before = engine()
        .with_policy(Arc::clone(&policy))
        .score_batch(&exchanges);
    let reviewed = before
        .iter()
        .find(|one| one.recommendation >= Recommendation::Review);
    let account = reviewed.expect("somebody is reviewed").account.clone();
    let marked = tight();
    let key = PseudonymKey::offline().account(&account);
    let made_at = exchanges[0].time;
    let mark = Mark {
        subject: MarkSubject::Account(key),
        disposition: Disposition::BenignExpected,
        reason: "known".to_owned(),
        reviewer: "r".to_owned(),
        made_at,
        expires_at: Timestamp::from_micros(made_at.as_micros() + 300 * 86_400_000_000),
        review_at: None,
    };
    marked.apply(MarkChange::Made(mark)).expect("few marks");
    let engine = engine().with_policy(Arc::clone(&marked));
    let after = engine.score_batch(&exchanges);
    let mut others: BTreeMap<&str, usize> = BTreeMap::new();
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((before.risk, before.band), (after.risk, after.band));
        assert_eq!(before.score.to_bits(), after.score.to_bits());
        if after.recommendation >= Recommendation::Review {
            assert!(after.mitigations.contains(&Mitigation::VerifyAccount));
            *others.entry(&after.account).or_default() += 1;
        }
        let last = after.reasons.last().map(|reason| reason.code);
        assert_eq!(last == Some("marked_account"), after.account == account);
        if after.account == account {
            assert!(after.recommendation <= Recommendation::Watch);
            assert!(after.mitigations.is_empty());
            let sum: f64 = after.reasons.iter().map(|reason| reason.contribution).sum();
            assert!((after.base + sum - after.score).abs() < 1e-6);
        }
    }
    assert!(!others.is_empty(), "its place went to another");
    let state = engine.account(key).expect("a history");
    assert!(state.judgement.recommendation <= Recommendation::Watch);
    assert_eq!(
        state.judgement.reasons.last().map(|reason| reason.code),
        Some("marked_account")
    );
}

#[test]
fn the_queue_of_a_log_is_printed_and_a_policy_is_fitted_to_it() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let run = |arguments: &[&str]| {
        let output = assert_cmd::Command::cargo_bin("stillwatch")
            .expect("the binary")
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .expect("the program runs");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
        (String::from_utf8_lossy(&output.stdout).into_owned(), stderr)
    };
    run(&[
        "simulate",
        "--seed",
        "2",
        "--traffic",
        "t.jsonl",
        "--labels",
        "l.jsonl",
    ]);
    let queue = [
        "queue",
        "t.jsonl",
        "--review-from",
        "watch",
        "--reviews-per-day",
        "3",
        "-o",
        "json",
    ];
    let (printed, _) = run(&queue);
    let rows: Vec<serde_json::Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert!(!rows.is_empty() && rows.len() <= 3, "{printed}");
    let first = rows[0]["account"].as_str().expect("a name");
    let mark = serde_json::json!({
        "account": first, "disposition": "inconclusive", "reason": "seen", "reviewer": "r",
        "made_at": "2026-01-01T00:00:00Z", "expires_at": "2027-01-01T00:00:00Z",
    });
    std::fs::write(folder.path().join("m.jsonl"), format!("{mark}\n")).expect("a file");
    let (marked, _) = run(&[&queue[..], &["--marks", "m.jsonl"]].concat());
    assert!(
        !marked.contains(&format!("\"account\":\"{first}\"")),
        "{marked}"
    );

    let fit = ["policy", "fit", "--traffic", "t.jsonl", "-o", "csv"];
    let (unlabeled, settings) = run(&fit);
    assert!(!unlabeled.contains("precision") && settings.contains("reviews_per_day = 20"));
    let (labeled, _) = run(&[&fit[..], &["--labels", "l.jsonl"]].concat());
    assert!(labeled.contains("precision"), "{labeled}");
    let (_, settings) = run(&[&fit[..], &["--reviews-per-day", "7"]].concat());
    assert!(settings.contains("reviews_per_day = 7"), "{settings}");
}
