//! The work queue in front of the scorer: admission, workers, and the dispatcher that every API uses.

pub(super) mod admission;
pub(super) mod dispatcher;
pub(super) mod workers;
