//! Where observations go before they change a history.

use std::convert::Infallible;
use std::sync::Arc;

use crate::domain::{AccountKey, Digest, Observation};

/// An observation about to be counted, and its place in the order of counting.
///
/// Whoever folds the entries of a partition in their order has the histories of the partition's accounts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CountedObservation<'o> {
    /// The partition that the account belongs to, below [`PARTITIONS`](super::PARTITIONS).
    pub partition: usize,
    /// Place among the observations counted in this partition since the histories began: 1, 2, 3 and so on, without gaps.
    pub sequence: u64,
    /// The account whose history it changes.
    pub account: AccountKey,
    /// The digest by which the exchange is known again; `None` for one without an id.
    pub exchange: Option<Digest>,
    /// What was seen of the exchange.
    pub observation: &'o Observation,
}

/// Receives every observation before it is counted, such as a log that outlives a restart.
///
/// Called under the lock of the account's partition, from many threads at once: entries of one partition come in the order
/// of their sequence, those of different partitions in any order. As long as a call takes, no other exchange of the
/// partition is counted.
pub trait ObservationSink: Send + Sync {
    /// Why an observation was not taken.
    type Error;

    /// Takes an observation. When this fails nothing is counted, and the sequence number is given again.
    ///
    /// # Errors
    /// When it was not taken.
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
