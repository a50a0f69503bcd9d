//! Tests of e-values: the mean of benign accounts, by hand and by simulation.

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

fn rows(scores: &[(f64, u64)]) -> Vec<BenignScore> {
    let row = |&(score, application)| BenignScore { score, application };
    scores.iter().map(row).collect()
}

#[test]
fn a_hand_worked_case() {
    // h = e^M: the applications' means are (1 + 3) / 2 and 6, so E of a score of ln 4 is 3 * 4 / (4 + 8).
    let ln = f64::ln;
    let sample = rows(&[(0.0, 7), (ln(3.0), 7), (ln(6.0), 9)]);
    let values = EValues::fit(&sample, 1.0, 9.0).unwrap();
    assert!((values.e_value(ln(4.0)) - 1.0).abs() < 1e-9);
    // Never more than the number of applications plus one, nor more than at the cap.
    assert!(values.e_value(1e9) <= 3.0 && values.e_value(1e9) == values.e_value(9.0));
    assert_eq!(values.e_value(f64::NEG_INFINITY), 0.0);
    assert_eq!(values.e_value(f64::NAN), 0.0);
}

#[test]
fn refuses_what_is_no_bet() {
    let sample = rows(&[(0.0, 1), (1.0, 2), (f64::NAN, 3)]);
    assert!(EValues::fit(&sample, 1.0, 9.0).is_ok_and(|values| values.applications() == 2));
    assert_eq!(
        EValues::fit(&sample[1..], 1.0, 9.0),
        Err(EValueError::TooFew { applications: 1 })
    );
    for (eta, cap) in [
        (0.0, 9.0),
        (f64::NAN, 9.0),
        (f64::INFINITY, 9.0),
        (1.0, f64::NAN),
    ] {
        let refused = EValues::fit(&sample, eta, cap);
        assert!(
            matches!(refused, Err(EValueError::Bet { .. })),
            "{eta} {cap}"
        );
    }
    let text = r#"{"eta":-1.0,"cap":9.0,"applications":5,"log_sum":0.0}"#;
    assert!(serde_json::from_str::<EValues>(text).is_err());
}

/// Returns the mean e-value of new benign accounts, and its standard error.
fn benign_mean(draw: impl Fn(&mut ChaCha8Rng, u64) -> Vec<BenignScore>, seed: u64) -> (f64, f64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let trials = 6_000;
    let values: Vec<f64> = (0..trials)
        .map(|_| {
            let sample: Vec<BenignScore> = (0..30).flat_map(|id| draw(&mut rng, id)).collect();
            let new = draw(&mut rng, 30);
            let values = EValues::fit(&sample, 1.0, 12.0).unwrap();
            let own: f64 = new.iter().map(|row| values.e_value(row.score)).sum();
            own / new.len() as f64
        })
        .collect();
    let n = f64::from(trials);
    let mean = values.iter().sum::<f64>() / n;
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / n;
    (mean, (variance / n).sqrt())
}

fn heavy(rng: &mut ChaCha8Rng) -> f64 {
    let u: f64 = rng.random_range(1e-9..1.0);
    // A Pareto tail of index 2: its bets have no mean, its e-values do.
    u.powf(-0.5)
}

#[test]
fn benign_accounts_bet_one_on_average() {
    // One account an application: exactly one, however heavy the tail.
    let (mean, error) = benign_mean(
        |rng, application| {
            vec![BenignScore {
                score: heavy(rng),
                application,
            }]
        },
        1,
    );
    assert!((mean - 1.0).abs() < 4.0 * error, "{mean} {error}");
    // Unequal applications whose accounts resemble each other: never more. Weighting accounts equally instead of
    // applications would fail here, since the large ones score low.
    let (mean, error) = benign_mean(
        |rng, application| {
            let level = heavy(rng);
            let accounts = if level < 1.2 { 40 } else { 1 };
            let account = |_| BenignScore {
                score: level + 0.3 * heavy(rng),
                application,
            };
            (0..accounts).map(account).collect()
        },
        2,
    );
    assert!(mean < 1.0 + 4.0 * error && mean > 0.8, "{mean} {error}");
}

proptest! {
    #[test]
    fn larger_with_the_score_and_kept_by_text(
        scores in prop::collection::vec((-20.0_f64..20.0, 0_u64..9), 2..40),
        a in -30.0_f64..30.0,
        b in -30.0_f64..30.0,
    ) {
        let mut sample = rows(&scores);
        let Ok(values) = EValues::fit(&sample, 1.0, 12.0) else { return Ok(()) };
        prop_assert!(values.e_value(a.min(b)) <= values.e_value(a.max(b)));
        prop_assert!(values.e_value(a) >= 0.0 && values.e_value(a) <= values.applications() as f64 + 1.0);
        let text = serde_json::to_string(&values).unwrap();
        prop_assert_eq!(serde_json::from_str::<EValues>(&text).unwrap(), values);
        sample.reverse();
        prop_assert_eq!(EValues::fit(&sample, 1.0, 12.0).unwrap(), values);
    }
}
