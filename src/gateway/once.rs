//! Each exchange once, whichever way it comes.
//!
//! A gateway may call a guardrail, export a log and send a trace of one and the same call, and exporters send again
//! what was not acknowledged. All name the call by one id. Callers can choose that id, so it alone says nothing: only
//! the same messages under the same id are the same exchange.

use std::collections::HashSet;

use crate::domain::Exchange;

/// Stands for an exchange: 64 bits of a cryptographic digest, so that nobody can make one exchange hide another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Mark(u64);

impl Mark {
    /// The mark of an exchange that has an id.
    pub(crate) fn of(exchange: &Exchange) -> Option<Self> {
        let id = exchange.id.as_ref()?;
        let mut hasher = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(exchange.account.as_bytes());
        part(id.as_bytes());
        for message in &exchange.messages {
            part(message.content.expose().as_bytes());
        }
        let mut mark = [0; 8];
        mark.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Some(Self(u64::from_le_bytes(mark)))
    }
}

/// Exchanges that were taken: two generations of marks, so that at least the last `capacity` are remembered.
pub(crate) struct Once {
    young: HashSet<Mark>,
    old: HashSet<Mark>,
    capacity: usize,
}

impl Once {
    /// Remembers at least `capacity` exchanges, and at most twice as many.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            young: HashSet::new(),
            old: HashSet::new(),
            capacity: capacity.max(1),
        }
    }

    /// Whether an exchange comes for the first time. What has no mark always does.
    pub(crate) fn first(&mut self, mark: Option<Mark>) -> bool {
        let Some(mark) = mark else { return true };
        if self.old.contains(&mark) || !self.young.insert(mark) {
            return false;
        }
        if self.young.len() >= self.capacity {
            self.old = std::mem::take(&mut self.young);
        }
        true
    }

    /// Exchanges that are remembered.
    #[cfg(test)]
    pub(super) fn remembers(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Forgets an exchange that could not be counted: it may come again.
    pub(crate) fn forget(&mut self, mark: Option<Mark>) {
        if let Some(mark) = mark {
            self.young.remove(&mark);
            self.old.remove(&mark);
        }
    }
}
