//! One line of a file of marks.

use serde::Serialize;

use super::record::Record;
use super::time::TimeForm;
use super::{FromLine, LineError, Parsed, ToLine, append};
use crate::domain::{
    AccountKey, Digest, Disposition, MARK_MICROS_MAX, Mark, MarkChange, MarkSubject, Timestamp,
};
use crate::wire::time::parse_time;

const DISPOSITIONS: &str = "one of confirmed, benign_expected, false_positive, inconclusive";
const PSEUDONYMS: &str = "32 hexadecimal digits";
const TEMPLATES: &str = "16 hexadecimal digits";
const TIMES: &str = "an RFC 3339 time";

const FIELDS: [&str; 10] = [
    "account",
    "pseudonym",
    "template",
    "disposition",
    "reason",
    "reviewer",
    "made_at",
    "expires_at",
    "review_at",
    "removed_at",
];

/// A change of the marks as a file states it: the subject may be an account's name, which needs the deployment's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MarkLine {
    subject: SubjectLine,
    change: MarkChange,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum SubjectLine {
    Named(String),
    Known,
}

impl MarkLine {
    /// Returns the change; `pseudonym` makes an account's name into its pseudonym.
    pub(crate) fn resolved(self, pseudonym: impl FnOnce(&str) -> AccountKey) -> MarkChange {
        let SubjectLine::Named(name) = self.subject else {
            return self.change;
        };
        let account = MarkSubject::Account(pseudonym(&name));
        match self.change {
            MarkChange::Made(mark) => MarkChange::Made(Mark {
                subject: account,
                ..mark
            }),
            MarkChange::Removed {
                reviewer,
                removed_at,
                ..
            } => MarkChange::Removed {
                subject: account,
                reviewer,
                removed_at,
            },
        }
    }
}

impl FromLine for MarkLine {
    fn from_line(line: &[u8]) -> Result<Parsed<Self>, LineError> {
        let record = Record::of(line)?;
        let (line, subject) = subject(&record)?;
        Ok(Parsed {
            record: Self {
                subject: line,
                change: change(&record, subject)?,
            },
            unknown_fields: record.unknown_fields(&FIELDS),
        })
    }
}

/// Reads the subject. For a name, the second is a placeholder that [`MarkLine::resolved`] replaces.
fn subject(record: &Record<'_>) -> Result<(SubjectLine, MarkSubject), LineError> {
    let name = record.named("account")?;
    let pseudonym = record.one_of("pseudonym", PSEUDONYMS, AccountKey::from_hex)?;
    let template = record.one_of("template", TEMPLATES, Digest::from_hex)?;
    let known = match (name, pseudonym, template) {
        (Some(name), None, None) => {
            let placeholder = MarkSubject::Account(AccountKey(0));
            return Ok((SubjectLine::Named(name), placeholder));
        }
        (None, Some(pseudonym), None) => MarkSubject::Account(pseudonym),
        (None, None, Some(template)) => MarkSubject::Template(template),
        (None, None, None) => return Err(LineError::Missing { field: "account" }),
        _ => {
            return Err(LineError::Contradiction {
                field: "account",
                rule: "a mark is on one of `account`, `pseudonym` and `template`",
            });
        }
    };
    Ok((SubjectLine::Known, known))
}

fn change(record: &Record<'_>, subject: MarkSubject) -> Result<MarkChange, LineError> {
    let time = |field| record.one_of(field, TIMES, parse_time);
    let reviewer = record.required("reviewer")?;
    if let Some(removed_at) = time("removed_at")? {
        return Ok(MarkChange::Removed {
            subject,
            reviewer,
            removed_at,
        });
    }
    let missing = |field| LineError::Missing { field };
    let made_at = time("made_at")?.ok_or(missing("made_at"))?;
    let expires_at = time("expires_at")?.ok_or(missing("expires_at"))?;
    if expires_at <= made_at || expires_at > made_at.plus_micros(MARK_MICROS_MAX) {
        return Err(LineError::Contradiction {
            field: "expires_at",
            rule: "a mark ends after `made_at`, and within 366 days of it",
        });
    }
    let disposition = record.one_of("disposition", DISPOSITIONS, Disposition::from_name)?;
    Ok(MarkChange::Made(Mark {
        subject,
        disposition: disposition.ok_or(missing("disposition"))?,
        reason: record.required("reason")?,
        reviewer,
        made_at,
        expires_at,
        review_at: time("review_at")?,
    }))
}

/// A change in its written form; the subject is never a name.
#[derive(Serialize)]
struct MarkForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pseudonym: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disposition: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    reviewer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    made_at: Option<TimeForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<TimeForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    review_at: Option<TimeForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_at: Option<TimeForm>,
}

impl<'a> MarkForm<'a> {
    fn of(subject: MarkSubject, reviewer: &'a str) -> Self {
        let (pseudonym, template) = match subject {
            MarkSubject::Account(account) => (Some(account.to_string()), None),
            MarkSubject::Template(template) => (None, Some(template.to_string())),
        };
        Self {
            pseudonym,
            template,
            disposition: None,
            reason: None,
            reviewer,
            made_at: None,
            expires_at: None,
            review_at: None,
            removed_at: None,
        }
    }
}

impl ToLine for MarkChange {
    fn to_line(&self, line: &mut Vec<u8>) {
        let time = |time: Timestamp| Some(TimeForm(time));
        let form = match self {
            Self::Made(mark) => MarkForm {
                disposition: Some(mark.disposition.name()),
                reason: Some(&mark.reason),
                made_at: time(mark.made_at),
                expires_at: time(mark.expires_at),
                review_at: mark.review_at.and_then(time),
                ..MarkForm::of(mark.subject, &mark.reviewer)
            },
            Self::Removed {
                subject,
                reviewer,
                removed_at,
            } => MarkForm {
                removed_at: time(*removed_at),
                ..MarkForm::of(*subject, reviewer)
            },
        };
        append(&form, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<MarkChange, LineError> {
        let line = MarkLine::from_line(line.as_bytes())?.record;
        Ok(line.resolved(|name| AccountKey(name.len() as u128)))
    }

    fn mark(subject: MarkSubject) -> Mark {
        Mark {
            subject,
            disposition: Disposition::BenignExpected,
            reason: "a suite that we know".to_owned(),
            reviewer: "r7".to_owned(),
            made_at: Timestamp::from_micros(1_780_000_000_000_000),
            expires_at: Timestamp::from_micros(1_790_000_000_000_001),
            review_at: None,
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for subject in [
            MarkSubject::Account(AccountKey(7)),
            MarkSubject::Template(Digest(u64::MAX - 7)),
        ] {
            let made = mark(subject);
            let reviewed = Mark {
                review_at: Some(made.made_at),
                ..made.clone()
            };
            let removed = MarkChange::Removed {
                subject,
                reviewer: "r8".to_owned(),
                removed_at: made.expires_at,
            };
            for change in [MarkChange::Made(made), MarkChange::Made(reviewed), removed] {
                let mut line = Vec::new();
                change.to_line(&mut line);
                assert_eq!(read(std::str::from_utf8(&line).unwrap()), Ok(change));
            }
        }
    }

    #[test]
    fn a_mark_names_one_subject_a_reason_a_reviewer_and_an_end_within_a_year() {
        let rest = r#""disposition": "inconclusive", "reason": "seen", "reviewer": "r",
            "made_at": "2026-01-01T00:00:00Z""#;
        let of = |subject: &str, end: &str| read(&format!("{{{subject}, {rest}, {end}}}"));
        let end = r#""expires_at": "2027-01-01T00:00:00Z""#;
        let named = of(r#""account": "acc""#, end).unwrap();
        assert!(
            matches!(named, MarkChange::Made(mark) if mark.subject == MarkSubject::Account(AccountKey(3)))
        );
        assert!(of(r#""template": "00000000000000ff""#, end).is_ok());
        for (subject, end) in [
            (r#""x": 1"#, end),
            (r#""account": "a", "template": "00000000000000ff""#, end),
            (r#""template": "ff""#, end),
            (r#""account": "a""#, r#""y": 1"#),
            (
                r#""account": "a""#,
                r#""expires_at": "2026-01-01T00:00:00Z""#,
            ),
            (
                r#""account": "a""#,
                r#""expires_at": "2027-01-03T00:00:00Z""#,
            ),
        ] {
            assert!(of(subject, end).is_err(), "{subject} {end}");
        }
    }
}
