//! Conversion between the contract's label and `domain::Label`, within the bounds.

use super::contract::{self, SubmitLabelRequestView};
use super::exchange::{bad, count, optional_name};
use super::{AccountSubject, Bounds, WireError};
use crate::domain::{AccountRef, Label, LabeledAccount, TECHNIQUE_COUNT, Technique, Verdict};

/// Source of a label whose request names no reviewer.
const REVIEWER: &str = "reviewer";

/// Validates and converts a label.
///
/// # Errors
/// When a field is missing, invalid or over a bound; names the first one.
pub(crate) fn label_from_contract(
    label: &SubmitLabelRequestView<'_>,
    bounds: &Bounds,
) -> Result<Label<AccountRef>, WireError> {
    let verdict = match label.label {
        "" => return Err(WireError::MissingField { field: "label" }),
        name => Verdict::from_name(name)
            .ok_or_else(|| bad("label".to_owned(), "extraction or benign"))?,
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
        account: AccountSubject::read(label.subject.as_ref(), bounds)?,
        verdict,
        techniques,
        campaign: None,
        conversation: optional_name("conversation", label.conversation, bounds)?,
        source: Some(reviewer.unwrap_or_else(|| REVIEWER.to_owned())),
        application: None,
        language: None,
        population: None,
        cell: None,
        group: None,
        group_kind: None,
        successor_of: None,
    })
}

/// Converts a stored label to the contract's form.
pub(crate) fn label_to_contract(label: Label<LabeledAccount>) -> contract::Label {
    let names = label.techniques.into_iter().map(Technique::name);
    contract::Label {
        account: label.account.name.unwrap_or_default(),
        pseudonym: label.account.pseudonym.to_string(),
        label: label.verdict.name().to_owned(),
        techniques: names.map(str::to_owned).collect(),
        conversation: label.conversation.unwrap_or_default(),
        source: label.source.unwrap_or_default(),
        campaign: label.campaign.unwrap_or_default(),
        application: label.application.unwrap_or_default(),
        language: label.language.unwrap_or_default(),
        population: label.population.unwrap_or_default(),
        cell: label.cell.unwrap_or_default(),
    }
}
