//! Single exchanges, technique classification, alert lists and cells of the grid, by hand.

use stillwatch::internals::domain::{Assessment, Label, Risk, Technique, TechniqueRisk};
use stillwatch::internals::eval::{Report, Step, Trails};

use super::{allowed, benign, close, collect, extracting, quick, row, rows};

fn exchange(account: &str, risk: f64, technique: Option<Technique>) -> Assessment {
    let risk = Risk::new(risk).expect("a probability");
    Assessment {
        conversation_risk: Some(risk),
        techniques: technique
            .map(|technique| TechniqueRisk { technique, risk })
            .into_iter()
            .collect(),
        ..allowed(account, 0.0, 0.0)
    }
}

#[test]
fn exchanges_are_told_apart_by_hand() {
    let reasoning = Some(Technique::ReasoningHarvest);
    let synthesis = Some(Technique::DatasetSynthesis);
    let labels = vec![
        benign("b1", "app-1"),
        benign("b2", "app-2"),
        Label {
            conversation: Some("odd".to_owned()),
            techniques: vec![Technique::DatasetSynthesis],
            ..extracting("b2", "pipe-2", "c2")
        },
        extracting("x1", "pipe-1", "c1"),
        Label {
            population: Some("mixed_50".to_owned()),
            ..extracting("x2", "pipe-1", "c1")
        },
    ];
    let mut trails = Trails::new(labels);
    let mut add = |conversation, times: u32, assessment: Assessment| {
        for _ in 0..times {
            trails.add(Step {
                assessment: &assessment,
                conversation,
                output_tokens: 0,
            });
        }
    };
    // One benign exchange of a hundred is above the threshold.
    add(None, 99, exchange("b1", 0.1, None));
    add(None, 1, exchange("b1", 0.9, reasoning));
    // Two exchanges of a conversation that extracts, in an account that does not.
    add(Some("odd"), 2, exchange("b2", 0.9, synthesis));
    // Four of ten are found, one of them as another technique.
    add(Some("any"), 3, exchange("x1", 0.9, reasoning));
    add(Some("any"), 1, exchange("x1", 0.9, synthesis));
    add(None, 6, exchange("x1", 0.05, reasoning));
    // For a mixed account it is unknown which exchanges extract.
    add(None, 50, exchange("x2", 0.9, synthesis));
    let report = Report::new(&trails.finish(), &quick());
    let of = |technique: &str| row(&report, "Conversations", "technique", technique);
    let any = of("any");
    assert_eq!(any["exchanges"], 12);
    close(&any["precision"], 6.0 / 7.0);
    close(&any["recall"], 6.0 / 12.0);
    let reasoning = of("reasoning_harvest");
    close(&reasoning["precision"], 3.0 / 4.0);
    close(&reasoning["recall"], 3.0 / 10.0);
    let synthesis = of("dataset_synthesis");
    close(&synthesis["precision"], 2.0 / 3.0);
    close(&synthesis["recall"], 1.0);
    close(
        &of("mean of techniques (macro)")["F1"],
        f64::midpoint(6.0 / 14.0, 0.8),
    );
}

#[test]
fn a_technique_is_the_likeliest_of_those_of_a_conversation() {
    let with_techniques = |account: &str, risks: &[(Technique, f64)]| Assessment {
        techniques: risks
            .iter()
            .map(|&(technique, risk)| TechniqueRisk {
                technique,
                risk: Risk::new(risk).unwrap(),
            })
            .collect(),
        ..allowed(account, 0.0, 0.0)
    };
    let labels = vec![
        benign("b1", "app-1"),
        extracting("x1", "pipe-1", "c1"),
        extracting("x2", "pipe-1", "c1"),
        extracting("x3", "pipe-2", "c2"),
    ];
    let stream = [
        // A false alarm; a correct technique behind a likelier habit; a wrong technique; a risk too low to be stated.
        with_techniques("b1", &[(Technique::ReasoningHarvest, 0.6)]),
        with_techniques(
            "x1",
            &[
                (Technique::ReasoningHarvest, 0.7),
                (Technique::TemplatedRepetition, 0.9),
            ],
        ),
        with_techniques(
            "x2",
            &[
                (Technique::ReasoningHarvest, 0.7),
                (Technique::TrajectoryHarvest, 0.8),
            ],
        ),
        with_techniques("x3", &[(Technique::ReasoningHarvest, 0.05)]),
    ];
    let report = Report::new(&collect(labels, &stream), &quick());
    let reasoning = row(&report, "Technique said", "technique", "reasoning_harvest");
    close(&reasoning["precision"], 0.5);
    close(&reasoning["recall"], 1.0 / 3.0);
    close(&reasoning["F1"], 0.4);
    let mean = row(
        &report,
        "Technique said",
        "technique",
        "mean of techniques (macro)",
    );
    // Trajectory extraction was predicted once, wrongly: 0. The two techniques that never occurred are left out.
    close(&mean["F1"], 0.2);
}

#[test]
fn a_hundred_accounts_a_day_by_hand() {
    let mut labels = Vec::new();
    let mut stream = Vec::new();
    for day in [0.0, 1.0] {
        for index in 0..150 {
            stream.push(allowed(&format!("x{index}"), day, 1.0));
        }
        for index in 0..100 {
            stream.push(allowed(&format!("b{index}"), day, 2.0));
        }
    }
    for index in 0..150 {
        labels.push(extracting(
            &format!("x{index}"),
            &format!("pipe-{index}"),
            "c",
        ));
    }
    for index in 0..100 {
        labels.push(benign(&format!("b{index}"), &format!("app-{index}")));
    }
    let report = Report::new(&collect(labels, &stream), &quick());
    let own = row(
        &report,
        "Looking at the 100",
        "population",
        "the stream's own",
    );
    // All benign accounts on the first day, two thirds of the others on the second.
    close(&own["looked at"], 200.0);
    close(&own["precision"], 0.5);
    let rare = row(
        &report,
        "Looking at the 100",
        "population",
        "extraction at 1e-3",
    );
    assert_eq!(rare["precision"]["insufficient"], true);
    // Weighted up to 1,498.5 benign accounts each, they fill both days.
    close(&rare["extracting among them"], 0.0);
}

#[test]
fn a_cell_is_the_labels_or_the_population() {
    let mut labels: Vec<Label> = (0..300)
        .map(|index| benign(&format!("b{index}"), &format!("app-{index}")))
        .collect();
    labels.push(extracting("x1", "pipe-1", "c1"));
    labels.push(Label {
        cell: Some("templates=50".to_owned()),
        ..extracting("x2", "pipe-2", "c2")
    });
    let mut stream: Vec<Assessment> = (0..300)
        .map(|index| allowed(&format!("b{index}"), 0.0, f64::from(index)))
        .collect();
    stream.extend([allowed("x1", 0.0, 10.0), allowed("x2", 0.0, 500.0)]);
    let report = Report::new(&collect(labels, &stream), &quick());
    let cells = rows(&report, "Grid: recall at FPR 1%");
    let names: Vec<&str> = cells
        .iter()
        .map(|row| row["cell"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["pure", "templates=50"]);
    close(&cells[0]["at the last exchange"], 0.0);
    close(&cells[1]["at the last exchange"], 1.0);
    assert_eq!(cells[1]["after 10"]["insufficient"], true);
}
