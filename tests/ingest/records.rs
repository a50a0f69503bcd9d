//! One line of the other formats.

use stillwatch::internals::domain::{
    AccountKey, AccountRef, Assessment, Band, BaselineOf, GroupKind, Label, Mitigation, PoolRecord,
    Reason, Recommendation, Risk, Technique, TechniqueRisk, Timestamp, Verdict,
};
use stillwatch::internals::wire::json::{AssessmentLine, FromLine};

use super::line_of;

#[test]
fn labels_read_and_write() {
    let line = r#"{"account":"acc-1","label":"extraction","techniques":["reasoning_harvest","model_switching"],"campaign":"c7","conversation":null,"source":"reviewer","application":"app-12","language":"zh"}"#;
    let label = Label::from_line(line.as_bytes()).unwrap().record;
    assert_eq!(label.verdict, Verdict::Extraction);
    assert_eq!(label.techniques[1], Technique::ModelSwitching);
    assert_eq!(line_of(&label).trim_end(), line);
    let populated = r#"{"account":"a","label":"benign","population":"tenant"}"#;
    let label = Label::from_line(populated.as_bytes()).unwrap().record;
    assert_eq!(label.population.as_deref(), Some("tenant"));
    assert_eq!(label.cell, None);
    let of_a_cell = line.replace('}', r#","population":"pure","cell":"mixing_50"}"#);
    let label = Label::from_line(of_a_cell.as_bytes()).unwrap().record;
    assert_eq!(label.cell.as_deref(), Some("mixing_50"));
    assert_eq!(line_of(&label).trim_end(), of_a_cell);
    let of_a_group = line.replace(
        '}',
        r#","group":"course-3","group_kind":"classroom","successor_of":"acc-0"}"#,
    );
    let label = Label::from_line(of_a_group.as_bytes()).unwrap().record;
    assert_eq!(label.group.as_deref(), Some("course-3"));
    assert_eq!(label.group_kind, Some(GroupKind::Classroom));
    assert_eq!(label.successor_of.as_deref(), Some("acc-0"));
    assert_eq!(line_of(&label).trim_end(), of_a_group);
    let of_no_kind = of_a_group.replace("classroom", "family");
    assert!(Label::from_line(of_no_kind.as_bytes()).is_err());

    let by_pseudonym = line.replace(
        r#""account":"acc-1""#,
        r#""pseudonym":"0000000000000000000000000000002a""#,
    );
    let label = Label::from_line(by_pseudonym.as_bytes()).unwrap().record;
    assert_eq!(label.account, AccountRef::Pseudonym(AccountKey(42)));
    assert_eq!(line_of(&label).trim_end(), by_pseudonym);
    let exported = line.replace(
        r#""label""#,
        r#""pseudonym":"0000000000000000000000000000002a","label""#,
    );
    let label = Label::from_line(exported.as_bytes()).unwrap();
    assert_eq!(label.unknown_fields, 0);
    let name = AccountRef::Name("acc-1".to_owned());
    assert_eq!(label.record.account, name, "the name where both are given");

    let code = |line: &str| Label::from_line(line.as_bytes()).unwrap_err().code();
    let malformed = r#"{"pseudonym":"2a","label":"benign"}"#;
    assert_eq!(code(malformed), "unknown_name");
    assert_eq!(code(r#"{"label":"benign"}"#), "missing");
    assert_eq!(code(r#"{"account":"a"}"#), "missing");
    assert_eq!(code(r#"{"account":"a","label":"guilty"}"#), "unknown_name");
    let unknown = r#"{"account":"a","label":"extraction","techniques":["theft"]}"#;
    assert_eq!(code(unknown), "unknown_name");
    let both = r#"{"account":"a","label":"benign","techniques":["safe_rewrite"]}"#;
    assert_eq!(code(both), "contradiction");
}

#[test]
fn pool_records_read_and_write() {
    let line = r#"{"id":"p-1","source":"s","family":"cot_harvest","lang":"en","system":null,"messages":[{"role":"user","content":"x"}],"note":"from t-n"}"#;
    let record = PoolRecord::from_line(line.as_bytes()).unwrap().record;
    assert_eq!(line_of(&record).trim_end(), line);
    // Corpora of applications name a group where a pool names its source.
    let grouped = line.replace("source", "group");
    let grouped = PoolRecord::from_line(grouped.as_bytes()).unwrap();
    assert_eq!(
        (grouped.record.source.as_str(), grouped.unknown_fields),
        ("s", 0)
    );
}

#[test]
fn assessments_have_the_documented_form() {
    let risk = |value| Risk::new(value).unwrap();
    let assessment = Assessment {
        exchange: Some("ex-1".to_owned()),
        account: "acc-1".to_owned(),
        time: Timestamp::from_micros(1_777_636_800_123_000),
        seen: 3,
        risk: risk(0.5),
        risk_low: risk(0.25),
        risk_high: risk(0.75),
        band: Band::Elevated,
        recommendation: Recommendation::Watch,
        mitigations: vec![Mitigation::RateLimit],
        techniques: vec![
            TechniqueRisk {
                technique: Technique::SafeRewrite,
                risk: risk(0.125),
            },
            TechniqueRisk {
                technique: Technique::RelayResale,
                risk: risk(0.0),
            },
        ],
        conversation_risk: Some(risk(1.0)),
        reasons: vec![Reason {
            code: "tail_share",
            technique: None,
            observed: 0.5,
            expected: f64::NAN,
            baseline_of: BaselineOf::Population,
            contribution: -0.5,
            text: "words".to_owned(),
        }],
        base: -2.0,
        score: -2.5,
        truncated: false,
        duplicate: false,
        bundle: "default@1".into(),
    };
    assert_eq!(
        line_of(&AssessmentLine::new(&assessment)),
        concat!(
            r#"{"exchange":"ex-1","account":"acc-1","time":"2026-05-01T12:00:00.123Z","exchange_count":3,"#,
            r#""risk":0.5,"risk_low":0.25,"risk_high":0.75,"band":"elevated","#,
            r#""recommendation":"watch","mitigations":["rate_limit"],"#,
            r#""techniques":{"safe_rewrite":{"risk":0.125},"relay_resale":{"risk":0.0}},"#,
            r#""conversation_risk":1.0,"cluster":null,"reasons":[{"code":"tail_share","#,
            r#""technique":null,"observed":0.5,"expected":null,"baseline_of":"population","#,
            r#""contribution":-0.5,"text":"words"}],"base":-2.0,"score":-2.5,"#,
            r#""truncated":false,"bundle":"default@1"}"#,
            "\n"
        )
    );
}
