//! Whether exchanges come in the order of their time, and only once.

use std::collections::HashMap;

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
    /// Its account had an exchange of this id before.
    Repeated,
}

/// Remembers the last time of recent accounts and the ids of recent exchanges.
///
/// Bound: at least the `capacity` most recently met accounts, and as many ids, are remembered, and at most
/// twice as many; at the default of one million that is about 150 MB. What is forgotten counts as new: its
/// disorder or repeat goes unnoticed, and no exchange is lost. Ids belong to their account, as two callers
/// may both count from 1.
pub struct OrderCheck {
    times: Recent<LastTime>,
    ids: Recent<()>,
    accounts_backwards: u64,
}

#[derive(Clone, Copy)]
struct LastTime {
    time: Timestamp,
    went_backwards: bool,
}

impl OrderCheck {
    /// Accounts and ids that are remembered unless the caller says otherwise.
    pub const CAPACITY: usize = 1_000_000;

    /// A check that remembers at least `capacity` accounts and ids.
    pub fn new(capacity: usize) -> Self {
        Self {
            times: Recent::new(capacity),
            ids: Recent::new(capacity),
            accounts_backwards: 0,
        }
    }

    /// Where `exchange` stands, which becomes part of what is remembered.
    pub fn check(&mut self, exchange: &Exchange) -> Standing {
        if let Some(id) = &exchange.id {
            let id = key(&exchange.account, id);
            if self.ids.get(id).is_some() {
                return Standing::Repeated;
            }
            self.ids.put(id, ());
        }
        let account = key(&exchange.account, "");
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

/// 64 bits of a cryptographic digest: no caller can choose an id that hides another's exchange.
fn key(account: &str, id: &str) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(account.len() as u64).to_le_bytes());
    hasher.update(account.as_bytes());
    hasher.update(id.as_bytes());
    let mut key = [0; 8];
    key.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(key)
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
