//! What a command has read so far, for its last line and for the line at an interrupt.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::terminal::{say, warn};
use crate::domain::{Exchange, Timestamp};
use crate::wire::format_time;

/// Most accounts that are told apart; beyond it the line says "more than".
const ACCOUNTS_MAX: usize = 1_000_000;

/// Counts of the exchanges read so far. Clones count together.
#[derive(Clone, Default)]
pub(super) struct WhatWasRead(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    exchanges: u64,
    accounts: HashSet<u64>,
    /// Makes accounts to keys that nobody can choose.
    hasher: RandomState,
    span: Option<(Timestamp, Timestamp)>,
}

impl WhatWasRead {
    /// Counts exchanges.
    pub(super) fn add(&self, exchanges: &[Exchange]) {
        let mut counts = self.counts();
        counts.exchanges += exchanges.len() as u64;
        for exchange in exchanges {
            if counts.accounts.len() <= ACCOUNTS_MAX {
                let account = counts.hasher.hash_one(&exchange.account);
                counts.accounts.insert(account);
            }
            let time = exchange.time;
            let (first, last) = counts.span.unwrap_or((time, time));
            counts.span = Some((first.min(time), last.max(time)));
        }
    }

    /// Returns the number of exchanges.
    pub(super) fn exchanges(&self) -> u64 {
        self.counts().exchanges
    }

    /// Returns the number of accounts, up to a bound.
    pub(super) fn accounts(&self) -> usize {
        self.counts().accounts.len()
    }

    /// Says what was read, as the last line of a command that read `files`.
    pub(super) fn report(&self, files: &[PathBuf]) {
        if self.exchanges() == 0 {
            warn(&format!("no exchanges in {}", names(files)));
        } else {
            say(&self.line());
        }
    }

    /// Returns what was read in one line.
    pub(super) fn line(&self) -> String {
        let counts = self.counts();
        let of = |count: u64, one: &str| {
            let many = if count == 1 { "" } else { "s" };
            format!("{count} {one}{many}")
        };
        let exchanges = of(counts.exchanges, "exchange");
        let accounts = match counts.accounts.len() {
            more if more > ACCOUNTS_MAX => format!("more than {ACCOUNTS_MAX} accounts"),
            few => of(few as u64, "account"),
        };
        match counts.span {
            None => exchanges,
            Some((first, last)) => format!(
                "{exchanges} of {accounts}, from {} to {}",
                format_time(first),
                format_time(last)
            ),
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Nothing that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the names of input files for a message.
pub(super) fn names(files: &[PathBuf]) -> String {
    let name = |file: &PathBuf| match file.to_str() {
        Some("-") => "standard input".to_owned(),
        _ => file.display().to_string(),
    };
    let names: Vec<String> = files.iter().map(name).collect();
    names.join(", ")
}
