//! Tests of alert lists: by hand, against the definition, and by simulation with pools of perfectly correlated
//! accounts.

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::eval::conformal::e_value::EValues;
use crate::statistics::logistic::logit;
use crate::train::benign_sample::BenignScore;

const PLAN: Plan = Plan {
    alpha: 0.2,
    a_day: 1_000,
    expected: 400,
    waiting_max: 10_000,
};

#[test]
fn a_hand_worked_list() {
    // 4 accounts at 50%: 20 * 1, 15 * 2 and 3 * 3 reach 8, 1 * 4 does not.
    let values = [20.0, 1.0, 15.0, 3.0];
    assert_eq!(daily_list(&values, 0.5, 9), [0, 2, 3]);
    assert_eq!(daily_list(&values, 0.5, 2), [0, 2]);
    assert_eq!(daily_list(&values, 0.5, 0), [0; 0]);
    assert_eq!(daily_list(&[f64::NAN, -3.0, 0.0], 0.5, 9), [0; 0]);
    assert_eq!(daily_list(&[], 0.5, 9), [0; 0]);
    // No account is certain enough alone, two together are: with a budget of one, none is listed.
    let values = [5.0, 5.0, 0.0, 0.0];
    assert_eq!(daily_list(&values, 0.5, 2), [0, 1]);
    assert_eq!(daily_list(&values, 0.5, 1), [0; 0]);
}

#[test]
fn a_late_account_brings_an_early_one_along() {
    let plan = Plan {
        alpha: 0.5,
        a_day: 5,
        expected: 3,
        waiting_max: 9,
    };
    let mut budget = AlertBudget::new(plan).unwrap();
    // A part is 1 / 4 while three are expected: an e-value of 4 needs two, one of 8 needs one.
    budget.raise(1, 4.0);
    assert_eq!(budget.end_day(), [0; 0]);
    budget.raise(2, 4.0);
    assert_eq!(budget.end_day(), [1, 2]);
    budget.raise(1, 900.0);
    budget.raise(3, 2.0);
    assert_eq!(budget.end_day(), [0; 0]);
    // A lower value does not withdraw an earlier one, and a higher one counts.
    budget.raise(3, 3.0);
    budget.raise(3, 0.1);
    assert_eq!(budget.end_day(), [3]);
    assert_eq!((budget.shown(), budget.waiting()), (3, 0));
}

#[test]
fn the_days_share_what_one_day_cannot_show() {
    let plan = Plan { a_day: 2, ..PLAN };
    let mut budget = AlertBudget::new(plan).unwrap();
    for account in 0..5 {
        budget.raise(account, 1e6 - account as f64);
    }
    assert_eq!(budget.end_day(), [0, 1]);
    assert_eq!(budget.end_day(), [2, 3]);
    assert_eq!(budget.end_day(), [4]);
}

#[test]
fn memory_is_bounded_and_the_weakest_is_forgotten() {
    let plan = Plan {
        waiting_max: 3,
        ..PLAN
    };
    let mut budget = AlertBudget::new(plan).unwrap();
    for account in 0..100_u32 {
        budget.raise(account.into(), f64::from(account % 10));
        assert!(budget.waiting() <= 3 && budget.by_need.len() == budget.waiting());
    }
    assert!(budget.waiting.values().all(|own| own.account % 10 == 9));
    for account in 100..110 {
        budget.raise(account, 1e9);
        assert_eq!(budget.end_day().len(), 1);
        assert!(budget.shown_as.len() <= 3);
    }
    assert!(budget.shown_as.keys().all(|account| *account >= 107));
}

#[test]
fn refuses_what_cannot_be() {
    for plan in [
        Plan { alpha: 0.0, ..PLAN },
        Plan {
            alpha: f64::NAN,
            ..PLAN
        },
        Plan { a_day: 0, ..PLAN },
        Plan {
            expected: 0,
            ..PLAN
        },
        Plan {
            waiting_max: 0,
            ..PLAN
        },
    ] {
        assert!(matches!(
            AlertBudget::new(plan),
            Err(BudgetError::Plan { .. })
        ));
    }
    let mut budget = AlertBudget::new(PLAN).unwrap();
    budget.raise(1, 1.0);
    let good = serde_json::to_value(&budget).unwrap();
    for (key, bad) in [
        ("place", serde_json::json!(7)),
        ("need", serde_json::json!(-1.0)),
    ] {
        let mut spoiled = good.clone();
        spoiled["waiting"][0][key] = bad;
        assert!(
            serde_json::from_value::<AlertBudget>(spoiled).is_err(),
            "{key}"
        );
    }
}

/// A day's accounts: whether each extracts, and its score. Benign ones are independent, except for a pool of fifty
/// behind one client, which score identically; so do half of the extracting ones.
fn day(rng: &mut ChaCha8Rng) -> Vec<(bool, f64)> {
    let mut accounts: Vec<(bool, f64)> = (0..100).map(|_| (false, logistic(rng))).collect();
    let pool = logistic(rng);
    accounts.extend([(false, pool); 50]);
    let extraction = 6.0 + logistic(rng);
    accounts.extend([(true, extraction); 25]);
    accounts.extend((0..25).map(|_| (true, 6.0 + logistic(rng))));
    accounts
}

fn logistic(rng: &mut ChaCha8Rng) -> f64 {
    let u: f64 = rng.random_range(1e-12..1.0);
    logit(u)
}

fn calibrated(rng: &mut ChaCha8Rng) -> EValues {
    let row = |application| BenignScore {
        score: logistic(rng),
        application,
    };
    let sample: Vec<BenignScore> = (0..300).map(row).collect();
    EValues::fit(&sample, 1.0, 12.0).unwrap()
}

#[test]
fn accounts_that_act_together_do_not_spoil_the_rate() {
    let mut rng = ChaCha8Rng::seed_from_u64(17);
    let trials = 120;
    let (mut listed_benign, mut streamed_benign, mut found) = (0.0, 0.0, 0.0);
    for _ in 0..trials {
        let values = calibrated(&mut rng);
        let mut budget = AlertBudget::new(PLAN).unwrap();
        let mut accounts = Vec::new();
        let (mut benign, mut shown, mut worst) = (0.0, 0.0, 0.0_f64);
        for turn in 0..3 {
            let today = day(&mut rng);
            let e_values: Vec<f64> = today
                .iter()
                .map(|(_, score)| values.e_value(*score))
                .collect();
            if turn == 0 {
                let list = daily_list(&e_values, PLAN.alpha, 100);
                let wrong = list.iter().filter(|place| !today[**place].0).count();
                listed_benign += wrong as f64 / list.len().max(1) as f64;
                found += (list.len() - wrong) as f64 / 50.0;
            }
            for (value, (extraction, _)) in e_values.iter().zip(&today) {
                budget.raise(accounts.len() as u128, *value);
                accounts.push(*extraction);
            }
            for account in budget.end_day() {
                shown += 1.0;
                benign += f64::from(u8::from(!accounts[account as usize]));
            }
            worst = worst.max(benign / f64::max(shown, 1.0));
        }
        streamed_benign += worst;
    }
    let share = |sum: f64| sum / f64::from(trials);
    let (listed, streamed, found) = (share(listed_benign), share(streamed_benign), share(found));
    assert!(
        listed <= PLAN.alpha && streamed <= PLAN.alpha,
        "{listed} {streamed}"
    );
    assert!(found > 0.3, "{found}");
}

#[test]
fn the_rate_is_reached_by_the_worst_benign_accounts_there_are() {
    // All N share one e-value that is 1 / alpha with probability alpha: the list is all of them or none, so its
    // expected benign share is alpha, and any larger constant would show. Online, three quarters of the rate are
    // allotted.
    let mut rng = ChaCha8Rng::seed_from_u64(23);
    let trials = 20_000;
    let (mut daily, mut online) = (0.0, 0.0);
    for _ in 0..trials {
        let u: f64 = rng.random_range(0.0..1.0);
        let bet = |chance: f64| if u < chance { 1.0001 / chance } else { 0.0 };
        daily += f64::from(u8::from(!daily_list(&[bet(0.2); 20], 0.2, 20).is_empty()));
        let plan = Plan {
            expected: 20,
            ..PLAN
        };
        let mut budget = AlertBudget::new(plan).unwrap();
        (0..20).for_each(|account| budget.raise(account, bet(0.15)));
        online += f64::from(u8::from(!budget.end_day().is_empty()));
    }
    let n = f64::from(trials);
    assert!(
        (daily / n - 0.2).abs() < 0.012 && (online / n - 0.15).abs() < 0.012,
        "{daily} {online}"
    );
}

#[test]
fn parts_of_the_rate_sum_to_one() {
    let plan = Plan {
        expected: 7,
        ..PLAN
    };
    let sum: f64 = (0..7 * 1_023).map(|place| plan.part(place)).sum();
    assert!(sum < 1.0 && sum > 1.0 - 1e-5, "{sum}");
}

proptest! {
    #[test]
    fn the_longest_list_that_its_members_bear(
        values in prop::collection::vec(0.0_f64..60.0, 0..40),
        alpha in 0.01_f64..0.9,
        at_most in 0_usize..40,
    ) {
        let list = daily_list(&values, alpha, at_most);
        let bears = |k: usize| {
            let enough = values.iter().filter(|value| **value * alpha * k as f64 >= values.len() as f64);
            enough.count() >= k
        };
        prop_assert!(list.len() <= at_most);
        prop_assert!(list.is_empty() || bears(list.len()));
        for k in list.len() + 1..=at_most.min(values.len()) {
            prop_assert!(!bears(k));
        }
        prop_assert!(list.windows(2).all(|pair| values[pair[0]] >= values[pair[1]]));
    }

    #[test]
    fn as_online_e_bh_defines_it(
        days in prop::collection::vec(prop::collection::vec((0_u32..60, 0.0_f64..900.0), 0..20), 1..6),
        expected in 1_u64..30,
    ) {
        let plan = Plan { expected, ..PLAN };
        let mut budget = AlertBudget::new(plan).unwrap();
        let mut places: BTreeMap<u128, (u64, f64)> = BTreeMap::new();
        let mut shown = BTreeSet::new();
        for day in days {
            for (account, value) in day {
                let account = u128::from(account);
                budget.raise(account, value);
                let next = places.len() as u64;
                let own = places.entry(account).or_insert((next, 0.0));
                own.1 = own.1.max(value);
            }
            shown.extend(budget.end_day());
            // k = max {k : #{i : E_i >= 1 / (alpha gamma_i k)} >= k}, and all of those.
            let beyond = |k: usize| -> BTreeSet<u128> {
                let bears = |(_, (place, value)): &(&u128, &(u64, f64))| {
                    value * plan.alpha * plan.part(*place) * k as f64 >= 1.0
                };
                places.iter().filter(bears).map(|(account, _)| *account).collect()
            };
            let k = (1..=places.len()).rev().find(|k| beyond(*k).len() >= *k);
            prop_assert_eq!(&shown, &k.map_or_else(BTreeSet::new, beyond));
            let text = serde_json::to_string(&budget).unwrap();
            prop_assert_eq!(&serde_json::from_str::<AlertBudget>(&text).unwrap(), &budget);
        }
    }
}
