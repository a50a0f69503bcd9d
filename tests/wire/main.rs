//! The server as its callers meet it: a real socket, and a client that shares no code with the server.

mod client;
mod errors;
mod fixture;
mod hostile;
mod lifecycle;
mod openapi;
mod protocols;
mod services;
mod streaming;
