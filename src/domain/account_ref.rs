//! References to accounts, as callers and label files write them.

use super::AccountKey;

/// A reference to an account, by name or by pseudonym.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountRef {
    /// The name, as it appears in the traffic log.
    Name(String),
    /// The pseudonym, as it appears in lists of accounts.
    Pseudonym(AccountKey),
}

/// An account's pseudonym, with its name if known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabeledAccount {
    /// The pseudonym under the deployment's key.
    pub pseudonym: AccountKey,
    /// The name, as it appears in the traffic log.
    pub name: Option<String>,
}

impl From<LabeledAccount> for AccountRef {
    /// Refers to the account by name if known, since a name outlives a change of the key.
    fn from(account: LabeledAccount) -> Self {
        match account.name {
            Some(name) => Self::Name(name),
            None => Self::Pseudonym(account.pseudonym),
        }
    }
}
