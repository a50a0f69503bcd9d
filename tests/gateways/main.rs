//! Gateways and exporters against the server: their formats always, and the programs themselves where they are
//! installed.

mod fixture;
mod formats;
mod hostile;
mod litellm;
mod nothing;
mod portkey;
mod programs;
mod telemetry;
mod tracers;
mod verdicts;
