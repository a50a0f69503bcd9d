//! Logs of other programs, record by record: what providers, gateways and tracers write of a call, and published
//! conversations.
//!
//! Each format is a row of [`FORMATS`]: how a record is recognised by its shape, and how it is read. One file a family.
//! Our own format is recognised first and read by the one reader of exchanges. What a format lacks (an account, a time)
//! the operator can name by field ([`LogOptions`]). Records that hold one call in several pieces become [`Part`]s, which
//! a [`Joiner`] puts together within a bound.
//!
//! `docs/logs.md` has one worked line of each format; a test executes it.

mod anthropic;
mod azure;
mod bedrock;
mod bodies;
mod braintrust;
mod call;
mod contentless;
mod conversations;
mod field;
mod helicone;
mod join;
mod kong;
mod langfuse;
mod langsmith;
mod litellm;
mod openai;
mod otlp;
mod own;
mod phoenix;
mod portkey;
mod sglang;
mod time;
mod vertex;

#[cfg(test)]
mod tests;

pub(crate) use field::{Field, FieldError};
pub(crate) use join::{Joiner, Pending};
pub(crate) use time::{Zone, ZoneError};

use self::call::{Call, Found};
use self::join::Part;
use crate::domain::{Exchange, Timestamp};
use crate::json::Node;
use crate::wire::json::LineError;

/// A log format.
pub(crate) struct Format {
    /// Name on the command line.
    pub(crate) name: &'static str,
    /// What a record is called in messages, with its article.
    pub(crate) noun: &'static str,
    recognise: fn(&Node<'_>) -> bool,
    read: fn(&Node<'_>, Option<Zone>) -> Vec<Found>,
}

/// All formats but our own, the most specific first: the first that recognises a record reads it.
pub(crate) const FORMATS: [&Format; 22] = [
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
pub(crate) const OWN: &str = "stillwatch";

/// What the operator says about a log.
#[derive(Clone, Default)]
pub(crate) struct LogOptions {
    /// The only format to read; by shape, record by record, when absent.
    pub(crate) from: Option<From>,
    /// Where the account is.
    pub(crate) account: Option<Field>,
    /// Where the time is.
    pub(crate) time: Option<Field>,
    /// Zone of times that state none.
    pub(crate) zone: Option<Zone>,
    /// Time of exchanges that have none: when reading began.
    pub(crate) received: Timestamp,
}

/// A format that the operator named.
#[derive(Clone, Copy)]
pub(crate) enum From {
    /// Our own.
    Own,
    /// Another program's.
    Other(&'static Format),
}

impl From {
    /// Returns the format with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if name == OWN {
            return Some(Self::Own);
        }
        let format = FORMATS.into_iter().find(|format| format.name == name);
        format.map(Self::Other)
    }
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
    match options.from {
        Some(From::Own) => return vec![own::read(record, options)],
        Some(From::Other(format)) if matches!(record, Node::Object(_)) => {
            return read_as(format, record, options);
        }
        None if own::recognise(record) => return vec![own::read(record, options)],
        _ => {}
    }
    if !matches!(record, Node::Object(_) | Node::List(_)) {
        let found = record.kind();
        return vec![Item::Bad(LineError::NotAnObject { found })];
    }
    if let Some(format) = FORMATS.iter().find(|format| (format.recognise)(record)) {
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
            Ok(()) => Item::Part(Pending::new(format, id, part, options.received)),
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
    let has_account = !record.get("account").is_absent()
        || options.account.as_ref().is_some_and(|f| f.name_in(record).is_some());
    let has_text = own::CONVERSATION.iter().any(|name| !record.get(name).is_absent());
    let has_model = !record.get("model").is_absent();
    let fields = [("account", has_account), ("model", has_model), ("messages", has_text)];
    let lacking = fields.into_iter().filter(|(_, has)| !has).map(|(name, _)| name);
    LineError::Lacking {
        looks_like: "no log that is known",
        fields: lacking.collect(),
    }
}
