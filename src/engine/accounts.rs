//! The histories of all accounts, in virtual partitions by pseudonym, each behind its own lock.
//!
//! Separate from the engine, so that an engine with another bundle of the same text model can continue them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::partition::Partition;
use crate::domain::AccountKey;

/// Number of virtual partitions of the accounts.
pub const PARTITIONS: usize = 256;

/// The histories of all accounts.
pub(super) struct Accounts(Vec<Mutex<Partition>>);

impl Accounts {
    /// Builds storage for at most `accounts_max` accounts, rounded up to a multiple of the number of partitions.
    pub(super) fn new(accounts_max: usize) -> Self {
        let bound = accounts_max.div_ceil(PARTITIONS).max(1);
        let partitions = (0..PARTITIONS).map(|_| Mutex::new(Partition::new(bound)));
        Self(partitions.collect())
    }

    /// Returns the number of accounts.
    pub(super) fn len(&self) -> usize {
        (0..PARTITIONS).map(|index| self.locked(index).len()).sum()
    }

    /// Returns the number of accounts with at least this many exchanges.
    pub(super) fn with(&self, exchanges: u64) -> usize {
        (0..PARTITIONS)
            .map(|index| self.locked(index).with(exchanges))
            .sum()
    }

    /// Locks and returns the partition of an account.
    pub(super) fn partition(&self, account: AccountKey) -> MutexGuard<'_, Partition> {
        self.locked(partition_of(account))
    }

    /// Returns at most `limit` pseudonyms after `after`, in a fixed order: by partition, then by pseudonym.
    pub(super) fn keys_after(&self, after: Option<AccountKey>, limit: usize) -> Vec<AccountKey> {
        let mut keys = Vec::new();
        for index in after.map_or(0, partition_of)..PARTITIONS {
            let mut own: Vec<AccountKey> = self.locked(index).accounts().collect();
            if let Some(after) = after.filter(|after| partition_of(*after) == index) {
                own.retain(|key| *key > after);
            }
            own.sort_unstable();
            keys.append(&mut own);
            if keys.len() >= limit {
                break;
            }
        }
        keys.truncate(limit);
        keys
    }

    /// Locks a partition, even a poisoned one. A panic under the lock can have left at most one profile half updated;
    /// the others are whole, and half an exchange in one account is better than a server that answers nobody.
    fn locked(&self, index: usize) -> MutexGuard<'_, Partition> {
        self.0[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the index of an account's partition.
pub(super) fn partition_of(account: AccountKey) -> usize {
    (account.0 % PARTITIONS as u128) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_of_any_size_hold_every_account_once(
            accounts in prop::collection::hash_set(0_u128..2_000, 0..120),
            size in 1_usize..50,
        ) {
            let all = Accounts::new(1_000_000);
            for account in &accounts {
                all.partition(AccountKey(*account)).touch(AccountKey(*account));
            }
            let mut listed = Vec::new();
            loop {
                let page = all.keys_after(listed.last().copied(), size);
                prop_assert!(page.len() <= size);
                if page.is_empty() {
                    break;
                }
                listed.extend(page);
            }
            prop_assert_eq!(&listed, &all.keys_after(None, usize::MAX));
            prop_assert_eq!(listed.len(), accounts.len());
            prop_assert!(listed.iter().all(|key| accounts.contains(&key.0)));
        }
    }
}
