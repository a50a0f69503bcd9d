//! One line of a label file.

use serde::de::MapAccess;
use serde::{Serialize, Serializer};

use super::scalar::Scalar;
use super::shape::{Fields, List, parse, value};
use super::{FromLine, LineError, Parsed, ToLine, append};
use crate::domain::{Label, Technique, Verdict};

const VERDICTS: &str = "one of extraction, benign";
const TECHNIQUES: &str = "one of the techniques' names";

#[derive(Default)]
struct LabelShape<'a> {
    account: Scalar<'a>,
    label: Scalar<'a>,
    techniques: List<Scalar<'a>>,
    campaign: Scalar<'a>,
    conversation: Scalar<'a>,
    source: Scalar<'a>,
    application: Scalar<'a>,
    language: Scalar<'a>,
    population: Scalar<'a>,
    cell: Scalar<'a>,
}

impl<'de> Fields<'de> for LabelShape<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error> {
        match name {
            "account" => self.account = value(object)?,
            "label" => self.label = value(object)?,
            "techniques" => self.techniques = value(object)?,
            "campaign" => self.campaign = value(object)?,
            "conversation" => self.conversation = value(object)?,
            "source" => self.source = value(object)?,
            "application" => self.application = value(object)?,
            "language" => self.language = value(object)?,
            "population" => self.population = value(object)?,
            "cell" => self.cell = value(object)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl LabelShape<'_> {
    fn into_label(self) -> Result<Label, LineError> {
        let verdict = self
            .label
            .one_of("label", VERDICTS, verdict_from_name)?
            .ok_or(LineError::Missing { field: "label" })?;
        let techniques = self
            .techniques
            .optional("techniques")?
            .into_iter()
            .map(technique)
            .collect::<Result<Vec<_>, _>>()?;
        if verdict == Verdict::Benign && !techniques.is_empty() {
            return Err(LineError::Contradiction {
                field: "techniques",
                rule: "a benign label has no techniques",
            });
        }
        Ok(Label {
            account: self.account.required("account")?,
            verdict,
            techniques,
            campaign: self.campaign.named("campaign")?,
            conversation: self.conversation.named("conversation")?,
            source: self.source.named("source")?,
            application: self.application.named("application")?,
            language: self.language.named("language")?,
            population: self.population.named("population")?,
            cell: self.cell.named("cell")?,
        })
    }
}

fn technique(name: Scalar<'_>) -> Result<Technique, LineError> {
    let field = "techniques[]";
    name.one_of(field, TECHNIQUES, Technique::from_name)?
        .ok_or(LineError::Missing { field })
}

fn verdict_from_name(name: &str) -> Option<Verdict> {
    match name {
        "extraction" => Some(Verdict::Extraction),
        "benign" => Some(Verdict::Benign),
        _ => None,
    }
}

impl FromLine for Label {
    fn from_line(line: &[u8]) -> Result<Parsed<Self>, LineError> {
        let (shape, unknown_fields) = parse::<LabelShape<'_>>(line)?;
        Ok(Parsed {
            record: shape.into_label()?,
            unknown_fields,
        })
    }
}

/// A label as it is written: every field each time, as in the format's own example.
#[derive(Serialize)]
struct LabelForm<'a> {
    account: &'a str,
    label: &'static str,
    #[serde(serialize_with = "write_techniques")]
    techniques: &'a [Technique],
    campaign: Option<&'a str>,
    conversation: Option<&'a str>,
    source: Option<&'a str>,
    application: Option<&'a str>,
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    population: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cell: Option<&'a str>,
}

fn write_techniques<S: Serializer>(
    techniques: &[Technique],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(techniques.iter().map(|technique| technique.name()))
}

impl ToLine for Label {
    fn to_line(&self, line: &mut Vec<u8>) {
        let form = LabelForm {
            account: &self.account,
            label: match self.verdict {
                Verdict::Extraction => "extraction",
                Verdict::Benign => "benign",
            },
            techniques: &self.techniques,
            campaign: self.campaign.as_deref(),
            conversation: self.conversation.as_deref(),
            source: self.source.as_deref(),
            application: self.application.as_deref(),
            language: self.language.as_deref(),
            population: self.population.as_deref(),
            cell: self.cell.as_deref(),
        };
        append(&form, line);
    }
}
