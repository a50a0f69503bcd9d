//! Marks: a reviewer's decision that an account, or a template, need not be reviewed again for a time.

use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{AccountKey, Digest, Timestamp};

/// Maximum time that a mark holds, in microseconds: a year and a day. What a customer does changes; a mark that nobody
/// renews must not outlive it.
pub(crate) const MARK_MICROS_MAX: i64 = 366 * super::DAY_MICROS;

/// What the reviewer found.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Disposition {
    /// Extraction; it is being dealt with elsewhere.
    Confirmed,
    /// Benign use that rightly looks like extraction, such as an evaluation suite. It was worth a look.
    BenignExpected,
    /// Benign use that should not have been put before a person.
    FalsePositive,
    /// Neither could be established.
    Inconclusive,
}

impl Disposition {
    /// All dispositions.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the disposition with this [`Disposition::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// Returns the stable name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What a mark is on. Ordered: accounts before templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkSubject {
    /// One account.
    Account(AccountKey),
    /// Every account most of whose requests share one template, by the template's keyed digest.
    Template(Digest),
}

/// A reviewer's mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What it is on.
    pub subject: MarkSubject,
    /// What the reviewer found.
    pub disposition: Disposition,
    /// Why, in the reviewer's words.
    pub reason: String,
    /// Who decided.
    pub reviewer: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Event time from which it no longer holds.
    pub expires_at: Timestamp,
    /// Event time at which it took one of the day's reviews; `None` if its subject was not in the queue then.
    pub review_at: Option<Timestamp>,
}

/// A change of the marks, as it is stored: the current marks are the fold of all changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkChange {
    /// A new mark. It replaces an earlier one on the same subject.
    Made(Mark),
    /// The mark on a subject was taken back.
    Removed {
        /// What it was on.
        subject: MarkSubject,
        /// Who took it back.
        reviewer: String,
        /// When.
        removed_at: Timestamp,
    },
}
