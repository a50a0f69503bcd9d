//! Release checks: gates, comparison with another bundle, and the list of worst errors.

use stillwatch::internals::domain::{BaselineOf, Reason};
use stillwatch::internals::eval::Report;
use stillwatch::internals::eval::accounts::{compared, errors};
use stillwatch::internals::eval::gates::{self, GateError, Gates};
use stillwatch::internals::eval::table::Layout;

use super::{allowed, benign, close, collect, extracting, quick, three_hundred};

fn gates(figure: &str, bound: &str) -> Gates {
    let text = format!("[[gate]]\nfigure = \"{figure}\"\n{bound}\nwhy = \"a test\"\n");
    Gates::parse(&text).expect("a file of gates")
}

const RECALL: &str = "detection / recall at FPR 1% / at the last exchange";

#[test]
fn a_gate_holds_or_not() {
    // Recall is one half.
    let report = Report::new(&three_hundred(), &quick());
    let held = |bound: &str| gates(RECALL, bound).check(report.tables()).unwrap()[0].held;
    assert!(held("floor = 0.5") && held("ceiling = 0.5") && held("floor = 0.4\nceiling = 0.6"));
    assert!(!held("floor = 0.51") && !held("ceiling = 0.49"));
}

#[test]
fn what_was_not_measured_was_not_reached() {
    let report = Report::new(&three_hundred(), &quick());
    let figure = "detection / recall at FPR 0.1% / at the last exchange";
    let gates = gates(figure, "ceiling = 1.0");
    let checked = gates.check(report.tables()).unwrap();
    assert!(!checked[0].held);
    let text = gates::table(&checked).render(Layout::Markdown);
    assert!(
        text.contains("| NO |") && text.contains("insufficient (n=300)"),
        "{text}"
    );
}

#[test]
fn a_name_that_nothing_has_is_an_error_with_the_nearest() {
    let report = Report::new(&three_hundred(), &quick());
    let misspelt = "detection / Recal at FPR 1% / at last exchange";
    match gates(misspelt, "floor = 0.0").check(report.tables()) {
        Err(GateError::Unknown { nearest, .. }) => assert_eq!(nearest.as_deref(), Some(RECALL)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_gate_must_bound_something() {
    for (bound, form) in [
        ("", false),
        ("floor = nan", false),
        ("floor = 2.0\nceiling = 1.0", false),
        ("floor = \"high\"", true),
        ("flor = 1.0", true),
    ] {
        let text = format!("[[gate]]\nfigure = \"x\"\nwhy = \"a test\"\n{bound}\n");
        match Gates::parse(&text) {
            Err(GateError::Form(_)) => assert!(form, "{bound}"),
            Err(GateError::Bound { .. }) => assert!(!form, "{bound}"),
            other => panic!("{bound}: {other:?}"),
        }
    }
}

#[test]
fn no_two_figures_have_one_name() {
    let report = Report::new(&three_hundred(), &quick());
    let mut names: Vec<String> = report.figures().map(|(name, _)| name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(all > 100);
}

#[test]
fn bundles_differ_by_what_they_differ() {
    let own = three_hundred();
    let mut other = three_hundred();
    let found = other.trails.iter_mut().find(|t| t.label.account == "x1");
    found.unwrap().last.score = 500.0;
    let tables = compared(("own@1", &own), ("other@1", &other), &quick());
    let rows = tables[0].json()["rows"].as_array().unwrap().clone();
    let recall = rows
        .iter()
        .find(|row| row["figure"] == "recall at FPR 1%")
        .unwrap();
    close(&recall["own@1"], 0.5);
    close(&recall["other@1"], 0.75);
    close(&recall["difference"], -0.25);
    // Of 44 groups, x1's is drawn in most resamples and counted against itself.
    let [low, high] = ["low", "high"].map(|end| recall["difference"][end].as_f64().unwrap());
    assert!(low <= -0.25 && high <= 0.0, "{low} to {high}");
    // Compared with itself nothing differs, in any resample.
    let same = compared(("own@1", &own), ("own@1", &own), &quick());
    for row in same[0].json()["rows"].as_array().unwrap() {
        if row["difference"]["insufficient"] != true {
            close(&row["difference"], 0.0);
            assert_eq!(row["difference"].get("low"), None);
        }
    }
}

#[test]
fn the_worst_come_first_with_their_reasons() {
    let raised = |contribution| Reason {
        code: "swept_intent",
        technique: None,
        observed: 1.0,
        expected: 0.0,
        baseline_of: BaselineOf::Population,
        contribution,
        text: String::new(),
    };
    let mut loud = allowed("b2", 0.0, 3.0);
    loud.reasons = vec![raised(1.25), raised(-0.5)];
    let labels = vec![
        benign("b1", "app-1"),
        benign("b2", "app-2"),
        extracting("x1", "pipe-1", "c1"),
        extracting("x2", "pipe-2", "c2"),
    ];
    let stream = [
        allowed("b1", 0.0, -3.0),
        loud,
        allowed("x1", 0.0, 2.0),
        allowed("x2", 0.0, -9.0),
    ];
    let tables = errors(&collect(labels, &stream), 1);
    let [high, low] = [&tables[0], &tables[1]].map(|table| table.json()["rows"].clone());
    assert_eq!(high.as_array().unwrap().len(), 1);
    assert_eq!(high[0]["application or pipeline"], "app-2");
    assert_eq!(
        high[0]["strongest reasons (log-odds)"],
        "swept_intent +1.25, swept_intent -0.50"
    );
    assert_eq!(low[0]["account"], "x2");
}
