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
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The author of the message. What a tool returned and what a user attached (documents, files) are messages of
    /// [`Role::Tool`] of their own: their words are not the user's.
    pub role: Role,
    /// The text. The text parts of multi-part content are joined by newlines.
    pub content: Sensitive<String>,
}

/// A tool offered to the model.
#[derive(Clone, PartialEq, Eq)]
pub struct Tool {
    /// The tool's name.
    pub name: String,
    /// What the model is told about it; the caller's own words.
    pub description: Option<Sensitive<String>>,
}

impl From<&str> for Tool {
    /// Builds a tool without a description.
    fn from(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: None,
        }
    }
}

/// What a call asks a model for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// Text, in answer to a conversation or to a single prompt.
    Text,
    /// Vectors of given texts.
    Embedding,
    /// An order of given texts.
    Rerank,
    /// A verdict on given texts.
    Moderation,
    /// Pictures or films.
    Image,
    /// Speech, or its transcript.
    Audio,
    /// Anything else, or something unknown to this version.
    Other,
}

impl CallKind {
    /// Returns whether the text of the call asks a language model for something. Text that is embedded, ranked,
    /// moderated, drawn or spoken is not a prompt.
    pub const fn is_prompt(self) -> bool {
        matches!(self, Self::Text | Self::Other)
    }
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
    /// Whether the model or its provider refused, where the answer says so.
    pub refused: Option<bool>,
    /// The provider's own word for why it refused, such as `reasoning_extraction`.
    pub refusal_category: Option<String>,
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
    /// Identifier of the device or installation, as the client states it.
    pub device: Option<Sensitive<String>>,
    /// What the account was registered with, such as the digest of an address or a telephone number.
    pub registration: Option<Sensitive<String>>,
    /// Version of the client software, where it is stated apart from the user agent.
    pub version: Option<String>,
}

/// One request to a model and its answer. What is absent is never evidence.
#[derive(Clone, Default)]
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
    /// The messages of the conversation so far, oldest first; none when the body could not be read.
    pub messages: Vec<Message>,
    /// The tools offered to the model.
    pub tools: Vec<Tool>,
    /// Sampling and output settings.
    pub parameters: Parameters,
    /// The answer, if known.
    pub response: Response,
    /// The client that sent the request.
    pub client: Client,
    /// What the call asks for; absent means text.
    pub kind: Option<CallKind>,
    /// Whether this is a copy of a call that is counted elsewhere (shadow traffic); never counted.
    pub mirror: bool,
    /// Whether messages or text were left out because the request was over a bound.
    pub truncated: bool,
    /// The session of the client, which may span conversations.
    pub session: Option<Sensitive<String>>,
    /// The user behind the account, as the account's holder names it.
    pub end_user: Option<Sensitive<String>>,
    /// When the account was created.
    pub account_created: Option<Timestamp>,
    /// Name of the account's plan.
    pub plan: Option<String>,
    /// Share of the account's quota used so far; 1 is all of it.
    pub quota_used: Option<f32>,
}
