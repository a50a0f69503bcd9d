//! Repeated exchanges, told from new ones without an engine.

use super::accounts::{PARTITIONS, partition_of};
use super::dedup_window::{DEDUP_WINDOW, DedupWindow};
use crate::domain::Exchange;
use crate::observe::exchange_digest;
use crate::privacy::PseudonymKey;

/// Tells exchanges that were sent before from new ones, by the rule and the window of the [`Engine`](super::Engine): for
/// whoever folds exchanges without one.
pub struct RepeatFilter {
    key: PseudonymKey,
    partitions: Vec<DedupWindow>,
}

impl RepeatFilter {
    /// A filter that has seen nothing. Its digests are keyed by `key` and never leave it.
    pub fn new(key: PseudonymKey) -> Self {
        Self {
            key,
            partitions: (0..PARTITIONS)
                .map(|_| DedupWindow::new(DEDUP_WINDOW))
                .collect(),
        }
    }

    /// Whether the exchange was sent before; from now on it counts as such.
    pub fn is_repeat(&mut self, exchange: &Exchange) -> bool {
        let Some(digest) = exchange_digest(&self.key, exchange) else {
            return false;
        };
        let account = self.key.account(&exchange.account);
        let window = &mut self.partitions[partition_of(account)];
        let known = window.contains(account, digest);
        if !known {
            window.insert(account, digest);
        }
        known
    }
}
