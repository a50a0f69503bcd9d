//! Tests of gateways and exporters against the server: always with their formats, and with the real programs where they
//! are installed.

mod dialects;
mod emitted;
mod events;
mod fixture;
mod formats;
mod hostile;
mod litellm;
mod nothing;
mod one_call;
mod portkey;
mod programs;
mod telemetry;
mod tracers;
mod verdicts;
