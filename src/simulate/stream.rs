//! Merges all accounts of a plan into one stream in time order, without holding the text of waiting accounts.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::corpus::Corpus;
use crate::domain::{Exchange, Label, Timestamp};
use crate::simulate::plan::AccountExchanges;
use crate::simulate::plan::Plan;

/// Writes a plan's labels by account, then its exchanges in time order, and returns the number of exchanges.
///
/// An account is opened at its first exchange and closed after its last, and a text is generated only when it is due.
/// Memory use is therefore a few hundred bytes per active account, however long the stream is.
///
/// # Errors
/// The first error of `write_label` or `write_exchange`.
pub fn write_stream<E>(
    plan: &Plan,
    corpus: &Corpus,
    mut write_exchange: impl FnMut(&Exchange) -> Result<(), E>,
    mut write_label: impl FnMut(&Label) -> Result<(), E>,
) -> Result<u64, E> {
    // Sorted by account name, which is random; the plan's order would reveal who is benign.
    let mut labels: Vec<&Label> = plan.accounts.iter().map(|account| &account.label).collect();
    labels.sort_unstable_by(|left, right| left.account.cmp(&right.account));
    for label in labels {
        write_label(label)?;
    }
    let mut written = 0;
    for exchange in Merge::new(plan, corpus) {
        write_exchange(&exchange)?;
        written += 1;
    }
    Ok(written)
}

struct Merge<'a> {
    plan: &'a Plan,
    corpus: &'a Corpus,
    /// The next time of each account; ties go to the earlier account of the plan.
    queue: BinaryHeap<Reverse<(Timestamp, usize)>>,
    open: Vec<Option<Box<AccountExchanges<'a>>>>,
}

impl<'a> Merge<'a> {
    fn new(plan: &'a Plan, corpus: &'a Corpus) -> Self {
        let starts = plan.accounts.iter().enumerate();
        Self {
            plan,
            corpus,
            queue: starts
                .map(|(index, account)| Reverse((account.start, index)))
                .collect(),
            open: plan.accounts.iter().map(|_| None).collect(),
        }
    }
}

impl Iterator for Merge<'_> {
    type Item = Exchange;

    fn next(&mut self) -> Option<Exchange> {
        while let Some(Reverse((_, index))) = self.queue.pop() {
            let opened = || Box::new(self.plan.accounts[index].exchanges(self.corpus));
            let mut account = self.open[index].take().unwrap_or_else(opened);
            let Some(exchange) = account.next() else {
                continue;
            };
            if let Some(time) = account.upcoming() {
                self.queue.push(Reverse((time, index)));
                self.open[index] = Some(account);
            }
            return Some(exchange);
        }
        None
    }
}
