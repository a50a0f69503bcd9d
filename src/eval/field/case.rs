//! A case: one account, what it sends, and what a bundle may recommend for it.

use super::error::FieldError;
use super::render::Script;
use crate::domain::{Exchange, Recommendation};

/// A part of the field set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Set {
    /// Published kinds of extraction, in every carrier and language.
    Published,
    /// Honest requests in the same carriers and languages, about the same payloads.
    LookAlikes,
    /// Honest accounts that were taken for extraction somewhere.
    Stories,
    /// What is done to a harvest so that it is not seen.
    Evasions,
}

impl Set {
    /// All parts, in the order of reports.
    pub const ALL: [Self; 4] = [
        Self::Published,
        Self::LookAlikes,
        Self::Stories,
        Self::Evasions,
    ];

    /// Returns the name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::LookAlikes => "look-alikes",
            Self::Stories => "stories",
            Self::Evasions => "evasions",
        }
    }

    /// Returns whether its accounts are honest.
    pub const fn honest(self) -> bool {
        matches!(self, Self::LookAlikes | Self::Stories)
    }
}

/// What a bundle must recommend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// At least this after the last exchange.
    AtLeast(Recommendation),
    /// Never more than this.
    AtMost(Recommendation),
}

/// One account of the field set.
pub struct Case {
    /// The part it belongs to.
    pub set: Set,
    /// Kind, story or evasion.
    pub kind: String,
    /// Carrier, or the harvest that an evasion is done to; empty for a story.
    pub carrier: String,
    /// Language of the requests (ISO 639-1).
    pub language: String,
    /// Number of the wording or of the account, from 0.
    pub number: usize,
    /// What must be recommended.
    pub expected: Expected,
    pub(super) script: Script,
}

impl Case {
    /// Returns the name, which is the account's.
    pub fn name(&self) -> String {
        let set = self.set.name();
        let parts = [set, &self.kind, &self.carrier, &self.language];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        let parts: Vec<&str> = parts.collect();
        format!("{}/{}", parts.join("/"), self.number)
    }

    /// Returns the number of exchanges.
    pub fn len(&self) -> usize {
        self.script.len()
    }

    /// Returns whether the account sends nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Renders the account's exchanges in order of time. They are the same on every call.
    ///
    /// # Errors
    /// When a text names a part or an input that does not exist.
    pub fn exchanges(&self) -> Result<Vec<Exchange>, FieldError> {
        let case = self.name();
        let exchanges = self.script.exchanges(&case);
        exchanges.map_err(|missing| FieldError::Part {
            case,
            name: missing.0,
        })
    }
}
