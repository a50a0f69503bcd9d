//! Connections, TLS and the HTTP layer in front of the handlers: everything before a message is decoded.
//!
//! `tower-http` has layers for most of this. They are not used because they send their own error responses (413 and 415
//! with an empty or plain body, 408 for a timeout), while every error here is a row of the error table in the caller's
//! protocol, and because its decompression runs on the threads that serve connections.

pub(super) mod api_routes;
pub(super) mod body;
pub(super) mod concurrency;
pub(super) mod connections;
pub(super) mod content_type;
pub(super) mod docs;
pub(super) mod error_response;
pub(super) mod gunzip;
pub(super) mod ingress;
pub(super) mod meter;
pub(super) mod pages;
pub(super) mod tls;
