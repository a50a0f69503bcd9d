//! Tests of how thresholds are set and of the decisions that follow.

use super::*;
use crate::domain::{Band, Recommendation};
use crate::statistics::logistic::logit;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn one_each(scores: impl IntoIterator<Item = f64>) -> Vec<BenignScore> {
    scores
        .into_iter()
        .zip(0..)
        .map(|(score, application)| BenignScore { score, application })
        .collect()
}

/// Draws applications that each have their own level, as benign customers do.
fn population(applications: u64, accounts_each: u64, rng: &mut ChaCha8Rng) -> Vec<BenignScore> {
    let logistic = |rng: &mut ChaCha8Rng| {
        let u: f64 = rng.random_range(1e-12..1.0);
        logit(u)
    };
    let mut rows = Vec::new();
    for application in 0..applications {
        let level = logistic(rng);
        for _ in 0..accounts_each {
            rows.push(BenignScore {
                score: level + 0.5 * logistic(rng),
                application,
            });
        }
    }
    rows
}

#[test]
fn is_the_order_statistic_when_each_application_has_one_account() {
    let points =
        fit_operating_points(&one_each((1..=999).map(f64::from)), TargetRates::default()).unwrap();
    // ceil(1000 * 0.95), ceil(1000 * 0.99), ceil(1000 * 0.999).
    assert_eq!(points.watch().score, 950.0);
    assert_eq!(points.review().score, 990.0);
    assert_eq!(points.restrict().score, 999.0);
    assert!(!points.restrict().extrapolated);
    assert_eq!(points.review().accounts_beyond, 9);
    assert_eq!(
        points.decide(990.0),
        (Band::Elevated, Recommendation::Watch)
    );
    assert_eq!(points.decide(990.5), (Band::High, Recommendation::Review));
    assert_eq!(points.decide(f64::NAN), (Band::Low, Recommendation::Allow));
}

#[test]
fn says_when_there_are_too_few_applications_however_many_accounts() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let rows = population(60, 50, &mut rng);
    let points = fit_operating_points(&rows, TargetRates::default()).unwrap();
    assert!(!points.watch().extrapolated && points.review().extrapolated);
    assert_eq!(
        (points.review().accounts, points.review().applications),
        (3_000, 60)
    );
    // Sixty applications cannot certify 1%: the bound shows this, whatever the number of accounts.
    assert!(points.review().upper_by_applications > 0.04);
    assert!(points.review().upper_by_accounts < 0.02);
}

#[test]
fn a_large_application_does_not_outvote_the_others() {
    let mut rows = one_each((1..=100).map(f64::from));
    rows.extend((0..5_000).map(|_| BenignScore {
        score: -50.0,
        application: 1_000,
    }));
    let points = fit_operating_points(&rows, TargetRates::default()).unwrap();
    // 101 applications: the weight at or below must reach 102 * 0.95 = 96.9, of which the large one is 1.
    assert_eq!(points.watch().score, 96.0);
}

#[test]
fn new_applications_pass_at_most_as_often_as_aimed_at() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let rates = TargetRates {
        watch: 0.1,
        review: 0.05,
        restrict: 0.002,
    };
    let (mut review, mut restrict, mut held) = (0.0, 0.0, 0);
    for _ in 0..60 {
        let points = fit_operating_points(&population(80, 5, &mut rng), rates).unwrap();
        let fresh = population(400, 5, &mut rng);
        let beyond = |threshold: f64| {
            fresh.iter().filter(|row| row.score > threshold).count() as f64 / fresh.len() as f64
        };
        assert!(points.restrict().extrapolated && !points.review().extrapolated);
        review += beyond(points.review().score) / 60.0;
        restrict += beyond(points.restrict().score) / 60.0;
        held += u32::from(beyond(points.review().score) <= points.review().upper_by_applications);
    }
    assert!(review <= 0.055, "{review}");
    assert!(restrict <= 0.002 * 1.5, "{restrict}");
    assert!(held >= 54, "{held} of 60 upper bounds held");
}

#[test]
fn ties_and_tiny_samples() {
    let same = fit_operating_points(&one_each([2.5; 50]), TargetRates::default()).unwrap();
    assert_eq!(same.restrict().score, 2.5);
    assert_eq!(same.decide(2.5).0, Band::Low);
    let few = one_each([1.0; 39]);
    assert_eq!(
        fit_operating_points(&few, TargetRates::default()),
        Err(OperatingPointFitError::TooFew {
            accounts: 39,
            applications: 39
        })
    );
    let grown = TargetRates {
        watch: 0.01,
        review: 0.05,
        restrict: 0.001,
    };
    assert!(matches!(
        fit_operating_points(&one_each([1.0; 50]), grown),
        Err(OperatingPointFitError::Points(
            OperatingPointError::Rates { .. }
        ))
    ));
    let text = serde_json::to_string(&same)
        .unwrap()
        .replacen("\"score\":2.5", "\"score\":9.5", 1);
    assert!(serde_json::from_str::<OperatingPoints>(&text).is_err());
}

proptest! {
    #[test]
    fn order_of_rows_does_not_matter_and_text_keeps_decisions(
        rows in prop::collection::vec((-9.0_f64..9.0, 0_u64..30), 60..200),
        probe in -12.0_f64..12.0,
    ) {
        let rows: Vec<BenignScore> = rows
            .into_iter()
            .map(|(score, application)| BenignScore { score, application })
            .collect();
        let backwards: Vec<BenignScore> = rows.iter().rev().copied().collect();
        let points = fit_operating_points(&rows, TargetRates::default()).unwrap();
        prop_assert_eq!(&fit_operating_points(&backwards, TargetRates::default()).unwrap(), &points);
        let back: OperatingPoints =
            serde_json::from_str(&serde_json::to_string(&points).unwrap()).unwrap();
        for row in &rows {
            prop_assert_eq!(back.decide(row.score), points.decide(row.score));
        }
        prop_assert_eq!(back.decide(probe), points.decide(probe));
    }
}

#[test]
fn an_extrapolated_threshold_restricts_nobody() {
    let points =
        fit_operating_points(&one_each((1..=99).map(f64::from)), TargetRates::default()).unwrap();
    assert!(points.restrict().extrapolated);
    let beyond = points.restrict().score + 1.0;
    assert_eq!(
        points.decide(beyond),
        (Band::Severe, Recommendation::Review)
    );
}
