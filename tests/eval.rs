//! Trails of small streams and the tables built from them, compared with figures worked by hand.

#[path = "eval/command.rs"]
mod command;
#[path = "eval/page.rs"]
mod page;
#[path = "eval/promise.rs"]
mod promise;
#[path = "eval/release.rs"]
mod release;
#[path = "eval/single.rs"]
mod single;

use proptest::prelude::*;
use serde_json::Value;

use stillwatch::internals::domain::{
    Assessment, Band, Label, Recommendation, Risk, Technique, Timestamp, Verdict,
};
use stillwatch::internals::eval::accounts::Collected;
use stillwatch::internals::eval::table::Layout;
use stillwatch::internals::eval::{Options, Report, Step, Trails};

const DAY: i64 = 86_400_000_000;

/// Builds the assessment of an exchange of `account` at a time in days, with its score and recommendation.
fn assessment(account: &str, day: f64, score: f64, recommendation: Recommendation) -> Assessment {
    let risk = Risk::from_logit(score);
    Assessment {
        exchange: None,
        account: account.to_owned(),
        time: Timestamp::from_micros((day * DAY as f64) as i64),
        seen: 1,
        risk,
        risk_low: risk,
        risk_high: risk,
        band: Band::Low,
        recommendation,
        mitigations: Vec::new(),
        techniques: Vec::new(),
        conversation_risk: Some(risk),
        reasons: Vec::new(),
        base: 0.0,
        score,
        truncated: false,
        duplicate: false,
        bundle: "default@1".into(),
    }
}

fn allowed(account: &str, day: f64, score: f64) -> Assessment {
    assessment(account, day, score, Recommendation::Allow)
}

fn benign(account: &str, application: &str) -> Label {
    Label {
        account: account.to_owned(),
        verdict: Verdict::Benign,
        techniques: Vec::new(),
        campaign: None,
        conversation: None,
        source: None,
        application: Some(application.to_owned()),
        language: Some("en".to_owned()),
        population: Some("tenant".to_owned()),
        cell: None,
        group: None,
        group_kind: None,
        successor_of: None,
    }
}

fn extracting(account: &str, pipeline: &str, campaign: &str) -> Label {
    Label {
        verdict: Verdict::Extraction,
        techniques: vec![
            Technique::CoordinatedAccounts,
            Technique::ReasoningHarvest,
            Technique::DatasetSynthesis,
        ],
        campaign: Some(campaign.to_owned()),
        population: Some("pure".to_owned()),
        ..benign(account, pipeline)
    }
}

/// Builds a step with ten output tokens.
fn step(assessment: &Assessment) -> Step<'_> {
    Step {
        assessment,
        conversation: None,
        output_tokens: 10,
    }
}

fn collect(labels: Vec<Label>, stream: &[Assessment]) -> Collected {
    let mut trails = Trails::new(labels);
    for assessment in stream {
        trails.add(step(assessment));
    }
    trails.finish()
}

fn quick() -> Options {
    Options {
        resamples: 40,
        thin: 1,
        ..Options::default()
    }
}

/// Returns the rows of the table whose title starts with `title`, as JSON objects.
fn rows(report: &Report, title: &str) -> Vec<Value> {
    let tables: Vec<Value> =
        serde_json::from_str(&report.render(Layout::Json)).expect("a report is JSON");
    let of = |table: &&Value| {
        let got = table["title"].as_str();
        got.is_some_and(|got| got.starts_with(title))
    };
    let table = tables.iter().find(of).expect("the table is there");
    table["rows"].as_array().expect("rows are a list").clone()
}

/// Returns the row whose `column` is `name`.
fn row(report: &Report, title: &str, column: &str, name: &str) -> Value {
    let found = rows(report, title)
        .into_iter()
        .find(|row| row[column] == name);
    found.unwrap_or_else(|| panic!("no row {name} in {title}"))
}

fn close(cell: &Value, expected: f64) {
    let value = cell["value"].as_f64();
    assert!(
        value.is_some_and(|value| (value - expected).abs() < 1e-9),
        "{cell} is not {expected}"
    );
}

/// Three hundred benign accounts that score 0 to 299 and four extracting ones.
fn three_hundred() -> Collected {
    let mut labels = Vec::new();
    let mut stream = Vec::new();
    for score in 0..300 {
        let account = format!("b{score}");
        labels.push(benign(&account, &format!("app-{}", score % 30)));
        stream.push(allowed(&account, 0.0, f64::from(score)));
    }
    for (account, score) in [("x1", 296.0), ("x2", 296.5), ("x3", 400.0), ("x4", 100.5)] {
        labels.push(extracting(account, &format!("pipe-{account}"), account));
        stream.push(allowed(account, 0.0, score));
    }
    collect(labels, &stream)
}

#[test]
fn recall_at_one_per_cent_by_hand() {
    let report = Report::new(&three_hundred(), &quick());
    let last = |figure: &str| {
        row(&report, "Account detection", "figure", figure)["at the last exchange"].clone()
    };
    // Three of 300 may be flagged: 297, 298 and 299, so the threshold is 296 and x1 is not above it.
    close(&last("recall at FPR 1%"), 0.5);
    // Wins: 296.5 and, with half a tie, 296 of x1; 297 of x2; 300 of x3; 101 of x4.
    close(&last("AUC"), (296.5 + 297.0 + 300.0 + 101.0) / 1_200.0);
    assert_eq!(last("applications"), 30);
    assert_eq!(last("pipelines"), 4);
    // 300 accounts cannot resolve a rate of 0.1%, and no account had ten exchanges.
    assert_eq!(last("recall at FPR 0.1%")["insufficient"], true);
    assert_eq!(last("recall at FPR 0.1%")["n"], 300);
    // Four pipelines among 34 groups give an interval; one pipeline of one campaign gives none.
    assert!(last("AUC")["low"].as_f64() < last("AUC")["high"].as_f64());
    let after = row(&report, "Account detection", "figure", "AUC")["after 10"].clone();
    assert_eq!(after["insufficient"], true);
    let x3 = row(&report, "Recall by slice", "slice", "pipe-x3");
    close(&x3["recall at FPR 1%"], 1.0);
    assert_eq!(x3["recall at FPR 1%"].get("low"), None);
}

#[test]
fn pipelines_are_listed_worst_first() {
    let report = Report::new(&three_hundred(), &quick());
    let pipelines: Vec<String> = rows(&report, "Recall by slice")
        .iter()
        .filter(|row| row["slice of"] == "pipeline")
        .map(|row| row["slice"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(pipelines, ["pipe-x1", "pipe-x4", "pipe-x2", "pipe-x3"]);
}

/// Four benign and three extracting accounts; two of the latter are one campaign.
fn small() -> (Vec<Label>, Vec<Assessment>) {
    let labels = vec![
        benign("b1", "app-1"),
        benign("b2", "app-1"),
        benign("b3", "app-2"),
        benign("b4", "app-3"),
        extracting("x1", "pipe-1", "c1"),
        extracting("x2", "pipe-1", "c1"),
        extracting("x3", "pipe-2", "c2"),
    ];
    let mut stream = Vec::new();
    // x1 has twelve exchanges and is never reviewed; x2 has six and is reviewed at its third, when x1 has had three;
    // x3 has four and is never reviewed. Benign accounts have eleven over ten days.
    for step in 0..12_u32 {
        let day = f64::from(step);
        stream.push(allowed("x1", day, 1.0));
        if step < 6 {
            let recommendation = match step {
                2 => Recommendation::Review,
                4 => Recommendation::Restrict,
                _ => Recommendation::Watch,
            };
            stream.push(assessment("x2", day, 2.0, recommendation));
        }
        if step < 4 {
            stream.push(allowed("x3", day, -1.0));
        }
        for account in ["b1", "b2", "b3", "b4"] {
            let review = account == "b2" && step == 5;
            let recommendation = if review {
                Recommendation::Review
            } else {
                Recommendation::Allow
            };
            if step < 11 {
                stream.push(assessment(account, day, -3.0, recommendation));
            }
        }
    }
    (labels, stream)
}

#[test]
fn a_trail_keeps_its_moments() {
    let (labels, stream) = small();
    let collected = collect(labels, &stream);
    let trail = |account: &str| {
        let of =
            |trail: &&stillwatch::internals::eval::AccountTrail| trail.label.account == account;
        collected.trails.iter().find(of).unwrap()
    };
    let marks = |account: &str| -> Vec<u64> {
        let trail = trail(account);
        trail.checkpoints.iter().map(|mark| mark.seen).collect()
    };
    assert_eq!(marks("x1"), [1, 5, 10]);
    assert_eq!(marks("x3"), [1]);
    assert_eq!(trail("x1").exchanges(), 12);
    // The recommendation fell back in between, but the first review stays recorded.
    assert_eq!(
        (trail("x2").first_review, trail("x2").first_restrict),
        (Some(3), Some(5))
    );
    assert_eq!(trail("x2").last.recommendation, Recommendation::Watch);
    assert!((trail("b1").days() - 10.0).abs() < 1e-9);
    assert_eq!(collected.backwards, 0);
}

#[test]
fn what_a_campaign_got_before_anybody_looked() {
    let (labels, stream) = small();
    let report = Report::new(&collect(labels, &stream), &quick());
    let two = row(&report, "Campaigns", "accounts in the campaign", "2 to 9");
    // c1: x1 three and x2 three of eighteen exchanges; one of its two accounts has a review.
    close(
        &two["leaked before the first review, mean of campaigns"],
        6.0 / 18.0,
    );
    close(&two["accounts found, mean of campaigns"], 0.5);
    let any = row(&report, "Campaigns", "accounts in the campaign", "any");
    // c2 was never reviewed: all of its four.
    close(
        &any["leaked before the first review, mean of campaigns"],
        f64::midpoint(6.0 / 18.0, 1.0),
    );
    close(
        &any["leaked before the first review, all exchanges"],
        10.0 / 22.0,
    );
    // Ten tokens for each exchange.
    close(&any["output tokens leaked, all"], 10.0 / 22.0);
    close(&any["campaigns with a review"], 0.5);
}

#[test]
fn false_alarms_by_hand() {
    let (labels, stream) = small();
    let report = Report::new(&collect(labels, &stream), &quick());
    let figure = |name: &str| row(&report, "False alarms", "figure", name)["value"].clone();
    close(&figure("ever review"), 0.25);
    close(&figure("ever restrict"), 0.0);
    // None among four accounts does not prove a rate of zero.
    assert_eq!(figure("ever restrict").get("low"), None);
    // One review in four times ten days.
    close(&figure("reviews per 1,000 account-days"), 25.0);
    close(&figure("with a review (Wilson interval)"), 1.0 / 3.0);
    close(&figure("ever review, worst language over all"), 1.0);
    let flagged = rows(&report, "Benign applications with a review");
    assert_eq!(flagged.len(), 1);
    assert_eq!(flagged[0]["application"], "app-1");
    assert_eq!(
        (&flagged[0]["accounts"], &flagged[0]["ever review"]),
        (&Value::from(2), &Value::from(1))
    );
}

#[test]
fn time_to_review_with_those_who_left() {
    let (labels, stream) = small();
    let report = Report::new(&collect(labels, &stream), &quick());
    let extracting = row(
        &report,
        "Exchanges until the first review",
        "accounts",
        "extracting",
    );
    // x2 is reviewed at its third exchange, with all three accounts still at risk: a third. x3 is censored at 4, x1 at
    // 12.
    close(&extracting["reviewed by 10"], 1.0 / 3.0);
    assert_eq!(extracting["median"], "not reached");
}

#[test]
fn thin_slices_say_so() {
    let (labels, stream) = small();
    let report = Report::new(&collect(labels, &stream), &Options { thin: 5, ..quick() });
    let text = report.render(Layout::Markdown);
    assert!(text.contains("| all | all | 4 | 3 | insufficient (n=4) | insufficient (n=4) |"));
    let any = row(&report, "Campaigns", "accounts in the campaign", "any");
    assert_eq!(any["campaigns with a review"]["insufficient"], true);
}

#[test]
fn risk_is_compared_at_the_prevalence_of_the_stream() {
    // At a prior of 10% the bundle gives everybody a risk of 10%: it is uninformative. Half of the stream extracts, so
    // shifted to the stream's prevalence it gives 50%, which is right.
    let uninformed = (0.1_f64 / 0.9).ln();
    let mut labels = Vec::new();
    let mut stream = Vec::new();
    for index in 0..40 {
        let account = format!("a{index:02}");
        labels.push(if index % 2 == 0 {
            benign(&account, &format!("app-{index}"))
        } else {
            extracting(&account, &format!("pipe-{index}"), &account)
        });
        stream.push(allowed(&account, 0.0, uninformed));
    }
    let report = Report::new(
        &collect(labels, &stream),
        &Options {
            prior: 0.1,
            ..quick()
        },
    );
    let last = |figure: &str| {
        row(&report, "Account detection", "figure", figure)["at the last exchange"].clone()
    };
    close(&last("expected calibration error"), 0.0);
    close(&last("Brier score"), 0.25);
    let tenths = rows(&report, "Reliability");
    assert_eq!(tenths.len(), 1, "equal risks share a row");
    close(&tenths[0]["mean risk said"], 0.5);
}

#[test]
fn what_is_in_no_figure_is_counted() {
    let about_a_conversation = Label {
        conversation: Some("conv-1".to_owned()),
        ..extracting("b1", "pipe-1", "c1")
    };
    let labels = vec![
        extracting("b1", "pipe-1", "c1"),
        benign("b1", "app-1"),
        about_a_conversation,
        benign("b2", "app-2"),
    ];
    let later = Assessment {
        seen: 2,
        ..allowed("stranger", 1.0, 0.0)
    };
    let stream = [
        allowed("b1", 2.0, 0.0),
        allowed("stranger", 0.0, 0.0),
        later,
    ];
    let collected = collect(labels, &stream);
    assert_eq!(collected.trails.len(), 1);
    assert!(!collected.trails[0].extraction(), "the last label counts");
    assert_eq!(
        (
            collected.silent,
            collected.conversation_labels,
            collected.replaced_labels,
            collected.unlabeled_accounts,
            collected.unlabeled_exchanges,
            collected.backwards,
        ),
        (1, 1, 1, 1, 2, 1)
    );
}

#[test]
fn nothing_collected_gives_tables_without_figures() {
    let report = Report::new(&Collected::default(), &Options::default());
    for layout in [
        Layout::Terminal(None),
        Layout::Terminal(Some(60)),
        Layout::Markdown,
        Layout::Csv,
        Layout::Json,
    ] {
        assert!(!report.render(layout).contains("NaN"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Neither the order of the accounts nor the interleaving of their exchanges changes a figure, where campaigns are
    /// single accounts.
    #[test]
    fn the_order_of_accounts_does_not_matter(
        accounts in prop::collection::vec(
            (any::<bool>(), 0_u8..4, prop::collection::vec((-40_i32..40, 0_u8..4), 1..14)),
            1..24,
        ),
        seed in any::<u64>(),
    ) {
        let mut labels = Vec::new();
        let mut streams: Vec<Vec<Assessment>> = Vec::new();
        for (index, (extracts, group, exchanges)) in accounts.iter().enumerate() {
            let account = format!("a{index}");
            labels.push(if *extracts {
                extracting(&account, &format!("pipe-{group}"), &account)
            } else {
                benign(&account, &format!("app-{group}"))
            });
            streams.push(exchanges.iter().map(|(score, recommendation)| {
                let recommendation = [
                    Recommendation::Allow,
                    Recommendation::Watch,
                    Recommendation::Review,
                    Recommendation::Restrict,
                ][usize::from(*recommendation)];
                assessment(&account, 1.0, f64::from(*score) / 10.0, recommendation)
            }).collect());
        }
        let collected = collect(labels.clone(), &streams.concat());
        let report = Report::new(&collected, &Options { seed, ..quick() });

        labels.reverse();
        let longest = streams.iter().map(Vec::len).max().unwrap_or(0);
        let interleaved: Vec<Assessment> = (0..longest)
            .flat_map(|step| streams.iter().rev().filter_map(move |own| own.get(step).cloned()))
            .collect();
        let mut other = collect(labels, &interleaved);
        other.trails.reverse();
        prop_assert_eq!(
            report.render(Layout::Json),
            Report::new(&other, &Options { seed, ..quick() }).render(Layout::Json)
        );
    }
}
