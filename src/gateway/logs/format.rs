//! A log format: how a record is recognised, and what reading it finds.

use super::call::Call;
use super::join::Part;
use super::time::Zone;
use crate::domain::Timestamp;
use crate::gateway::draft::Draft;
use crate::json::Node;
use crate::wire::WireError;

/// A log format.
pub(super) struct Format {
    /// Name on the command line.
    pub(super) name: &'static str,
    /// What a record is called in messages, with its article.
    pub(super) noun: &'static str,
    /// Returns whether a record has the shape of this format.
    pub(super) recognise: fn(&Node<'_>) -> bool,
    /// Reads a record; times that state no zone are in the given one.
    pub(super) read: fn(&Node<'_>, Option<Zone>) -> Vec<Found>,
}

/// What a format found in a record.
pub(super) enum Found {
    /// A whole call.
    Call(Box<Call>),
    /// A piece of the call with this id.
    Part(String, Part),
    /// Not a call of a model.
    NotACall,
    /// A record of a call without its content: what it looks like, and why there is none.
    NoContent(&'static str, &'static str),
}

impl Found {
    /// One whole call, and the time that the log states for it.
    pub(super) fn call(draft: Draft, time: Result<Option<Timestamp>, WireError>) -> Vec<Self> {
        vec![Self::Call(Box::new(Call { draft, time }))]
    }
}
