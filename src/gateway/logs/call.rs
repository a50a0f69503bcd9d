//! One call of a model as a log has it, before accounts and times are settled.

use super::options::LogOptions;
use crate::domain::{CallKind, Exchange, Timestamp};
use crate::gateway::draft::{Context, Draft};
use crate::gateway::identity::{AccountOrder, Party};
use crate::json::Node;
use crate::wire::json::LineError;
use crate::wire::{Bounds, WireError};

/// A call, and its time as far as the log's own field for it could be read.
pub(super) struct Call {
    pub(super) draft: Draft,
    pub(super) time: Result<Option<Timestamp>, WireError>,
}

impl Call {
    /// Takes account and time from the fields that the operator named, where the record has them.
    ///
    /// # Errors
    /// When the named field holds something that is no time.
    pub(super) fn name_fields(
        &mut self,
        record: &Node<'_>,
        options: &LogOptions,
    ) -> Result<(), LineError> {
        if let Some(name) = options.account_in(record) {
            self.draft.identity.key = Some(name);
        }
        if let Some(time) = options.time_in(record)? {
            self.time = Ok(Some(time));
        }
        Ok(())
    }

    /// Converts the call to an exchange.
    ///
    /// # Errors
    /// When no account is named, there is no text, or the time cannot be read.
    pub(super) fn finish(
        mut self,
        looks_like: &'static str,
        received: Timestamp,
    ) -> Result<Exchange, LineError> {
        let order = AccountOrder::beginning_with(Party::Key);
        let prompt = self.draft.kind.is_none_or(CallKind::is_prompt);
        let lacks = [
            ("account", self.draft.identity.account(&order).is_none()),
            ("messages", prompt && self.draft.messages.is_empty()),
        ];
        let fields: Vec<&'static str> = lacks
            .into_iter()
            .filter(|(_, lacks)| *lacks)
            .map(|(name, _)| name)
            .collect();
        if !fields.is_empty() {
            return Err(LineError::Lacking { looks_like, fields });
        }
        self.draft.time = self.time?;
        let context = Context {
            received,
            bounds: &Bounds::STANDARD,
            accounts: &order,
            shortened: false,
        };
        Ok(self.draft.finish_unread(&context)?)
    }

    /// Returns the bytes of text that the call holds.
    pub(super) fn bytes(&self) -> usize {
        let messages = self.draft.messages.iter();
        let answer = self.draft.response.text.as_ref();
        messages
            .map(|message| message.content.expose().len() + 32)
            .sum::<usize>()
            + answer.map_or(0, |text| text.expose().len())
    }
}
