//! The contract's label to `domain::Label`, within the bounds.

use super::contract::SubmitLabelRequestView;
use super::exchange::{bad, count, optional_name, required_name};
use super::{Bounds, WireError};
use crate::domain::{Label, TECHNIQUE_COUNT, Technique, Verdict};

/// Who said so, when the request does not say.
const REVIEWER: &str = "reviewer";

/// The label, checked.
///
/// # Errors
/// The first field that is missing, not allowed, or over a bound.
pub(crate) fn label_from_contract(
    label: &SubmitLabelRequestView<'_>,
    bounds: &Bounds,
) -> Result<Label, WireError> {
    let verdict = match label.label {
        "" => return Err(WireError::MissingField { field: "label" }),
        "extraction" => Verdict::Extraction,
        "benign" => Verdict::Benign,
        _ => return Err(bad("label".to_owned(), "extraction or benign")),
    };
    count(
        "techniques",
        label.techniques.len(),
        TECHNIQUE_COUNT,
        "techniques",
    )?;
    if verdict == Verdict::Benign && !label.techniques.is_empty() {
        return Err(bad("techniques".to_owned(), "absent for a benign label"));
    }
    let named = label.techniques.iter().enumerate().map(|(index, name)| {
        Technique::from_name(name)
            .ok_or_else(|| bad(format!("techniques[{index}]"), "the name of a technique"))
    });
    let mut techniques = named.collect::<Result<Vec<_>, _>>()?;
    techniques.sort_unstable();
    techniques.dedup();
    let reviewer = optional_name("reviewer", label.reviewer, bounds)?;
    Ok(Label {
        account: required_name("account", label.account, bounds)?,
        verdict,
        techniques,
        campaign: None,
        conversation: optional_name("conversation", label.conversation, bounds)?,
        source: Some(reviewer.unwrap_or_else(|| REVIEWER.to_owned())),
        application: None,
        language: None,
        population: None,
        cell: None,
    })
}
