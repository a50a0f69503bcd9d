//! A split of benign accounts into two halves by application: one calibrates a guarantee, the other measures it.

use std::collections::BTreeMap;

use super::trail::AccountTrail;
use crate::simulate::corpus::share_of;

/// Benign trails in two halves, each trail with a number for its application. No application is in both halves, and
/// the application's name alone decides which.
pub(super) struct HalfSplit<'a> {
    /// Trails that calibrate the guarantee.
    pub(super) calibrating: Vec<(u64, &'a AccountTrail)>,
    /// Trails on which it is measured.
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
