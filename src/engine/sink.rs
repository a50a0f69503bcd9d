//! Sinks, which receive observations before these change a history.

use std::convert::Infallible;
use std::sync::Arc;

use crate::domain::{AccountKey, Digest, Observation};

/// An observation about to be counted, with its position in the order of counting.
///
/// Folding the entries of a partition in their order reproduces the histories of the partition's accounts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CountedObservation<'o> {
    /// Index of the account's partition, below [`PARTITIONS`](super::PARTITIONS).
    pub partition: usize,
    /// Sequence number among the observations counted in this partition since the histories began: 1, 2, 3 and so on,
    /// without gaps.
    pub sequence: u64,
    /// The account whose history it changes.
    pub account: AccountKey,
    /// The digest that identifies repeats of the exchange; `None` for one without an id.
    pub exchange: Option<Digest>,
    /// The observation of the exchange.
    pub observation: &'o Observation,
}

/// A receiver of every observation before it is counted, such as a log that outlives a restart.
///
/// Called under the lock of the account's partition, from many threads concurrently: entries of one partition arrive in
/// the order of their sequence, those of different partitions in any order. No other exchange of the partition is
/// counted until a call returns.
pub trait ObservationSink: Send + Sync {
    /// The error for a rejected observation.
    type Error;

    /// Accepts an observation. If this fails, nothing is counted, and the sequence number is used again.
    ///
    /// # Errors
    /// If the observation was not accepted.
    fn append(&self, counted: &CountedObservation<'_>) -> Result<(), Self::Error>;
}

/// Drops every observation: no code and no state.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSink;

impl ObservationSink for NoSink {
    type Error = Infallible;

    fn append(&self, _: &CountedObservation<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

/// `None` drops every observation.
impl<S: ObservationSink> ObservationSink for Option<S> {
    type Error = S::Error;

    fn append(&self, counted: &CountedObservation<'_>) -> Result<(), S::Error> {
        self.as_ref().map_or(Ok(()), |sink| sink.append(counted))
    }
}

impl<S: ObservationSink + ?Sized> ObservationSink for Arc<S> {
    type Error = S::Error;

    fn append(&self, counted: &CountedObservation<'_>) -> Result<(), S::Error> {
        (**self).append(counted)
    }
}
