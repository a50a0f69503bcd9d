//! The histories of all accounts, in virtual partitions by pseudonym, each behind a lock of its own.
//!
//! Apart from the engine, so that an engine on another bundle of the same text model can go on with them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::partition::Partition;
use crate::domain::AccountKey;

/// Virtual partitions of the accounts.
pub const PARTITIONS: usize = 256;

/// All accounts.
pub(super) struct Accounts(Vec<Mutex<Partition>>);

impl Accounts {
    /// At most `accounts_max` accounts, rounded up to a multiple of the partitions.
    pub(super) fn new(accounts_max: usize) -> Self {
        let bound = accounts_max.div_ceil(PARTITIONS).max(1);
        let partitions = (0..PARTITIONS).map(|_| Mutex::new(Partition::new(bound)));
        Self(partitions.collect())
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        (0..PARTITIONS).map(|index| self.locked(index).len()).sum()
    }

    /// The partition that an account belongs to.
    pub(super) fn partition(&self, account: AccountKey) -> MutexGuard<'_, Partition> {
        self.locked(partition_of(account))
    }

    /// The pseudonyms after `after`, in a fixed order: by partition, then by pseudonym. At most `at_most`.
    pub(super) fn keys_after(&self, after: Option<AccountKey>, at_most: usize) -> Vec<AccountKey> {
        let mut keys = Vec::new();
        for index in after.map_or(0, partition_of)..PARTITIONS {
            let mut own: Vec<AccountKey> = self.locked(index).accounts().collect();
            if let Some(after) = after.filter(|after| partition_of(*after) == index) {
                own.retain(|key| *key > after);
            }
            own.sort_unstable();
            keys.append(&mut own);
            if keys.len() >= at_most {
                break;
            }
        }
        keys.truncate(at_most);
        keys
    }

    /// A panic while a partition was held can have left one profile half updated at worst; the others are whole, and
    /// an account's half exchange is better than a server that answers nobody.
    fn locked(&self, index: usize) -> MutexGuard<'_, Partition> {
        self.0[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where an account belongs.
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
