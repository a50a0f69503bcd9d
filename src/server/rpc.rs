//! The services of the contract: each converts the request to the domain, calls the service behind the port, and
//! converts the result back.

pub(super) mod accounts;
pub(super) mod labels;
pub(super) mod models;
pub(super) mod received;
pub(super) mod redaction;
pub(super) mod result;
pub(super) mod reviews;
pub(super) mod scoring;
pub(super) mod streaming;
