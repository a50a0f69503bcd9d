//! The accounts of one virtual partition, bounded.

use std::collections::{BTreeMap, HashMap};

use super::dedup_window::{DEDUP_WINDOW, DedupWindow};
use crate::domain::{AccountKey, Digest};
use crate::profile::Profile;

/// Profiles of at most `bound` accounts. When it is full, a new account takes the place of the one that has been
/// silent for the most touches; that account starts anew when it comes back.
pub(super) struct Partition {
    bound: usize,
    touches: u64,
    /// Looked up, never iterated: the order of a hash map must not show.
    profiles: HashMap<AccountKey, (u64, Box<Profile>)>,
    /// Last touch to account: the first entry is the most silent one.
    by_touch: BTreeMap<u64, AccountKey>,
    dedup: DedupWindow,
    /// Observations counted since the histories began.
    counted: u64,
}

impl Partition {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            bound,
            touches: 0,
            profiles: HashMap::new(),
            by_touch: BTreeMap::new(),
            dedup: DedupWindow::new(DEDUP_WINDOW),
            counted: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.profiles.len()
    }

    pub(super) fn profile(&self, account: AccountKey) -> Option<&Profile> {
        self.profiles.get(&account).map(|entry| entry.1.as_ref())
    }

    /// The accounts, in no order that may show.
    pub(super) fn accounts(&self) -> impl Iterator<Item = AccountKey> + '_ {
        self.by_touch.values().copied()
    }

    /// Whether the exchange is already part of the account's profile.
    pub(super) fn has_counted(&self, account: AccountKey, exchange: Digest) -> bool {
        self.profiles.contains_key(&account) && self.dedup.contains(account, exchange)
    }

    /// The number of the next observation to be counted: 1, 2, 3 and so on.
    pub(super) const fn next_sequence(&self) -> u64 {
        self.counted + 1
    }

    /// Takes the next number for an observation of the account, whose exchange is known again from now on.
    pub(super) fn count(&mut self, account: AccountKey, exchange: Option<Digest>) {
        self.counted += 1;
        if let Some(exchange) = exchange {
            self.dedup.insert(account, exchange);
        }
    }

    /// Deletes an account and which exchanges it sent; returns whether there was one.
    pub(super) fn delete_account(&mut self, account: AccountKey) -> bool {
        self.dedup.delete_account(account);
        let Some((touch, _)) = self.profiles.remove(&account) else {
            return false;
        };
        self.by_touch.remove(&touch);
        true
    }

    /// The account's profile, empty when it is new or forgotten.
    pub(super) fn touch(&mut self, account: AccountKey) -> &mut Profile {
        self.touches += 1;
        if !self.profiles.contains_key(&account)
            && self.profiles.len() >= self.bound
            && let Some((_, silent)) = self.by_touch.pop_first()
        {
            self.profiles.remove(&silent);
        }
        let entry = self
            .profiles
            .entry(account)
            .or_insert_with(|| (0, Box::new(Profile::empty())));
        self.by_touch.remove(&entry.0);
        self.by_touch.insert(self.touches, account);
        entry.0 = self.touches;
        &mut entry.1
    }
}

#[cfg(test)]
mod tests {
    use super::Partition;
    use crate::domain::{AccountKey, Digest};

    #[test]
    fn a_deleted_account_starts_anew_and_takes_no_place() {
        let mut partition = Partition::new(2);
        for account in [1, 2] {
            assert!(!partition.has_counted(AccountKey(account), Digest(7)));
            partition.count(AccountKey(account), Some(Digest(7)));
            partition.touch(AccountKey(account));
            assert!(partition.has_counted(AccountKey(account), Digest(7)));
        }
        assert!(partition.delete_account(AccountKey(1)));
        assert!(!partition.delete_account(AccountKey(1)));
        assert_eq!((partition.len(), partition.accounts().count()), (1, 1));
        assert!(!partition.has_counted(AccountKey(1), Digest(7)));
        partition.touch(AccountKey(3));
        assert!(
            partition.profile(AccountKey(2)).is_some(),
            "its place was free"
        );
    }

    #[test]
    fn at_the_bound_the_most_silent_account_is_forgotten() {
        let mut partition = Partition::new(2);
        for account in [1, 2, 1, 3] {
            partition.touch(AccountKey(account));
        }
        assert_eq!(partition.len(), 2);
        assert!(partition.profile(AccountKey(1)).is_some());
        assert!(partition.profile(AccountKey(2)).is_none());
        assert!(partition.profile(AccountKey(3)).is_some());
    }
}
