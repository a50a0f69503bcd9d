//! Whether exchanges come in the order of their time.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::domain::{Exchange, Timestamp};

/// Where an exchange stands among those before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing {
    /// Not before any earlier exchange of its account.
    InOrder,
    /// Its account had a later exchange before it.
    Backwards {
        /// By how many seconds.
        seconds: f64,
    },
}

/// Remembers the last time of recent accounts.
///
/// Bound: at least the `capacity` most recently met accounts are remembered, and at most twice as many; at the default of
/// one million that is about 110 MB. What is forgotten counts as new: its disorder goes unnoticed, and no exchange is
/// lost.
pub struct OrderCheck {
    times: Recent<LastTime>,
    /// Makes keys of accounts that nobody outside can foresee, so that no account can be named to pass for another.
    hasher: RandomState,
    accounts_backwards: u64,
}

#[derive(Clone, Copy)]
struct LastTime {
    time: Timestamp,
    went_backwards: bool,
}

impl OrderCheck {
    /// Accounts that are remembered unless the caller says otherwise.
    pub const CAPACITY: usize = 1_000_000;

    /// A check that remembers at least `capacity` accounts.
    pub fn new(capacity: usize) -> Self {
        Self {
            times: Recent::new(capacity),
            hasher: RandomState::new(),
            accounts_backwards: 0,
        }
    }

    /// Where `exchange` stands, which becomes part of what is remembered.
    pub fn check(&mut self, exchange: &Exchange) -> Standing {
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
            Standing::Backwards { seconds }
        } else {
            Standing::InOrder
        }
    }

    /// Accounts, among those remembered, whose time went backwards at least once.
    pub const fn accounts_backwards(&self) -> u64 {
        self.accounts_backwards
    }
}

impl Default for OrderCheck {
    fn default() -> Self {
        Self::new(Self::CAPACITY)
    }
}

/// A table of two generations: when the young one is full it becomes the old one, and the old one is dropped.
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
