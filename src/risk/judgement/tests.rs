//! Tests of reasons: which are stated, and that they sum to the score.

use super::*;

/// Writes reasons of terms with these contributions, each of a measure of its own.
fn stated(contributions: &[f64]) -> Vec<f64> {
    let term = Term {
        name: String::new(),
        edges: Vec::new(),
        values: vec![0.0],
        lines: false,
        monotone: false,
        shrink: 0.0,
        typical: None,
    };
    let evaluated: Vec<EvaluatedTerm<'_>> = MeasureIndex::all()
        .zip(contributions)
        .map(|(measure, contribution)| EvaluatedTerm {
            measure,
            term: &term,
            observed: Some(0.5),
            contribution: *contribution,
        })
        .collect();
    assert_eq!(evaluated.len(), contributions.len(), "enough measures");
    let shares = INTENTS.map(|(technique, _)| (technique, 0.0));
    let reasons = reasons(&evaluated, shares);
    let sum: f64 = reasons.iter().map(|reason| reason.contribution).sum();
    assert!((sum - contributions.iter().sum::<f64>()).abs() < 1e-9);
    let own = reasons.iter().filter(|reason| reason.code != "other_terms");
    own.map(|reason| reason.contribution).collect()
}

#[test]
fn the_strongest_reason_that_clears_is_never_crowded_out() {
    let accusing = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0];
    let many = [&accusing[..], &[-1.0, -0.5]].concat();
    assert_eq!(stated(&many), [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, -1.0]);
    assert_eq!(stated(&[3.0, -0.01, -0.02]), [3.0, -0.02], "however weak");
    assert_eq!(stated(&[3.0, -2.0, -0.01]), [3.0, -2.0], "one is enough");
    assert_eq!(stated(&[-0.01]), [-0.01]);
    assert_eq!(stated(&accusing), accusing);
    assert_eq!(stated(&[0.01, 0.02]), [] as [f64; 0]);
}
