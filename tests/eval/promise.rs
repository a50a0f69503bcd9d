//! Conformal guarantees on benign accounts and alerts, on streams with known answers.

use stillwatch::internals::domain::{Assessment, Label};
use stillwatch::internals::eval::Report;
use stillwatch::internals::eval::accounts::Collected;

use super::{allowed, benign, collect, extracting, quick, row, rows};

/// Four hundred benign applications of two accounts each, and forty extracting accounts far above them. Every account
/// has twelve exchanges over three days, of which the eighth and the twelfth score highest.
fn stream(applications: u32) -> Collected {
    let mut labels: Vec<Label> = Vec::new();
    let mut scores: Vec<(String, f64)> = Vec::new();
    for application in 0..applications {
        for own in 0..2 {
            let account = format!("b{application}-{own}");
            labels.push(benign(&account, &format!("app-{application}")));
            // Every level once, in an order unrelated to the names.
            scores.push((account, f64::from(application * 37 % applications) / 100.0));
        }
    }
    for number in 0..40 {
        let account = format!("x{number}");
        labels.push(extracting(
            &account,
            &format!("pipe-{}", number % 8),
            &account,
        ));
        scores.push((account, 9.0));
    }
    let mut assessments: Vec<Assessment> = Vec::new();
    for exchange in 1..=12_u32 {
        for (account, score) in &scores {
            let day = f64::from((exchange - 1) / 4);
            let low = if matches!(exchange, 8 | 12) { 0.0 } else { 1.0 };
            // Scores before the first recommendation do not count.
            let score = if exchange < 5 { 50.0 } else { score - low };
            assessments.push(allowed(account, day, score));
        }
    }
    collect(labels, &assessments)
}

#[test]
fn a_promise_is_stated_and_measured_on_others() {
    let report = Report::new(&stream(400), &quick());
    let promises = rows(&report, "What can be promised");
    let of = |thresholds: &str, exchanges: &str| {
        let found = promises.iter().find(|row| {
            row["recommendation"] == "watch"
                && row["thresholds"] == thresholds
                && row["exchanges"] == exchanges
        });
        found
            .unwrap_or_else(|| panic!("{thresholds} {exchanges}"))
            .clone()
    };
    let number = |row: &serde_json::Value, column: &str| row[column]["value"].as_f64().unwrap();
    let single = of("single", "ever");
    let ever = of("by exposure", "ever");
    for row in [&single, &ever] {
        assert!((number(row, "promised at most") - 0.05).abs() < 1e-12);
        let certified = number(row, "certified at most");
        assert!(
            number(row, "measured") <= certified && certified < 0.15,
            "{row}"
        );
        let applications = row["applications"].as_u64().unwrap();
        let others = row["measured"]["n"].as_u64().unwrap();
        assert!(applications > 150 && others > 150 && applications + others == 400);
        assert!(row["measured"]["low"].as_f64() < row["measured"]["high"].as_f64());
    }
    // Two cells, four fifths of the rate in the first; no account passes for the first time where the score only
    // returns to an earlier level, unless the second threshold is lower.
    let [first, second] = ["up to 8", "from 9"].map(|exchanges| of("by exposure", exchanges));
    assert!((number(&first, "promised at most") - 0.04).abs() < 1e-12);
    assert!((number(&second, "promised at most") - 0.01).abs() < 1e-12);
    let sum = number(&first, "measured") + number(&second, "measured");
    assert!((sum - number(&ever, "measured")).abs() < 1e-12);
    assert_eq!(single["extrapolated"], "no");
    // 1% of 1%, spent on the second cell, is beyond what two hundred applications can certify.
    let review = promises
        .iter()
        .find(|row| row["recommendation"] == "review" && row["exchanges"] == "from 9");
    assert_eq!(review.unwrap()["extrapolated"], "yes");
}

#[test]
fn nothing_is_promised_on_a_handful_of_accounts() {
    let report = Report::new(&stream(20), &quick());
    assert!(rows(&report, "What can be promised").is_empty());
    let none = Report::new(&stream(0), &quick());
    assert!(rows(&none, "At most 100 alerts a day at a rate").is_empty());
}

#[test]
fn alerts_keep_the_rate_that_was_asked_for() {
    // Three days of at most 100 alerts, and scores that count from the first exchange on: on the first day all
    // accounts look alike.
    let report = Report::new(&stream(400), &quick());
    let listed = rows(&report, "At most 100 alerts a day at a rate");
    assert_eq!(listed.len(), 4);
    for row in &listed {
        assert_eq!(row["alerts"], 0, "everybody scored 50 once: {row}");
        assert_eq!(row["days"], 3);
    }
    let mut labels = Vec::new();
    let mut assessments = Vec::new();
    for application in 0..400 {
        let account = format!("b{application}");
        labels.push(benign(&account, &format!("app-{application}")));
        assessments.push(allowed(
            &account,
            0.0,
            f64::from(application % 40) / 20.0 - 1.0,
        ));
    }
    for number in 0..40 {
        let account = format!("x{number}");
        labels.push(extracting(
            &account,
            &format!("pipe-{}", number % 8),
            &account,
        ));
        assessments.push(allowed(&account, 0.0, 9.0));
    }
    let report = Report::new(&collect(labels, &assessments), &quick());
    for list in ["each day alone", "as a stream"] {
        let row = row(&report, "At most 100 alerts a day at a rate", "list", list);
        assert_eq!(row["alerts"], 40, "{row}");
        assert_eq!(row["extracting among them"], 40);
        assert_eq!(row["honest share"]["value"], 0.0);
    }
}
