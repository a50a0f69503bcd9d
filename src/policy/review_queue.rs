//! The review queue: the highest-ranked accounts, as many as there are reviews left today.
//!
//! Two ordered sets, the queue and those who wait, of which the lowest of the first ranks above the highest of the
//! second. Every change costs O(log n). Knows neither time nor marks.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Bound;

use crate::domain::AccountKey;

/// Position in the queue: the highest score first, ties in the order of the account's pseudonym.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// The score's bits, made monotone.
    score: Reverse<u64>,
    account: AccountKey,
}

impl Rank {
    /// Ranks an account by its score in log-odds.
    pub fn new(score: f64, account: AccountKey) -> Self {
        let bits = score.to_bits();
        // The order of `f64::total_cmp`, as an unsigned number.
        let sign = 1 << 63;
        let ordered = if bits & sign == 0 { bits | sign } else { !bits };
        Self {
            score: Reverse(ordered),
            account,
        }
    }

    /// Returns the account.
    pub const fn account(self) -> AccountKey {
        self.account
    }

    /// Parses the form that [`Rank::to_token`] writes.
    pub fn from_token(token: &str) -> Option<Self> {
        let (score, account) = token.split_once('-')?;
        let digits = score.len() == 16 && score.bytes().all(|byte| byte.is_ascii_hexdigit());
        let score = digits.then(|| u64::from_str_radix(score, 16).ok())??;
        Some(Self {
            score: Reverse(score),
            account: AccountKey::from_hex(account)?,
        })
    }

    /// Returns the rank as text, to continue a list after it.
    pub fn to_token(self) -> String {
        format!("{:016x}-{}", self.score.0, self.account)
    }
}

/// The queue and those who wait for a place in it.
#[derive(Clone, Debug)]
pub(super) struct ReviewQueue {
    slots: usize,
    queued: BTreeSet<Rank>,
    waiting: BTreeSet<Rank>,
}

impl ReviewQueue {
    pub(super) const fn new(slots: usize) -> Self {
        Self {
            slots,
            queued: BTreeSet::new(),
            waiting: BTreeSet::new(),
        }
    }

    /// Adds an account. Its earlier rank must have been removed.
    pub(super) fn insert(&mut self, rank: Rank) {
        self.waiting.insert(rank);
        self.settle();
    }

    /// Removes a rank, if it is there.
    pub(super) fn remove(&mut self, rank: Rank) {
        if !self.queued.remove(&rank) {
            self.waiting.remove(&rank);
        }
        self.settle();
    }

    /// Sets the number of places.
    pub(super) fn set_slots(&mut self, slots: usize) {
        self.slots = slots;
        self.settle();
    }

    pub(super) fn clear(&mut self) {
        self.queued.clear();
        self.waiting.clear();
    }

    /// Returns whether this rank has a place.
    pub(super) fn holds(&self, rank: Rank) -> bool {
        self.queued.contains(&rank)
    }

    /// Returns the ranks that have a place, highest first, after `after`.
    pub(super) fn after(&self, after: Option<Rank>) -> impl Iterator<Item = Rank> + '_ {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.queued.range((from, Bound::Unbounded)).copied()
    }

    /// Returns the number of ranks with a place.
    pub(super) fn len(&self) -> usize {
        self.queued.len()
    }

    /// Returns the number of ranks without one.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Restores the invariant: no more ranks than places, none free while anyone waits, the highest in them.
    fn settle(&mut self) {
        while self.queued.len() < self.slots
            && let Some(best) = self.waiting.pop_first()
        {
            self.queued.insert(best);
        }
        while let (Some(last), Some(best)) = (self.queued.last(), self.waiting.first())
            && best < last
        {
            let (last, best) = (*last, *best);
            self.queued.remove(&last);
            self.waiting.remove(&best);
            self.queued.insert(best);
            self.waiting.insert(last);
        }
        while self.queued.len() > self.slots
            && let Some(last) = self.queued.pop_last()
        {
            self.waiting.insert(last);
        }
    }
}
