//! Repeated exchanges, told from new ones without an engine.

use super::accounts::{PARTITIONS, partition_of};
use super::dedup_window::{DEDUP_WINDOW, DedupWindow};
use crate::domain::Exchange;
use crate::observe::exchange_digest;
use crate::privacy::PseudonymKey;

/// Distinguishes repeated exchanges from new ones, by the rule and the window of the [`Engine`](super::Engine), for
/// code that folds exchanges without an engine.
pub struct RepeatFilter {
    key: PseudonymKey,
    partitions: Vec<DedupWindow>,
}

impl RepeatFilter {
    /// Builds an empty filter. Its digests are keyed by `key` and never leave it.
    pub fn new(key: PseudonymKey) -> Self {
        Self {
            key,
            partitions: (0..PARTITIONS)
                .map(|_| DedupWindow::new(DEDUP_WINDOW))
                .collect(),
        }
    }

    /// Returns whether the exchange is a repeat, and records it as seen.
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
