//! The accounts of one virtual partition, bounded.

use std::collections::{BTreeMap, HashMap};

use super::dedup_window::{DEDUP_WINDOW, DedupWindow};
use crate::domain::{AccountKey, Digest};
use crate::profile::Profile;

/// Profiles of at most `bound` accounts. When the partition is full, a new account evicts the least recently touched
/// one, which starts a new history if it returns.
pub(super) struct Partition {
    bound: usize,
    touches: u64,
    /// Used for look-up and for counts only, never iterated in order: the order of a hash map must not affect any
    /// result.
    profiles: HashMap<AccountKey, (u64, Box<Profile>)>,
    /// Accounts by their last touch; the first entry is the least recently touched.
    by_touch: BTreeMap<u64, AccountKey>,
    dedup: DedupWindow,
    /// Number of observations counted since the histories began.
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

    /// Returns the number of accounts with at least this many exchanges.
    pub(super) fn with(&self, exchanges: u64) -> usize {
        let profiles = self.profiles.values();
        profiles
            .filter(|(_, profile)| profile.seen() >= exchanges)
            .count()
    }

    pub(super) fn profile(&self, account: AccountKey) -> Option<&Profile> {
        self.profiles.get(&account).map(|entry| entry.1.as_ref())
    }

    /// Returns the accounts, in an order that must not affect any result.
    pub(super) fn accounts(&self) -> impl Iterator<Item = AccountKey> + '_ {
        self.by_touch.values().copied()
    }

    /// Returns whether the exchange is already part of the account's profile.
    pub(super) fn has_counted(&self, account: AccountKey, exchange: Digest) -> bool {
        self.profiles.contains_key(&account) && self.dedup.contains(account, exchange)
    }

    /// Returns the sequence number of the next observation to be counted: 1, 2, 3 and so on.
    pub(super) const fn next_sequence(&self) -> u64 {
        self.counted + 1
    }

    /// Takes the next sequence number for an observation of the account, and records its exchange for recognising
    /// repeats.
    pub(super) fn count(&mut self, account: AccountKey, exchange: Option<Digest>) {
        self.counted += 1;
        if let Some(exchange) = exchange {
            self.dedup.insert(account, exchange);
        }
    }

    /// Deletes an account and the record of its exchanges; returns whether there was one.
    pub(super) fn delete_account(&mut self, account: AccountKey) -> bool {
        self.dedup.delete_account(account);
        let Some((touch, _)) = self.profiles.remove(&account) else {
            return false;
        };
        self.by_touch.remove(&touch);
        true
    }

    /// Marks the account as most recently touched and returns its profile, which is empty for a new or evicted account.
    pub(super) fn touch(&mut self, account: AccountKey) -> &mut Profile {
        self.touches += 1;
        if !self.profiles.contains_key(&account)
            && self.profiles.len() >= self.bound
            && let Some((_, oldest)) = self.by_touch.pop_first()
        {
            self.profiles.remove(&oldest);
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
    fn a_deleted_account_starts_a_new_history_and_frees_its_slot() {
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
            "the deleted account's slot was free"
        );
    }

    #[test]
    fn at_the_bound_the_least_recently_touched_account_is_evicted() {
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
