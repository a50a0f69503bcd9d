//! Tests of the review queue and its marks over the wire: pages, reviews, marks taken back, and refused requests.

use std::sync::Arc;

use serde_json::{Value, json};
use stillwatch::internals::domain::{Mark, MarkChange, MarkSubject, Recommendation, Timestamp};
use stillwatch::internals::policy::{
    Policy, PolicySettings, QueueState, Rank, Standing, Templates,
};
use stillwatch::internals::server::{Accounts, QueuedAccount, ReviewError, Reviews, SubmittedMark};

use crate::client::post_json;
use crate::fixture::{Fake, Running, pseudonymizer};
use crate::services::{call, read, score};

const QUEUE: (&str, &str) = ("ListQueueRequest", "ListQueueResponse");
const SUBMIT: (&str, &str) = ("SubmitMarkRequest", "SubmitMarkResponse");
const MARKS: (&str, &str) = ("ListMarksRequest", "ListMarksResponse");

/// Reviews without a file: three accounts in a queue of three places, the first first.
pub(crate) struct Desk {
    policy: Policy,
    fake: Arc<Fake>,
}

impl Desk {
    pub(crate) fn new(fake: Arc<Fake>) -> Self {
        let policy = Policy::new(PolicySettings {
            reviews_per_day: 3,
            ..PolicySettings::default()
        });
        for (score, account) in [(3.0, "q-1"), (2.0, "q-2"), (1.0, "q-3")] {
            policy.update(&Standing {
                account: pseudonymizer().account(account),
                time: Timestamp::from_micros(1_780_000_000_000_000),
                score,
                advice: Recommendation::Review,
                templates: Templates::default(),
            });
        }
        Self { policy, fake }
    }
}

/// Answers depend on the reviewer's name: `full` and `unwritable` are refused.
impl Reviews for Desk {
    fn state(&self) -> QueueState {
        self.policy.state()
    }

    fn queue_after(&self, after: Option<Rank>, at_most: usize) -> Vec<QueuedAccount> {
        let queued = self.policy.queued(after, at_most).into_iter();
        queued
            .map(|queued| QueuedAccount {
                queued,
                state: self.fake.account(queued.rank.account()),
            })
            .collect()
    }

    fn submit(&self, mark: Mark) -> Result<SubmittedMark, ReviewError> {
        match mark.reviewer.as_str() {
            "full" => return Err(ReviewError::Full { bound: 3 }),
            "unwritable" => return Err(ReviewError::Unwritable),
            _ => {}
        }
        let review_at = self.policy.review_at(mark.subject);
        let made = MarkChange::Made(Mark { review_at, ..mark });
        Ok(SubmittedMark {
            replaced: self.policy.apply(made).expect("few marks"),
            marks: self.policy.marks(),
            reviewed: review_at.is_some(),
        })
    }

    fn remove(
        &self,
        subject: MarkSubject,
        reviewer: String,
        now: Timestamp,
    ) -> Result<bool, ReviewError> {
        let removed_at = now;
        Ok(self
            .policy
            .apply(MarkChange::Removed {
                subject,
                reviewer,
                removed_at,
            })
            .expect("removing always has room"))
    }

    fn marks_after(&self, after: Option<MarkSubject>, at_most: usize) -> Vec<Mark> {
        self.policy.marks_after(after, at_most)
    }
}

/// Sends a request that must be answered.
async fn answered(server: &Running, method: &str, request: Value) -> Value {
    let path = format!("/stillwatch.v1.ReviewService/{method}");
    let answer = post_json(server.address, &path, request.to_string()).await;
    let everything = answer.everything();
    assert!(answer.status.is_success(), "{request}: {everything}");
    answer.json()
}

/// Starts a server on which the queued accounts have histories.
async fn with_queue() -> Running {
    let server = Running::start().await;
    for account in ["q-1", "q-2", "q-3"] {
        score(&server, account, "1").await;
    }
    server
}

/// Lists the pseudonyms of the queue in pages of `size`.
async fn queue(server: &Running, size: usize) -> Vec<Value> {
    let (mut found, mut token) = (Vec::new(), json!(""));
    loop {
        let request = json!({"page_size": size, "page_token": token});
        let page = read(server, "ReviewService/ListQueue", QUEUE, request).await;
        let rows = page["accounts"].as_array().cloned().unwrap_or_default();
        found.extend(rows.iter().map(|row| row["pseudonym"].clone()));
        match page.get("next_page_token") {
            Some(next) => token = next.clone(),
            None => return found,
        }
    }
}

fn mark(subject: &Value) -> Value {
    let mut mark = json!({
        "disposition": "benign_expected", "reason": "a suite that we know", "reviewer": "r7",
        "expires_at": far_enough(),
    });
    for (name, value) in subject.as_object().expect("a subject") {
        mark[name] = value.clone();
    }
    mark
}

/// Returns a time that a mark may end at now.
fn far_enough() -> String {
    let in_a_month = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 30);
    in_a_month.to_string()
}

#[tokio::test]
async fn the_queue_is_listed_in_the_order_of_ranks_for_any_page_size() {
    let server = with_queue().await;
    let expected: Vec<Value> = ["q-1", "q-2", "q-3"]
        .map(|name| json!(pseudonymizer().account(name).to_string()))
        .into();
    for size in 1..=4 {
        assert_eq!(queue(&server, size).await, expected, "pages of {size}");
    }
    let all = answered(&server, "ListQueue", json!({})).await;
    assert_eq!(
        (
            &all["mode"],
            &all["reviews_per_day"],
            &all["reviewed_today"],
            &all["waiting"]
        ),
        (&json!("budget"), &json!(3), &json!(0), &json!(0))
    );
    let first = &all["accounts"][0];
    for field in [
        "risk",
        "risk_low",
        "risk_high",
        "band",
        "since",
        "last_seen",
    ] {
        assert!(first.get(field).is_some(), "{field}: {first}");
    }
}

#[tokio::test]
async fn a_mark_takes_out_of_the_queue_until_it_is_taken_back() {
    let server = with_queue().await;
    let pseudonym = pseudonymizer().account("q-2").to_string();
    let marked = answered(&server, "SubmitMark", mark(&json!({"account": "q-2"}))).await;
    assert_eq!(
        marked,
        json!({"marks": 1, "replaced": false, "reviewed": true})
    );
    let again = mark(&json!({"pseudonym": pseudonym}));
    let marked = answered(&server, "SubmitMark", again).await;
    assert_eq!(
        marked,
        json!({"marks": 1, "replaced": true, "reviewed": false})
    );
    assert_eq!(queue(&server, 10).await.len(), 2);
    let template = mark(&json!({"template": "00000000000000ff"}));
    answered(&server, "SubmitMark", template).await;
    let listed = read(&server, "ReviewService/ListMarks", MARKS, json!({})).await;
    assert_eq!(listed["marks"][0]["pseudonym"], json!(pseudonym));
    assert_eq!(listed["marks"][0]["reason"], "a suite that we know");
    assert_eq!(listed["marks"][1]["template"], "00000000000000ff");
    let first = json!({"page_size": 1});
    let first = read(&server, "ReviewService/ListMarks", MARKS, first).await;
    let next = json!({"page_token": first["next_page_token"]});
    let rest = read(&server, "ReviewService/ListMarks", MARKS, next).await;
    assert_eq!(rest["marks"], json!([listed["marks"][1]]));

    let back = json!({"account": "q-2", "reviewer": "r8"});
    let removed = answered(&server, "RemoveMark", back.clone()).await;
    assert_eq!(removed, json!({"removed": true}));
    let removed = answered(&server, "RemoveMark", back).await;
    assert_eq!(removed, json!({"removed": false}));
    let state = answered(&server, "ListQueue", json!({})).await;
    let counts = (&state["reviewed_today"], &state["waiting"]);
    assert_eq!(
        counts,
        (&json!(1), &json!(1)),
        "it waits for a place: one review is done"
    );
}

#[tokio::test]
async fn invalid_marks_and_pages_are_refused() {
    let server = Running::start().await;
    let without = |field: &str| {
        let mut mark = mark(&json!({"account": "a"}));
        mark.as_object_mut().expect("a mark").remove(field);
        mark
    };
    let with = |field: &str, value: Value| {
        let mut mark = mark(&json!({"account": "a"}));
        mark[field] = value;
        mark
    };
    for (mark, reason) in [
        (without("account"), "missing_field"),
        (without("disposition"), "missing_field"),
        (without("reason"), "missing_field"),
        (without("reviewer"), "missing_field"),
        (without("expires_at"), "missing_field"),
        (mark(&json!({"pseudonym": "7"})), "bad_value"),
        (mark(&json!({"template": "7"})), "bad_value"),
        (with("disposition", json!("guilty")), "bad_value"),
        (
            with("expires_at", json!("2026-01-01T00:00:00Z")),
            "bad_value",
        ),
        (
            with("expires_at", json!("2199-01-01T00:00:00Z")),
            "bad_value",
        ),
        (with("reason", json!("r".repeat(1_025))), "over_bound"),
        (with("reviewer", json!("full")), "marks_full"),
        (with("reviewer", json!("unwritable")), "internal"),
    ] {
        let got = call(&server, "ReviewService/SubmitMark", SUBMIT, mark.clone()).await;
        assert_eq!(got, reason, "{mark}");
    }
    for (method, types) in [("ListQueue", QUEUE), ("ListMarks", MARKS)] {
        let method = format!("ReviewService/{method}");
        let page = json!({"page_size": 1_001});
        assert_eq!(call(&server, &method, types, page).await, "over_bound");
        let page = json!({"page_token": "x"});
        assert_eq!(call(&server, &method, types, page).await, "bad_value");
    }
}
