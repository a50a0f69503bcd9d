//! Tests of the server as its callers see it: over a real socket, with a client that shares no code with the server.

#[cfg(unix)]
mod agreement;
mod client;
mod contract;
mod envoy;
mod errors;
mod fixture;
mod hostile;
mod keys;
#[cfg(unix)]
mod label_loop;
mod labels;
mod lifecycle;
mod metrics;
mod openapi;
#[cfg(unix)]
mod process;
mod protocols;
mod readers;
mod real_envoy;
mod reviews;
mod services;
mod status;
mod streaming;
mod tls;
