//! The most recently counted exchanges, so that a repeated one is not counted twice.

use std::collections::{HashSet, VecDeque};

use crate::domain::{AccountKey, Digest};

/// Number of recent exchanges of one partition that are recognised when repeated.
pub(super) const DEDUP_WINDOW: usize = 1_024;

/// The digests of the last `bound` exchanges that had an id. An exchange repeated after that many others counts as new.
pub(super) struct DedupWindow {
    bound: usize,
    /// Oldest first.
    order: VecDeque<(AccountKey, Digest)>,
    /// Used for look-up only, never iterated.
    known: HashSet<(AccountKey, Digest)>,
}

impl DedupWindow {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            bound,
            order: VecDeque::new(),
            known: HashSet::new(),
        }
    }

    pub(super) fn contains(&self, account: AccountKey, id: Digest) -> bool {
        self.known.contains(&(account, id))
    }

    /// Inserts an exchange; at the bound, the oldest one is evicted.
    pub(super) fn insert(&mut self, account: AccountKey, id: Digest) {
        if !self.known.insert((account, id)) {
            return;
        }
        if self.order.len() >= self.bound
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.order.push_back((account, id));
    }

    /// Deletes all exchanges of an account.
    pub(super) fn delete_account(&mut self, account: AccountKey) {
        self.order.retain(|(owner, _)| *owner != account);
        self.known.retain(|(owner, _)| *owner != account);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// For any sequence, exactly the last `bound` distinct exchanges are known.
        #[test]
        fn exactly_the_latest_are_known(
            ids in prop::collection::vec((0_u128..3, 0_u64..9), 0..60),
            bound in 1_usize..8,
        ) {
            let mut window = DedupWindow::new(bound);
            let mut model: Vec<(AccountKey, Digest)> = Vec::new();
            for (account, id) in ids {
                let one = (AccountKey(account), Digest(id));
                if !model.contains(&one) {
                    model.push(one);
                }
                if model.len() > bound {
                    model.remove(0);
                }
                window.insert(one.0, one.1);
                for account in 0..3 {
                    for id in 0..9 {
                        let asked = (AccountKey(account), Digest(id));
                        prop_assert_eq!(window.contains(asked.0, asked.1), model.contains(&asked));
                    }
                }
            }
            window.delete_account(AccountKey(1));
            model.retain(|(account, _)| *account != AccountKey(1));
            prop_assert_eq!(window.order.len(), model.len());
            prop_assert!(model.iter().all(|(account, id)| window.contains(*account, *id)));
            prop_assert_eq!(window.known.len(), model.len());
        }
    }
}
