//! An exchange, one request to a model and its answer: the only type that holds raw text.

use super::{Sensitive, Timestamp};

/// The author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The application, giving instructions.
    System,
    /// The caller.
    User,
    /// The model, in an earlier turn.
    Assistant,
    /// A tool, returning its result.
    Tool,
}

/// One message of a request.
#[derive(Clone)]
pub struct Message {
    /// The author of the message.
    pub role: Role,
    /// The text. The text parts of multi-part content are joined by newlines.
    pub content: Sensitive<String>,
}

/// Sampling and output settings. `None` means that the caller did not state one, which is never evidence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    /// Sampling temperature.
    pub temperature: Option<f32>,
    /// Upper bound on output tokens.
    pub max_tokens: Option<u32>,
    /// Number of answers requested.
    pub n: Option<u32>,
    /// Response format requested.
    pub response_format: Option<ResponseFormat>,
    /// Reasoning effort, if one was set.
    pub reasoning_effort: Option<String>,
    /// Whether token log-probabilities were requested.
    pub logprobs: Option<bool>,
}

/// A response format that a caller can request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    /// Free text.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON that follows a given schema.
    JsonSchema,
    /// A format unknown to this version.
    Other,
}

/// The reason why the model stopped generating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The answer was complete.
    Stop,
    /// The token limit was reached.
    Length,
    /// The model called a tool.
    ToolCalls,
    /// The answer was refused or filtered.
    ContentFilter,
    /// A reason unknown to this version.
    Other,
}

/// The model's answer, as far as the caller logged it.
#[derive(Clone, Default)]
pub struct Response {
    /// The answer's text.
    pub text: Option<Sensitive<String>>,
    /// The reason why the model stopped generating.
    pub finish_reason: Option<FinishReason>,
    /// HTTP status of the response.
    pub status: Option<u16>,
    /// Number of input tokens.
    pub input_tokens: Option<u64>,
    /// Number of output tokens.
    pub output_tokens: Option<u64>,
}

/// The client that sent the request, as far as the provider reports it. Becomes keyed digests; location is never a
/// feature.
#[derive(Clone, Default)]
pub struct Client {
    /// IP address.
    pub ip: Option<Sensitive<String>>,
    /// User agent of the client software.
    pub user_agent: Option<Sensitive<String>>,
    /// TLS fingerprint, such as JA4.
    pub tls_fingerprint: Option<Sensitive<String>>,
    /// Name of the API key.
    pub api_key: Option<Sensitive<String>>,
    /// Name of the payment instrument.
    pub payment: Option<Sensitive<String>>,
}

/// One request to a model and its answer.
#[derive(Clone)]
pub struct Exchange {
    /// The caller's id for this exchange, used for joins. An exchange of the same account, id and messages as an
    /// earlier one is not counted again; one without an id always counts.
    pub id: Option<String>,
    /// Time of the request.
    pub time: Timestamp,
    /// The account that made the request, as the caller names it. Leaves the engine only in this form.
    pub account: String,
    /// The organisation of the account.
    pub organization: Option<String>,
    /// The conversation that the exchange continues.
    pub conversation: Option<String>,
    /// The model that the request was sent to.
    pub model: String,
    /// System prompt sent separately from the messages.
    pub system: Option<Sensitive<String>>,
    /// The messages of the conversation so far, oldest first; at least one.
    pub messages: Vec<Message>,
    /// Names of the tools offered to the model.
    pub tools: Vec<String>,
    /// Sampling and output settings.
    pub parameters: Parameters,
    /// The answer, if known.
    pub response: Response,
    /// The client that sent the request.
    pub client: Client,
}
