//! Accounts as callers and label files name them.

use super::AccountKey;

/// An account by its name or by its pseudonym.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountRef {
    /// Its name, in the traffic log's words.
    Name(String),
    /// Its pseudonym, as lists of accounts have it.
    Pseudonym(AccountKey),
}

/// An account with its pseudonym, and with its name where that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabeledAccount {
    /// Its pseudonym under the deployment's key.
    pub pseudonym: AccountKey,
    /// Its name, in the traffic log's words.
    pub name: Option<String>,
}

impl From<LabeledAccount> for AccountRef {
    /// By its name where that is known: a name outlives a change of the key.
    fn from(account: LabeledAccount) -> Self {
        match account.name {
            Some(name) => Self::Name(name),
            None => Self::Pseudonym(account.pseudonym),
        }
    }
}
