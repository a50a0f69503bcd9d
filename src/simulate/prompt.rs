//! Requests to send: prompt pools sorted by who would send them, drawn without replacement, refilled from templates.
//!
//! Uses `corpus`. Knows no accounts and no clocks.

pub(crate) mod blend;
pub(crate) mod draw;
pub(crate) mod record_sets;
pub(crate) mod request_sequence;
pub(crate) mod request_spec;
pub(crate) mod topic;
