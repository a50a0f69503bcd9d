//! One line of a label file.

use serde::de::MapAccess;
use serde::{Serialize, Serializer};

use super::scalar::Scalar;
use super::shape::{Fields, List, parse, value};
use super::{FromLine, LineError, Parsed, ToLine, append};
use crate::domain::{AccountKey, AccountRef, Label, Technique, Verdict};

const VERDICTS: &str = "one of extraction, benign";
const TECHNIQUES: &str = "one of the techniques' names";
const PSEUDONYMS: &str = "32 hexadecimal digits";

#[derive(Default)]
struct LabelShape<'a> {
    account: Scalar<'a>,
    pseudonym: Scalar<'a>,
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
            "pseudonym" => self.pseudonym = value(object)?,
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
    fn into_label(self) -> Result<Label<AccountRef>, LineError> {
        let verdict = self
            .label
            .one_of("label", VERDICTS, Verdict::from_name)?
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
        let pseudonym = self
            .pseudonym
            .one_of("pseudonym", PSEUDONYMS, AccountKey::from_hex)?;
        Ok(Label {
            // When both are given they name the same account, as in an export; the plain name is used because it needs
            // no key.
            account: match (self.account, pseudonym) {
                (Scalar::Absent, Some(pseudonym)) => AccountRef::Pseudonym(pseudonym),
                (account, _) => AccountRef::Name(account.required("account")?),
            },
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

impl FromLine for Label<AccountRef> {
    fn from_line(line: &[u8]) -> Result<Parsed<Self>, LineError> {
        let (shape, unknown_fields) = parse::<LabelShape<'_>>(line)?;
        Ok(Parsed {
            record: shape.into_label()?,
            unknown_fields,
        })
    }
}

/// A label in its written form: every field each time, as in the format's own example.
#[derive(Serialize)]
struct LabelForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pseudonym: Option<String>,
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

impl<'a> LabelForm<'a> {
    fn new<A>(
        label: &'a Label<A>,
        account: Option<&'a str>,
        pseudonym: Option<AccountKey>,
    ) -> Self {
        Self {
            account,
            pseudonym: pseudonym.map(|pseudonym| pseudonym.to_string()),
            label: label.verdict.name(),
            techniques: &label.techniques,
            campaign: label.campaign.as_deref(),
            conversation: label.conversation.as_deref(),
            source: label.source.as_deref(),
            application: label.application.as_deref(),
            language: label.language.as_deref(),
            population: label.population.as_deref(),
            cell: label.cell.as_deref(),
        }
    }
}

impl ToLine for Label {
    fn to_line(&self, line: &mut Vec<u8>) {
        append(&LabelForm::new(self, Some(&self.account), None), line);
    }
}

impl ToLine for Label<AccountRef> {
    fn to_line(&self, line: &mut Vec<u8>) {
        let form = match &self.account {
            AccountRef::Name(name) => LabelForm::new(self, Some(name), None),
            AccountRef::Pseudonym(pseudonym) => LabelForm::new(self, None, Some(*pseudonym)),
        };
        append(&form, line);
    }
}
