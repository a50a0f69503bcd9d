//! What an operator says about a log.

use super::field::Field;
use super::time::{Zone, time};
use crate::domain::Timestamp;
use crate::json::Node;
use crate::wire::WireError;

/// What the operator says about a log.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogOptions {
    /// Name of the only format to read; by shape, record by record, when absent.
    pub(crate) from: Option<&'static str>,
    /// Where the account is.
    pub(crate) account: Option<Field>,
    /// Where the time is.
    pub(crate) time: Option<Field>,
    /// Zone of times that state none.
    pub(crate) zone: Option<Zone>,
    /// Time of exchanges that have none: when reading began.
    pub(crate) received: Timestamp,
}

impl LogOptions {
    /// Returns the account at the field that the operator named; `None` when none is named or the record lacks it.
    pub(super) fn account_in(&self, record: &Node<'_>) -> Option<String> {
        self.account.as_ref()?.value_in(record).name()
    }

    /// Returns the time at the field that the operator named; `None` when none is named or the record lacks it.
    ///
    /// # Errors
    /// When the field holds something that is no time.
    pub(super) fn time_in(&self, record: &Node<'_>) -> Result<Option<Timestamp>, WireError> {
        let Some(field) = &self.time else {
            return Ok(None);
        };
        time(&field.value_in(record), field.shown(), self.zone)
    }
}
