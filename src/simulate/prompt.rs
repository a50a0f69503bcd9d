//! Requests to send: prompt pools sorted by the population that would send them, drawn without replacement and extended
//! from templates.
//!
//! Uses `corpus`. Must not know accounts or clocks.

pub(crate) mod blend;
pub(crate) mod draw;
pub(crate) mod record_sets;
pub(crate) mod request_sequence;
pub(crate) mod request_spec;
pub(crate) mod topic;
