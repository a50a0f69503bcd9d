//! The list of known false positives: benign applications that were reviewed, investigated and written down, so that a
//! new one stands out.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use super::table::{Cell, Table};

/// The list, by application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownFalsePositives {
    /// Reason, by application.
    why: BTreeMap<String, String>,
}

/// Why a list cannot be used.
#[derive(Debug, Error)]
pub(crate) enum KnownError {
    /// The text is not a list of known false positives.
    #[error("expected [[application]] entries with name and why: {0}")]
    Form(#[from] toml::de::Error),
    /// An entry has no reason.
    #[error("application {0:?}: expected a reason why it is flagged, got none")]
    NoReason(String),
    /// An application is listed twice.
    #[error("application {0:?} is listed twice")]
    Twice(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    application: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    why: String,
}

impl KnownFalsePositives {
    /// Reads the list from TOML.
    ///
    /// # Errors
    /// When the text is not such a list, an entry has no reason, or an application is listed twice.
    pub(crate) fn parse(text: &str) -> Result<Self, KnownError> {
        let file: File = toml::from_str(text)?;
        let mut why = BTreeMap::new();
        for Entry { name, why: reason } in file.application {
            if reason.trim().is_empty() {
                return Err(KnownError::NoReason(name));
            }
            if why.insert(name.clone(), reason).is_some() {
                return Err(KnownError::Twice(name));
            }
        }
        Ok(Self { why })
    }

    /// Returns the flagged applications that are not on the list.
    pub(crate) fn new_ones<'a>(&self, flagged: &'a [(String, u64)]) -> Vec<&'a str> {
        let names = flagged.iter().map(|(name, _)| name.as_str());
        names.filter(|name| !self.why.contains_key(*name)).collect()
    }

    /// Compares flagged applications with the list: new ones first, then known ones, then listed ones that were not
    /// flagged this time.
    pub(crate) fn table(&self, flagged: &[(String, u64)]) -> Table {
        let columns = ["state", "application", "accounts reviewed", "why"];
        let mut table = Table::new("False positives against the list of known ones", columns);
        let mut push = |state: &str, name: &str, accounts: u64, why: &str| {
            table.push(vec![
                Cell::text(state),
                Cell::text(name),
                Cell::Count(accounts),
                Cell::text(why),
            ]);
        };
        for (name, accounts) in flagged {
            if !self.why.contains_key(name) {
                push("NEW", name, *accounts, "");
            }
        }
        for (name, accounts) in flagged {
            if let Some(why) = self.why.get(name) {
                push("known", name, *accounts, why);
            }
        }
        for (name, why) in &self.why {
            if !flagged.iter().any(|(flagged, _)| flagged == name) {
                push("not flagged", name, 0, why);
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"
        [[application]]
        name = "bench-math"
        why = "A published benchmark asks for steps, as pipelines do."
    "#;

    #[test]
    fn a_new_one_stands_out() {
        let known = KnownFalsePositives::parse(LIST).unwrap();
        let flagged = [("bench-math".to_owned(), 3), ("shop".to_owned(), 1)];
        assert_eq!(known.new_ones(&flagged), ["shop"]);
        assert_eq!(known.table(&flagged).rows()[0][1], Cell::text("shop"));
        assert!(known.new_ones(&flagged[..1]).is_empty());
        let quiet = known.table(&[]);
        assert_eq!(quiet.rows()[0][0], Cell::text("not flagged"));
    }

    #[test]
    fn a_list_gives_reasons_and_says_things_once() {
        let empty = LIST.replace(
            "A published benchmark asks for steps, as pipelines do.",
            " ",
        );
        assert!(matches!(
            KnownFalsePositives::parse(&empty),
            Err(KnownError::NoReason(_))
        ));
        assert!(matches!(
            KnownFalsePositives::parse(&LIST.repeat(2)),
            Err(KnownError::Twice(_))
        ));
        assert!(matches!(
            KnownFalsePositives::parse("[[applications]]"),
            Err(KnownError::Form(_))
        ));
        assert_eq!(
            KnownFalsePositives::parse("").unwrap(),
            KnownFalsePositives::default()
        );
    }
}
