//! Logs of other programs, record by record: what providers, gateways and tracers write of a call, and published
//! conversations.
//!
//! Each format is a row of one table (`catalogue`): how a record is recognised by its shape, and how it is read. One
//! file a family. Our own format is recognised first and read by the one reader of exchanges. What a format lacks (an
//! account, a time) the operator can name by field ([`LogOptions`]). Records that hold one call in several pieces are
//! put together by a [`Joiner`], within a bound.
//!
//! `docs/logs.md` has one worked line of each format; a test executes it.

mod anthropic;
mod azure;
mod bedrock;
mod bodies;
mod body;
mod braintrust;
mod call;
mod catalogue;
mod contentless;
mod conversations;
mod field;
mod format;
mod helicone;
mod join;
mod kong;
mod langfuse;
mod langsmith;
mod litellm;
mod openai;
mod options;
mod otlp;
mod own;
mod phoenix;
mod portkey;
mod sglang;
mod time;
mod vertex;

#[cfg(test)]
mod tests;

pub(crate) use catalogue::{Item, format_named, format_names, read};
pub(crate) use field::Field;
pub(crate) use join::Joiner;
pub(crate) use options::LogOptions;
pub(crate) use time::Zone;
