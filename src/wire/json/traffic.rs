//! One line of a traffic log, which describes one exchange.

use serde::{Serialize, Serializer};

use super::client::ClientForm;
use super::parameters::ParametersForm;
use super::record::Record;
use super::response::ResponseForm;
use super::time::TimeForm;
use super::{FromLine, LineError, Parsed, ToLine, append};
use crate::domain::{CallKind, Exchange, Message, Sensitive, Timestamp, Tool};
use crate::wire::exchange_json::{exchange_from_json, unknown_fields};
use crate::wire::{Bounds, exchange_from_contract};

impl FromLine for Exchange {
    /// Reads an exchange as the scoring service does. One without a time has that of the Unix epoch, which stands for
    /// "not stated": the caller knows when it reads the line.
    fn from_line(line: &[u8]) -> Result<Parsed<Self>, LineError> {
        let record = Record::of(line)?;
        let exchange = exchange_from_json(record.node());
        Ok(Parsed {
            record: exchange_from_contract(exchange, Timestamp::default(), &Bounds::STANDARD)?,
            unknown_fields: unknown_fields(record.node()),
        })
    }
}

#[derive(Serialize)]
struct TrafficForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    time: TimeForm,
    account: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<&'a str>,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'a str>,
    #[serde(serialize_with = "write_messages")]
    messages: &'a [Message],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<ToolForm<'a>>,
    #[serde(skip_serializing_if = "is_default")]
    parameters: ParametersForm<'a>,
    #[serde(skip_serializing_if = "is_default")]
    response: ResponseForm<'a>,
    #[serde(skip_serializing_if = "is_default")]
    client: ClientForm<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "is_default")]
    mirror: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_created: Option<TimeForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quota_used: Option<f32>,
}

/// A tool: its name, or its name and description.
#[derive(Serialize)]
#[serde(untagged)]
enum ToolForm<'a> {
    Named(&'a str),
    Described { name: &'a str, description: &'a str },
}

impl<'a> ToolForm<'a> {
    fn new(tool: &'a Tool) -> Self {
        match &tool.description {
            None => Self::Named(&tool.name),
            Some(description) => Self::Described {
                name: &tool.name,
                description: description.expose(),
            },
        }
    }
}

fn is_default<T: Default + PartialEq>(form: &T) -> bool {
    *form == T::default()
}

impl ToLine for Exchange {
    fn to_line(&self, line: &mut Vec<u8>) {
        let form = TrafficForm {
            id: self.id.as_deref(),
            time: TimeForm(self.time),
            account: &self.account,
            organization: self.organization.as_deref(),
            conversation: self.conversation.as_deref(),
            model: &self.model,
            system: self.system.as_ref().map(|text| text.expose().as_str()),
            messages: &self.messages,
            tools: self.tools.iter().map(ToolForm::new).collect(),
            parameters: ParametersForm::new(&self.parameters),
            response: ResponseForm::new(&self.response),
            client: ClientForm::new(&self.client),
            kind: self.kind.map(CallKind::name),
            mirror: self.mirror,
            session: exposed(self.session.as_ref()),
            end_user: exposed(self.end_user.as_ref()),
            account_created: self.account_created.map(TimeForm),
            plan: self.plan.as_deref(),
            quota_used: self.quota_used,
        };
        append(&form, line);
    }
}

fn exposed(text: Option<&Sensitive<String>>) -> Option<&str> {
    text.map(|text| text.expose().as_str())
}

/// Writes messages with their text as plain strings.
pub(super) fn write_messages<S: Serializer>(
    messages: &[Message],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Form<'a> {
        role: &'static str,
        content: &'a str,
    }
    serializer.collect_seq(messages.iter().map(|message| Form {
        role: message.role.name(),
        content: message.content.expose(),
    }))
}
