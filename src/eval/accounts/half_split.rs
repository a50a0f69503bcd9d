//! Benign accounts in two half_split, by application: one to promise with, one to hold the promise to.

use std::collections::BTreeMap;

use super::trail::AccountTrail;
use crate::simulate::corpus::share_of;

/// Benign trails, each with a number for its application. No application is in both half_split, and nothing but its name
/// says in which.
pub(super) struct HalfSplit<'a> {
    /// Those that a promise is made on.
    pub(super) calibrating: Vec<(u64, &'a AccountTrail)>,
    /// Those that it is measured on.
    pub(super) measured: Vec<(u64, &'a AccountTrail)>,
}

impl<'a> HalfSplit<'a> {
    pub(super) fn of(benign: impl IntoIterator<Item = &'a AccountTrail>) -> Self {
        let mut numbers: BTreeMap<&str, u64> = BTreeMap::new();
        let numbered = benign.into_iter().map(|trail| {
            let next = numbers.len() as u64;
            (*numbers.entry(trail.application()).or_insert(next), trail)
        });
        let (calibrating, measured) =
            numbered.partition(|(_, trail)| share_of(trail.application(), "promise") < 0.5);
        Self {
            calibrating,
            measured,
        }
    }
}
