//! Conversion between the contract's mark and `domain::Mark`, within the bounds.

use super::contract::__buffa::view::oneof::{remove_mark_request, submit_mark_request};
use super::contract::{self, SubmitMarkRequestView};
use super::exchange::{bad, required_name};
use super::{Bounds, WireError, format_time, parse_time};
use crate::domain::{
    AccountKey, AccountRef, Digest, Disposition, MARK_MICROS_MAX, Mark, MarkSubject, Timestamp,
};

/// What a request marks, before names become pseudonyms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MarkTarget {
    Account(AccountRef),
    Template(Digest),
}

/// The `subject` of a request, as it was sent.
pub(crate) enum SentSubject<'a> {
    Account(&'a str),
    Pseudonym(&'a str),
    Template(&'a str),
}

impl MarkTarget {
    /// Returns what a request marks, validated.
    ///
    /// # Errors
    /// When the request names nothing, or a name or a digest is malformed.
    pub(crate) fn read<'a>(
        subject: Option<impl Into<SentSubject<'a>>>,
        bounds: &Bounds,
    ) -> Result<Self, WireError> {
        match subject.map(Into::into) {
            None => Err(WireError::MissingField { field: "account" }),
            Some(SentSubject::Account(name)) => {
                let name = required_name("account", name, bounds)?;
                Ok(Self::Account(AccountRef::Name(name)))
            }
            Some(SentSubject::Pseudonym(digits)) => AccountKey::from_hex(digits)
                .map(|key| Self::Account(AccountRef::Pseudonym(key)))
                .ok_or_else(|| bad("pseudonym".to_owned(), "32 hexadecimal digits")),
            Some(SentSubject::Template(digits)) => Digest::from_hex(digits)
                .map(Self::Template)
                .ok_or_else(|| bad("template".to_owned(), "16 hexadecimal digits")),
        }
    }

    /// Returns the subject; `pseudonym` makes an account's name into its pseudonym.
    pub(crate) fn resolved(self, pseudonym: impl FnOnce(&str) -> AccountKey) -> MarkSubject {
        match self {
            Self::Account(AccountRef::Name(name)) => MarkSubject::Account(pseudonym(&name)),
            Self::Account(AccountRef::Pseudonym(key)) => MarkSubject::Account(key),
            Self::Template(template) => MarkSubject::Template(template),
        }
    }
}

/// Implements the conversion for the generated `Subject` of each request; both have the same form.
macro_rules! subjects {
    ($($request:ident),+) => {$(
        impl<'a> From<&$request::Subject<'a>> for SentSubject<'a> {
            fn from(subject: &$request::Subject<'a>) -> Self {
                match *subject {
                    $request::Subject::Account(name) => Self::Account(name),
                    $request::Subject::Pseudonym(digits) => Self::Pseudonym(digits),
                    $request::Subject::Template(digits) => Self::Template(digits),
                }
            }
        }
    )+};
}

subjects!(submit_mark_request, remove_mark_request);

/// Validates and converts a mark that is submitted `now`; `pseudonym` makes an account's name into its pseudonym.
///
/// # Errors
/// When a field is missing, invalid or over a bound; names the first one.
pub(crate) fn mark_from_contract(
    mark: &SubmitMarkRequestView<'_>,
    now: Timestamp,
    bounds: &Bounds,
    pseudonym: impl FnOnce(&str) -> AccountKey,
) -> Result<Mark, WireError> {
    let target = MarkTarget::read(mark.subject.as_ref(), bounds)?;
    let disposition = required_name("disposition", mark.disposition, bounds)?;
    let disposition = Disposition::from_name(&disposition).ok_or_else(|| {
        let expected = "confirmed, benign_expected, false_positive or inconclusive";
        bad("disposition".to_owned(), expected)
    })?;
    let reason = required_name("reason", mark.reason, bounds)?;
    let reviewer = required_name("reviewer", mark.reviewer, bounds)?;
    let expires_at = required_name("expires_at", mark.expires_at, bounds)?;
    let ends = |time: &Timestamp| *time > now && *time <= now.plus_micros(MARK_MICROS_MAX);
    let expires_at = parse_time(&expires_at).filter(ends).ok_or_else(|| {
        let expected = "an RFC 3339 time after now, and within 366 days";
        bad("expires_at".to_owned(), expected)
    })?;
    Ok(Mark {
        subject: target.resolved(pseudonym),
        disposition,
        reason,
        reviewer,
        made_at: now,
        expires_at,
        review_at: None,
    })
}

/// Converts a mark to the contract's form.
pub(crate) fn mark_to_contract(mark: Mark) -> contract::Mark {
    let (pseudonym, template) = match mark.subject {
        MarkSubject::Account(account) => (account.to_string(), String::new()),
        MarkSubject::Template(template) => (String::new(), template.to_string()),
    };
    contract::Mark {
        pseudonym,
        template,
        disposition: mark.disposition.name().to_owned(),
        reason: mark.reason,
        reviewer: mark.reviewer,
        made_at: format_time(mark.made_at),
        expires_at: format_time(mark.expires_at),
    }
}
