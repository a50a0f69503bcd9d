//! Detection of exchanges that arrive out of time order.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::domain::{Exchange, Timestamp};

/// The time order of an exchange relative to the earlier ones of its account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TimeOrder {
    /// Not earlier than any previous exchange of its account.
    InOrder,
    /// Earlier than a previous exchange of its account.
    Backwards {
        /// Seconds by which it is earlier than the account's latest exchange.
        seconds: f64,
    },
}

/// Checks time order by storing the latest time of recently active accounts.
///
/// Bound: stores at least the `capacity` most recently active accounts and at most twice as many; at the default of one
/// million that is about 110 MB. A dropped account counts as new: its disorder goes unnoticed, but no exchange is lost.
pub struct OrderCheck {
    times: Recent<LastTime>,
    /// Hashes account names to unpredictable keys, so that no name can be chosen to collide with another account.
    hasher: RandomState,
    accounts_backwards: u64,
}

#[derive(Clone, Copy)]
struct LastTime {
    time: Timestamp,
    went_backwards: bool,
}

impl OrderCheck {
    /// Default number of accounts stored.
    pub const CAPACITY: usize = 1_000_000;

    /// Creates a check that stores at least `capacity` accounts.
    pub fn new(capacity: usize) -> Self {
        Self {
            times: Recent::new(capacity),
            hasher: RandomState::new(),
            accounts_backwards: 0,
        }
    }

    /// Checks `exchange` against earlier ones and records its time.
    pub fn check(&mut self, exchange: &Exchange) -> TimeOrder {
        let account = self.hasher.hash_one(&exchange.account);
        let last = self.times.get(account).unwrap_or(LastTime {
            time: exchange.time,
            went_backwards: false,
        });
        let backwards = exchange.time < last.time;
        self.accounts_backwards += u64::from(backwards && !last.went_backwards);
        let now = LastTime {
            time: last.time.max(exchange.time),
            went_backwards: last.went_backwards || backwards,
        };
        self.times.put(account, now);
        if backwards {
            let seconds = last.time.seconds_since(exchange.time);
            TimeOrder::Backwards { seconds }
        } else {
            TimeOrder::InOrder
        }
    }

    /// Returns the number of accounts, among those stored, whose time went backwards at least once.
    pub const fn accounts_backwards(&self) -> u64 {
        self.accounts_backwards
    }
}

impl Default for OrderCheck {
    fn default() -> Self {
        Self::new(Self::CAPACITY)
    }
}

/// A table of two generations: when the young one is full it replaces the old one, which is dropped.
struct Recent<V> {
    young: HashMap<u64, V>,
    old: HashMap<u64, V>,
    capacity: usize,
}

impl<V: Copy> Recent<V> {
    fn new(capacity: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            capacity,
        }
    }

    fn get(&self, key: u64) -> Option<V> {
        self.young.get(&key).or_else(|| self.old.get(&key)).copied()
    }

    fn put(&mut self, key: u64, value: V) {
        if self.young.len() >= self.capacity && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}
