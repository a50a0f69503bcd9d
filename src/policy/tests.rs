//! Tests of the policy: who is in the queue, marks and their end, restriction after a watch, properties of the queue.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::{DAY_MICROS, Digest, Disposition};

const MINUTE: i64 = 60_000_000;
/// The templates of accounts that share none.
const NONE: Templates = Templates::new(None, None, None);

fn budget(reviews_per_day: u32) -> Policy {
    Policy::new(PolicySettings {
        reviews_per_day,
        ..PolicySettings::default()
    })
}

/// Returns the time `minute` minutes into day 20,000.
fn at(minute: i64) -> Timestamp {
    Timestamp::from_micros(20_000 * DAY_MICROS + minute * MINUTE)
}

fn standing(account: u128, minute: i64, score: f64, advice: Recommendation) -> Standing {
    Standing {
        account: AccountKey(account),
        time: at(minute),
        score,
        advice,
        templates: NONE,
    }
}

/// Sends one exchange of an account beyond the review point.
fn send(policy: &Policy, account: u128, minute: i64, score: f64) -> Recommendation {
    let standing = standing(account, minute, score, Recommendation::Review);
    policy.update(&standing).recommendation
}

fn queue(policy: &Policy) -> Vec<u128> {
    let queued = policy.queued(None, usize::MAX).into_iter();
    queued.map(|queued| queued.rank.account().0).collect()
}

fn mark_on(policy: &Policy, subject: MarkSubject, minute: i64, end: i64) {
    let mark = Mark {
        subject,
        disposition: Disposition::BenignExpected,
        reason: "known".to_owned(),
        reviewer: "r".to_owned(),
        made_at: at(minute),
        expires_at: at(end),
        review_at: policy.review_at(subject),
    };
    policy.apply(MarkChange::Made(mark)).unwrap();
}

fn mark(policy: &Policy, account: u128, minute: i64, end: i64) {
    mark_on(
        policy,
        MarkSubject::Account(AccountKey(account)),
        minute,
        end,
    );
}

#[test]
fn the_highest_ranked_are_reviewed_and_the_others_watched() {
    let policy = budget(2);
    assert_eq!(send(&policy, 1, 0, 1.0), Recommendation::Review);
    assert_eq!(send(&policy, 2, 1, 2.0), Recommendation::Review);
    assert_eq!(send(&policy, 3, 2, 0.5), Recommendation::Watch);
    assert_eq!(send(&policy, 4, 3, 3.0), Recommendation::Review);
    assert_eq!(queue(&policy), [4, 2]);
    assert_eq!(
        send(&policy, 1, 4, 1.0),
        Recommendation::Watch,
        "displaced by a higher one"
    );
    assert_eq!(
        send(&policy, 5, 5, 2.0),
        Recommendation::Watch,
        "a tie goes to the lower key"
    );
    assert_eq!(policy.state().waiting, 3);
    let calm = standing(4, 6, -1.0, Recommendation::Allow);
    assert_eq!(policy.update(&calm).recommendation, Recommendation::Allow);
    assert_eq!(queue(&policy), [2, 5]);
}

#[test]
fn an_account_leaves_after_a_day_without_an_exchange() {
    let policy = budget(2);
    send(&policy, 1, 0, 9.0);
    send(&policy, 2, 60, 1.0);
    send(&policy, 2, 24 * 60, 1.0);
    assert_eq!(queue(&policy), [1, 2], "a day later to the minute");
    send(&policy, 2, 24 * 60 + 1, 1.0);
    assert_eq!(queue(&policy), [2]);
    let decision = policy.decide(AccountKey(1), Recommendation::Review, NONE);
    assert_eq!(decision.recommendation, Recommendation::Watch);
}

#[test]
fn a_reviewed_account_keeps_its_place_used_until_the_day_ends() {
    let policy = budget(2);
    for account in 1..=4 {
        send(&policy, account, 0, account as f64);
    }
    assert_eq!(queue(&policy), [4, 3]);
    mark(&policy, 4, 1, 100_000);
    assert_eq!(queue(&policy), [3], "one review is left, and 3 had it");
    assert_eq!(policy.state().reviewed_today, 1);
    assert_eq!(send(&policy, 4, 2, 9.0), Recommendation::Watch, "marked");
    mark(&policy, 1, 2, 100_000);
    assert_eq!(
        queue(&policy),
        [3],
        "a mark on one who waits takes no review"
    );
    mark(&policy, 3, 3, 100_000);
    assert_eq!(queue(&policy), [] as [u128; 0]);
    assert_eq!(
        send(&policy, 2, 23 * 60, 5.0),
        Recommendation::Watch,
        "no review is left"
    );
    assert_eq!(
        send(&policy, 2, 24 * 60, 5.0),
        Recommendation::Review,
        "the next day"
    );
}

#[test]
fn a_mark_ends_by_event_time_and_can_be_taken_back() {
    let policy = budget(2);
    send(&policy, 1, 0, 1.0);
    mark(&policy, 1, 0, 60);
    let standing = standing(1, 59, 1.0, Recommendation::Restrict);
    let marked = policy.update(&standing);
    assert_eq!(marked.recommendation, Recommendation::Watch);
    assert_eq!(marked.mark.unwrap().expires_at, at(60));
    let ended = policy.update(&Standing {
        time: at(60),
        ..standing
    });
    assert_eq!(
        (ended.recommendation, ended.mark),
        (Recommendation::Restrict, None)
    );

    mark(&policy, 1, 61, 10_000);
    assert_eq!(queue(&policy), [] as [u128; 0]);
    let subject = MarkSubject::Account(AccountKey(1));
    let removed = || MarkChange::Removed {
        subject,
        reviewer: "r".to_owned(),
        removed_at: at(62),
    };
    // Both reviews of the day are done.
    assert_eq!(policy.apply(removed()), Ok(true));
    assert_eq!(policy.apply(removed()), Ok(false));
    assert_eq!((queue(&policy).len(), policy.state().waiting), (0, 1));
    send(&policy, 1, 24 * 60, 1.0);
    assert_eq!(queue(&policy), [1], "it competes again");
}

#[test]
fn a_mark_on_a_template_covers_those_who_mostly_use_it() {
    let policy = budget(3);
    let shared = |account: u128, templates| Standing {
        templates,
        ..standing(account, 0, account as f64, Recommendation::Review)
    };
    let suite = Templates::new(Some(Digest(7)), Some(Digest(8)), None);
    let same_head = Templates::new(None, Some(Digest(8)), Some(Digest(9)));
    for (account, templates) in [(1, NONE), (2, suite), (3, same_head), (4, suite)] {
        policy.update(&shared(account, templates));
    }
    assert_eq!(suite.main(), Some(Digest(7)));
    mark_on(&policy, MarkSubject::Template(Digest(7)), 1, 100);
    assert_eq!(queue(&policy), [3, 1], "one review for both accounts");
    assert_eq!(policy.state().reviewed_today, 1);
    mark_on(&policy, MarkSubject::Template(Digest(8)), 1, 100);
    assert_eq!(queue(&policy), [1]);
    let covered = policy.update(&shared(5, suite));
    assert_eq!(
        covered.recommendation,
        Recommendation::Watch,
        "another account of it"
    );
    assert!(covered.mark.is_some());
    send(&policy, 1, 100, 1.0);
    assert_eq!(queue(&policy).first(), Some(&5), "both marks have ended");
}

#[test]
fn nobody_is_restricted_before_an_hour_at_watch() {
    let policy = budget(2);
    let restrict = |minute| policy.update(&standing(1, minute, 9.0, Recommendation::Restrict));
    assert_eq!(
        restrict(0).recommendation,
        Recommendation::Review,
        "at once"
    );
    assert_eq!(restrict(59).recommendation, Recommendation::Review);
    assert_eq!(restrict(60).recommendation, Recommendation::Restrict);
    // A spell below `watch` begins the hour anew.
    policy.update(&standing(1, 61, 0.0, Recommendation::Allow));
    policy.update(&standing(1, 62, 1.0, Recommendation::Watch));
    assert_eq!(restrict(63).recommendation, Recommendation::Review);
    assert_eq!(restrict(122).recommendation, Recommendation::Restrict);
}

#[test]
fn under_thresholds_the_bundle_decides_and_marks_still_hold() {
    let policy = Policy::new(PolicySettings {
        mode: PolicyMode::Thresholds,
        reviews_per_day: 1,
        ..PolicySettings::default()
    });
    for account in 1..=5 {
        for advice in Recommendation::ALL {
            let decision = policy.update(&standing(account, 0, account as f64, *advice));
            assert_eq!(decision.recommendation, *advice);
        }
    }
    assert_eq!(queue(&policy), [5, 4, 3, 2, 1]);
    mark(&policy, 5, 0, 10);
    let marked = policy.update(&standing(5, 0, 5.0, Recommendation::Restrict));
    assert_eq!(marked.recommendation, Recommendation::Watch);
    assert_eq!(queue(&policy), [4, 3, 2, 1]);
}

#[test]
fn from_watch_more_accounts_compete() {
    let policy = Policy::new(PolicySettings {
        review_from: ReviewFrom::Watch,
        ..PolicySettings::default()
    });
    let watch = policy.update(&standing(1, 0, 1.0, Recommendation::Watch));
    assert_eq!(watch.recommendation, Recommendation::Review);
    let watch = budget(1).update(&standing(1, 0, 1.0, Recommendation::Watch));
    assert_eq!(watch.recommendation, Recommendation::Watch);
}

#[test]
fn another_bundles_scores_are_forgotten_and_the_days_reviews_are_not() {
    let policy = budget(2);
    send(&policy, 1, 0, 1.0);
    send(&policy, 2, 0, 2.0);
    mark(&policy, 2, 1, 100);
    policy.forget_scores();
    assert_eq!(policy.state().queued, 0);
    assert_eq!((policy.state().reviewed_today, policy.marks()), (1, 1));
    send(&policy, 3, 2, 1.0);
    send(&policy, 1, 2, 0.5);
    assert_eq!(queue(&policy), [3]);
    policy.forget(AccountKey(3));
    assert_eq!(queue(&policy), [1]);
}

#[test]
fn a_rank_orders_as_numbers_do_and_survives_its_token() {
    let scores = [f64::MAX, 3.0, 0.5, 0.0, -0.5, -3.0, f64::MIN];
    let ranks = scores.map(|score| Rank::new(score, AccountKey(5)));
    assert!(ranks.is_sorted_by(|a, b| a < b), "highest score first");
    for rank in ranks {
        assert_eq!(Rank::from_token(&rank.to_token()), Some(rank));
    }
    for token in ["", "-", "0", "zz-5", "0000000000000000-5"] {
        assert_eq!(Rank::from_token(token), None, "{token}");
    }
}

/// One step of a random history.
#[derive(Clone, Copy, Debug)]
enum Event {
    Exchange {
        account: u128,
        minutes: i64,
        score: i8,
    },
    Mark {
        place: usize,
        days: i64,
    },
    Unmark {
        account: u128,
    },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (0..12_u128, 0..400_i64, -20..20_i8)
            .prop_map(|(account, minutes, score)| Event::Exchange { account, minutes, score }),
        2 => (0..4_usize, 1..3_i64).prop_map(|(place, days)| Event::Mark { place, days }),
        1 => (0..12_u128).prop_map(|account| Event::Unmark { account }),
    ]
}

proptest! {
    #[test]
    fn no_day_asks_for_more_than_its_budget_and_nobody_outside_ranks_higher(
        events in prop::collection::vec(event(), 1..200),
        reviews in 1..4_u32,
    ) {
        let policy = budget(reviews);
        let (mut minute, mut day) = (0, 0);
        let mut reviewed = BTreeSet::new();
        // The naive policy: each account's latest score and exchange, each mark's end.
        let mut latest: BTreeMap<u128, (i8, i64)> = BTreeMap::new();
        let mut marks: BTreeMap<u128, i64> = BTreeMap::new();
        for event in events {
            match event {
                Event::Exchange { account, minutes, score } => {
                    minute += minutes;
                    if minute / (24 * 60) > day {
                        day = minute / (24 * 60);
                        reviewed.clear();
                    }
                    let advice = if score > 0 { Recommendation::Review } else { Recommendation::Allow };
                    policy.update(&standing(account, minute, f64::from(score), advice));
                    latest.insert(account, (score, minute));
                }
                Event::Mark { place, days } => {
                    if let Some(&account) = queue(&policy).get(place) {
                        mark(&policy, account, minute, minute + days * 24 * 60);
                        marks.insert(account, minute + days * 24 * 60);
                        // An account may be reviewed twice a day, when its mark is taken back.
                        reviewed.insert((reviewed.len(), account));
                    }
                }
                Event::Unmark { account } => {
                    let subject = MarkSubject::Account(AccountKey(account));
                    let removed = MarkChange::Removed {
                        subject, reviewer: String::new(), removed_at: at(minute),
                    };
                    policy.apply(removed).unwrap();
                    marks.remove(&account);
                }
            }
            let asked = queue(&policy);
            prop_assert!(asked.len() + reviewed.len() <= reviews as usize);
            let mut eligible: Vec<(i8, u128)> = latest
                .iter()
                .filter(|(account, (score, last))| {
                    *score > 0
                        && minute - last <= 24 * 60
                        && marks.get(*account).is_none_or(|end| *end <= minute)
                })
                .map(|(account, (score, _))| (*score, *account))
                .collect();
            eligible.sort_by_key(|(score, account)| (std::cmp::Reverse(*score), *account));
            let places = reviews as usize - reviewed.len();
            let expected: Vec<u128> = eligible.iter().take(places).map(|(_, account)| *account).collect();
            prop_assert_eq!(asked, expected);
            prop_assert_eq!(policy.state().reviewed_today, reviewed.len());
        }
    }
}
