//! One line of a label file.

use serde::{Serialize, Serializer};

use super::record::{Record, one_of};
use super::{FromLine, LineError, Parsed, ToLine, append};
use crate::domain::{AccountKey, AccountRef, GroupKind, Label, Technique, Verdict};
use crate::json::Node;

const VERDICTS: &str = "one of extraction, benign";
const TECHNIQUES: &str = "one of the techniques' names";
const GROUP_KINDS: &str =
    "one of tool, benchmark, classroom, office, organisation, reseller, viral";
const PSEUDONYMS: &str = "32 hexadecimal digits";

const FIELDS: [&str; 14] = [
    "account",
    "pseudonym",
    "label",
    "techniques",
    "campaign",
    "conversation",
    "source",
    "application",
    "language",
    "population",
    "cell",
    "group",
    "group_kind",
    "successor_of",
];

impl FromLine for Label<AccountRef> {
    fn from_line(line: &[u8]) -> Result<Parsed<Self>, LineError> {
        let record = Record::of(line)?;
        Ok(Parsed {
            record: label(&record)?,
            unknown_fields: record.unknown_fields(&FIELDS),
        })
    }
}

fn label(record: &Record<'_>) -> Result<Label<AccountRef>, LineError> {
    let verdict = record
        .one_of("label", VERDICTS, Verdict::from_name)?
        .ok_or(LineError::Missing { field: "label" })?;
    let techniques = record.list("techniques")?;
    let techniques: Vec<Technique> = techniques.iter().map(technique).collect::<Result<_, _>>()?;
    if verdict == Verdict::Benign && !techniques.is_empty() {
        return Err(LineError::Contradiction {
            field: "techniques",
            rule: "a benign label has no techniques",
        });
    }
    let pseudonym = record.one_of("pseudonym", PSEUDONYMS, AccountKey::from_hex)?;
    Ok(Label {
        // When both are given they name the same account, as in an export; the plain name is used because it needs no
        // key.
        account: match pseudonym {
            Some(pseudonym) if !record.has("account") => AccountRef::Pseudonym(pseudonym),
            _ => AccountRef::Name(record.required("account")?),
        },
        verdict,
        techniques,
        campaign: record.named("campaign")?,
        conversation: record.named("conversation")?,
        source: record.named("source")?,
        application: record.named("application")?,
        language: record.named("language")?,
        population: record.named("population")?,
        cell: record.named("cell")?,
        group: record.named("group")?,
        group_kind: record.one_of("group_kind", GROUP_KINDS, GroupKind::from_name)?,
        successor_of: record.named("successor_of")?,
    })
}

fn technique(name: &Node<'_>) -> Result<Technique, LineError> {
    let field = "techniques[]";
    one_of(name, field, TECHNIQUES, Technique::from_name)?.ok_or(LineError::Missing { field })
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
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    successor_of: Option<&'a str>,
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
            group: label.group.as_deref(),
            group_kind: label.group_kind.map(GroupKind::name),
            successor_of: label.successor_of.as_deref(),
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
