//! One request to a model and its answer: the only type that holds raw text.

use super::{Sensitive, Timestamp};

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Instructions of the application.
    System,
    /// The caller.
    User,
    /// The model, in an earlier turn.
    Assistant,
    /// A tool's result.
    Tool,
}

/// One message of a request.
#[derive(Clone)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said; the text parts of a multi-part content, joined by newlines.
    pub content: Sensitive<String>,
}

/// Sampling and output settings. `None` means the caller did not say, which is never evidence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    /// Sampling temperature.
    pub temperature: Option<f32>,
    /// Upper bound on output tokens.
    pub max_tokens: Option<u32>,
    /// Number of answers asked for.
    pub n: Option<u32>,
    /// Shape of output that was forced.
    pub response_format: Option<ResponseFormat>,
    /// Whether a reasoning effort was set.
    pub reasoning_effort: Option<String>,
    /// Whether token probabilities were asked for.
    pub logprobs: Option<bool>,
}

/// Output shape that a caller can force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    /// Free text.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON of a given schema.
    JsonSchema,
    /// A format this version does not know.
    Other,
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// It met the token limit.
    Length,
    /// It called a tool.
    ToolCalls,
    /// It was refused or filtered.
    ContentFilter,
    /// A reason this version does not know.
    Other,
}

/// The answer, as far as the caller logged it.
#[derive(Clone, Default)]
pub struct Response {
    /// The answer's text.
    pub text: Option<Sensitive<String>>,
    /// Why the model stopped.
    pub finish_reason: Option<FinishReason>,
    /// HTTP status of the call.
    pub status: Option<u16>,
    /// Tokens read.
    pub input_tokens: Option<u64>,
    /// Tokens written.
    pub output_tokens: Option<u64>,
}

/// Where the call came from, as far as the provider sends it. Becomes keyed digests; place is never a feature.
#[derive(Clone, Default)]
pub struct Client {
    /// Network address.
    pub ip: Option<Sensitive<String>>,
    /// Client software.
    pub user_agent: Option<Sensitive<String>>,
    /// TLS fingerprint, such as JA4.
    pub tls_fingerprint: Option<Sensitive<String>>,
    /// API key's name.
    pub api_key: Option<Sensitive<String>>,
    /// Payment instrument's name.
    pub payment: Option<Sensitive<String>>,
}

/// One request to a model and its answer.
#[derive(Clone)]
pub struct Exchange {
    /// The caller's id for this exchange, for joins. One of the same account, id and messages as an earlier one is not
    /// counted again; one without an id always counts.
    pub id: Option<String>,
    /// When the request was made.
    pub time: Timestamp,
    /// Who made it, in the caller's words; leaves the engine only as the caller gave it.
    pub account: String,
    /// The organisation that the account belongs to.
    pub organization: Option<String>,
    /// The conversation that the exchange continues.
    pub conversation: Option<String>,
    /// The model asked.
    pub model: String,
    /// System prompt given apart from the messages.
    pub system: Option<Sensitive<String>>,
    /// The conversation so far, oldest first; at least one.
    pub messages: Vec<Message>,
    /// Names of the tools offered.
    pub tools: Vec<String>,
    /// Sampling and output settings.
    pub parameters: Parameters,
    /// The answer, when it is known.
    pub response: Response,
    /// Where the call came from.
    pub client: Client,
}
