//! The server as its callers meet it: a real socket, and a client that shares no code with the server.

mod client;
mod envoy;
mod errors;
mod fixture;
mod lifecycle;
mod protocols;
mod real_envoy;
