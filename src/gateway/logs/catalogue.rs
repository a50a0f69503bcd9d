//! All formats, and the reader that finds the one of a record.

use super::format::{Format, Found};
use super::join::Pending;
use super::options::LogOptions;
use super::{
    anthropic, azure, bedrock, bodies, braintrust, contentless, conversations, helicone, kong,
    langfuse, langsmith, litellm, openai, otlp, own, phoenix, portkey, sglang, vertex,
};
use crate::chat::CONVERSATION;
use crate::domain::Exchange;
use crate::json::Node;
use crate::wire::json::LineError;

/// All formats but our own, the most specific first: the first that recognises a record reads it.
static FORMATS: [&Format; 22] = [
    &openai::BATCH,
    &anthropic::BATCH,
    &bedrock::INVOCATION,
    &vertex::ROW,
    &azure::MANAGEMENT,
    &otlp::EXPORT,
    &litellm::RECORD,
    &langfuse::OBSERVATION,
    &langsmith::RUN,
    &braintrust::SPAN,
    &phoenix::SPAN,
    &helicone::REQUEST,
    &kong::RECORD,
    &portkey::EXPORT,
    &sglang::EVENT,
    &conversations::WILDCHAT,
    &conversations::LMSYS,
    &conversations::SHAREGPT,
    &openai::STORED,
    &contentless::LOG,
    &bodies::PAIR,
    &bodies::BODY,
];

/// Name of our own format on the command line.
const OWN: &str = "stillwatch";

/// Returns the name of the format that has this name.
pub(crate) fn format_named(name: &str) -> Option<&'static str> {
    format_names().find(|known| *known == name)
}

/// Returns the names of all formats that can be asked for.
pub(crate) fn format_names() -> impl Iterator<Item = &'static str> {
    let readable = FORMATS.iter().map(|format| format.name);
    std::iter::once(OWN).chain(readable.filter(|name| *name != contentless::LOG.name))
}

/// What one record of a log gave.
pub(crate) enum Item {
    /// An exchange, and the number of fields that are not part of its format.
    Exchange(Box<Exchange>, u32),
    /// A piece of one.
    Part(Pending),
    /// Not a call of a model: another span, another event.
    NotACall,
    /// A record that cannot be used.
    Bad(LineError),
}

/// Most records of a list that one line may hold.
const RECORDS_MAX: usize = 100_000;

/// Reads a record of any format, or a list of records.
pub(crate) fn read(record: &Node<'_>, options: &LogOptions) -> Vec<Item> {
    if options.from == Some(OWN) || options.from.is_none() && own::recognise(record) {
        return match own::read(record, options) {
            Ok((exchange, unknown)) => vec![Item::Exchange(Box::new(exchange), unknown)],
            Err(error) => vec![Item::Bad(error)],
        };
    }
    if !matches!(record, Node::Object(_) | Node::List(_)) {
        let found = record.kind();
        return vec![Item::Bad(LineError::NotAnObject { found })];
    }
    let fits = |format: &&&Format| match options.from {
        Some(name) => format.name == name && matches!(record, Node::Object(_)),
        None => (format.recognise)(record),
    };
    if let Some(format) = FORMATS.iter().find(fits) {
        return read_as(format, record, options);
    }
    let items = listed(record);
    if items.is_empty() {
        return vec![Item::Bad(unknown(record, options))];
    }
    let items = items.iter().take(RECORDS_MAX);
    items.flat_map(|item| read(item, options)).collect()
}

fn read_as(format: &'static Format, record: &Node<'_>, options: &LogOptions) -> Vec<Item> {
    let found = (format.read)(record, options.zone);
    let items = found.into_iter().map(|found| match found {
        Found::Call(mut call) => match call.name_fields(record, options) {
            Ok(()) => match call.finish(format.noun, options.received) {
                Ok(exchange) => Item::Exchange(Box::new(exchange), 0),
                Err(error) => Item::Bad(error),
            },
            Err(error) => Item::Bad(error),
        },
        Found::Part(id, mut part) => match part.name_fields(record, options) {
            Ok(()) => Item::Part(Pending::new(
                [format.name, format.noun],
                id,
                part,
                options.received,
            )),
            Err(error) => Item::Bad(error),
        },
        Found::NotACall => Item::NotACall,
        Found::NoContent(looks_like, why) => Item::Bad(LineError::NoContent { looks_like, why }),
    });
    items.collect()
}

/// Returns the records of a list, or of an object that an API wraps around one page of them.
fn listed<'n, 'a>(record: &'n Node<'a>) -> &'n [Node<'a>] {
    const NAMES: [&str; 10] = [
        "data", "records", "Records", "runs", "rows", "logs", "events", "result", "items", "value",
    ];
    let pages = NAMES.iter().map(|name| record.get(name).items());
    std::iter::once(record.items())
        .chain(pages)
        .find(|items| matches!(items.first(), Some(Node::Object(_))))
        .unwrap_or_default()
}

/// Says which of the fields of our own format a record of no known format lacks.
fn unknown(record: &Node<'_>, options: &LogOptions) -> LineError {
    if let Node::List(_) = record {
        let found = record.kind();
        return LineError::NotAnObject { found };
    }
    let has_account = !record.get("account").is_absent() || options.account_in(record).is_some();
    let has_text = CONVERSATION
        .iter()
        .any(|name| !record.get(name).is_absent());
    let has_model = !record.get("model").is_absent();
    let fields = [
        ("account", has_account),
        ("model", has_model),
        ("messages", has_text),
    ];
    let lacking = fields
        .into_iter()
        .filter(|(_, has)| !has)
        .map(|(name, _)| name);
    LineError::Lacking {
        looks_like: "no log that is known",
        fields: lacking.collect(),
    }
}
