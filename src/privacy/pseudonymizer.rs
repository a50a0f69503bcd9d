//! Pseudonyms of the names that callers use, under a deployment's key.

use std::sync::Arc;

use super::{PseudonymKey, Purpose};
use crate::domain::AccountKey;

/// Converts callers' names and secrets to pseudonyms. Cheap to clone; like the key, it has no `Debug`.
#[derive(Clone)]
pub struct Pseudonymizer(Arc<PseudonymKey>);

impl Pseudonymizer {
    /// Builds a pseudonymizer with `key`. An engine must have the same key to know an account by its pseudonym.
    pub fn new(key: PseudonymKey) -> Self {
        Self(Arc::new(key))
    }

    /// Returns the pseudonym under which an account's history is stored.
    pub fn account(&self, account: &str) -> AccountKey {
        self.0.account(account)
    }

    /// Returns a reference that the account's holder may see, such as `reference-0123456789abcdef`. It stays the same
    /// for as long as the deployment keeps its key, and leads back to the account only with that key.
    pub fn reference(&self, account: &str) -> String {
        self.named("reference", Purpose::Reference, account.as_bytes())
    }

    /// Returns an account name derived from a secret such as an API key, for requests that do not name an account.
    pub fn credential(&self, secret: &[u8]) -> String {
        self.named("credential", Purpose::Credential, secret)
    }

    fn named(&self, kind: &str, purpose: Purpose, text: &[u8]) -> String {
        format!("{kind}-{:016x}", self.0.digest(purpose, text).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_gives_unrelated_pseudonyms_by_purpose_and_key() {
        let (one, other) = (
            Pseudonymizer::new(PseudonymKey::offline()),
            Pseudonymizer::new(PseudonymKey::from_bytes([7; 32])),
        );
        let digits = |name: String| name.rsplit('-').next().map(str::to_owned);
        assert_eq!(one.account("a"), PseudonymKey::offline().account("a"));
        assert_ne!(one.account("a"), other.account("a"));
        assert_ne!(one.reference("a"), other.reference("a"));
        assert_ne!(digits(one.reference("a")), digits(one.credential(b"a")));
        assert!(one.reference("a").starts_with("reference-"));
        assert_eq!(one.reference("a").len(), "reference-".len() + 16);
        assert!(one.credential(b"a").starts_with("credential-"));
    }
}
