//! Observations: all that later stages may know about an exchange, as numbers and keyed digests of a few hundred bytes.

use std::fmt;

use super::{CueProbabilities, Timestamp};

/// Number of dimensions of the unit embedding.
pub const EMBEDDING_DIM: usize = 128;

/// A 64-bit keyed digest. Without the deployment's key it reveals nothing about its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Digest(pub u64);

impl Digest {
    /// Marks a piece that the text does not have.
    pub const NONE: Self = Self(u64::MAX);

    /// Parses the form that [`Display`](fmt::Display) writes: exactly 16 hexadecimal digits, in either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = digits.then(|| u64::from_str_radix(text, 16).ok())?;
        number.map(Self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// A 128-bit keyed pseudonym of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey(pub u128);

impl AccountKey {
    /// Parses the form that [`Display`](fmt::Display) writes: exactly 32 hexadecimal digits, in either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = digits.then(|| u128::from_str_radix(text, 16).ok())?;
        number.map(Self)
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// A text embedding of Euclidean length 1, or all zeros for empty text.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding(pub [f32; EMBEDDING_DIM]);

/// The dominant script of a text. For slicing error rates only; no feature may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Script {
    /// Latin letters.
    Latin,
    /// Han characters without kana.
    Han,
    /// Japanese: kana, with or without Han.
    Kana,
    /// Korean.
    Hangul,
    /// Cyrillic letters.
    Cyrillic,
    /// Arabic letters.
    Arabic,
    /// Devanagari letters.
    Devanagari,
    /// Anything else, or no letters at all.
    Other,
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Not logged.
    Unknown,
    /// Answered with a normal stop.
    Answered,
    /// Answered, but cut off at the token limit.
    Truncated,
    /// Refused or filtered.
    Refused,
    /// Failed, with a status other than 2xx, so a repeat is a retry.
    Failed,
}

/// What a provider says that it refused, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalCategory {
    /// Taking the model's abilities: its reasoning, or data to train another model with.
    Extraction,
    /// Anything else.
    Other,
}

impl RefusalCategory {
    /// Providers' words for [`RefusalCategory::Extraction`], without regard to case and to what joins their parts.
    const EXTRACTION: [&str; 7] = [
        "reasoning_extraction",
        "model_extraction",
        "capability_extraction",
        "frontier_llm",
        "frontier_model",
        "distillation",
        "model_distillation",
    ];

    /// Returns the category that a provider's word names. A word unknown to this version is [`Self::Other`].
    pub fn of_word(word: &str) -> Self {
        let joined: String = word
            .trim()
            .chars()
            .map(|letter| match letter {
                '-' | ' ' | '.' => '_',
                other => other.to_ascii_lowercase(),
            })
            .collect();
        if Self::EXTRACTION.contains(&joined.as_str()) {
            Self::Extraction
        } else {
            Self::Other
        }
    }
}

/// What a provider can tell about an exchange besides its text; what is absent is never evidence.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Origin {
    /// Keyed digest of the client's session.
    pub session: Option<Digest>,
    /// Keyed digest of the user behind the account.
    pub end_user: Option<Digest>,
    /// Keyed digest of the device.
    pub device: Option<Digest>,
    /// Keyed digest of what the account was registered with.
    pub registration: Option<Digest>,
    /// Keyed digest of the client's version.
    pub version: Option<Digest>,
    /// What the provider says that it refused.
    pub refusal_category: Option<RefusalCategory>,
    /// When the account was created.
    pub account_created: Option<Timestamp>,
    /// Keyed digest of the account's plan.
    pub plan: Option<Digest>,
    /// Share of the account's quota used.
    pub quota_used: Option<f32>,
}

/// Sizes and settings of a request. `None` means that the caller did not state one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestShape {
    /// Bytes of text that the encoder read, after windowing.
    pub read_bytes: u32,
    /// Bytes of text in the request.
    pub total_bytes: u32,
    /// Share of the characters, 0 to 1, that disguise text or that nobody could read without decoding them.
    pub unreadable: f32,
    /// Number of messages in the request.
    pub turns: u16,
    /// Number of tools offered.
    pub tools: u16,
    /// Whether the turn is a user's: the messages since the model's last one hold a user's text and nothing that a tool
    /// returned or a user attached.
    pub typed: bool,
    /// Sampling temperature.
    pub temperature: Option<f32>,
    /// Upper bound on output tokens.
    pub max_tokens: Option<u32>,
    /// Number of answers requested; 1 unless the caller stated more.
    pub n: u32,
    /// Whether structured output was requested.
    pub structured: bool,
    /// Whether token log-probabilities were requested.
    pub logprobs: bool,
    /// Number of input tokens, as logged.
    pub input_tokens: Option<u64>,
    /// Number of output tokens, as logged.
    pub output_tokens: Option<u64>,
}

/// What a text that is neither the request nor its system prompt asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ElsewhereCues {
    /// Digest of the text's content: one that was judged before, as the request of an earlier turn or in an earlier
    /// call, is not judged again.
    pub text: Digest,
    /// Probability of each cue.
    pub cues: CueProbabilities,
}

/// Whether an exchange is evidence of what its account asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It asks something, and was answered or refused.
    Asks,
    /// It asks too little to be judged: a greeting, a nudge.
    Trivial,
    /// Nothing was given for it: the call failed.
    Failed,
    /// It has no text that could be read, or is no prompt.
    Unread,
}

/// The numbers and keyed digests that a profile may learn from one exchange.
///
/// A pure function of the exchange, the encoder and the key. Contains no raw text.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Event time.
    pub time: Timestamp,
    /// Keyed digest of the model's name.
    pub model: Digest,
    /// Keyed digest of the conversation, if the caller names it.
    pub conversation: Option<Digest>,
    /// Probability of each cue, in the strongest reading of the request.
    pub cues: CueProbabilities,
    /// Digest of the request's content.
    pub request: Digest,
    /// What a text elsewhere in the call asks for, if that clearly resembles a pipeline; an answer that a client sends
    /// back is no evidence of honesty. Such a text is an earlier turn, a document, a tool's result or description.
    pub elsewhere: Option<ElsewhereCues>,
    /// Unit embedding of the text.
    pub embedding: Embedding,
    /// Digest of the whole prompt (system and messages).
    pub prompt: Digest,
    /// Digest of the system prompt, if there is one.
    pub system: Option<Digest>,
    /// Digest of the masked skeleton, what remains when its slots are cut out, of the text that asks: the request or,
    /// if that asks for nothing that resembles a pipeline and a text elsewhere does, that text.
    pub skeleton: Digest,
    /// Digest of the skeleton's first tokens alone, for a template whose slot is at the end.
    pub head: Digest,
    /// Digest of the skeleton's last tokens alone, for a template whose slot is at the start.
    pub tail: Digest,
    /// Digest of the same text's content: what varies under one skeleton.
    pub slots: Digest,
    /// Min-wise digests of the skeleton's pieces, for linking accounts; [`Digest::NONE`] for a missing one.
    pub identity: [Digest; 4],
    /// Sizes and settings.
    pub shape: RequestShape,
    /// The outcome of the request.
    pub outcome: Outcome,
    /// Whether it is evidence of what the account asks for.
    pub evidence: Evidence,
    /// Keyed digest of the client software, if the provider reports it.
    pub user_agent: Option<Digest>,
    /// What else the provider can tell.
    pub origin: Origin,
    /// Keyed digest of the set of tools and the dominant script, by which two turns of the same minute are compared. It
    /// tells that they differ, never in what.
    pub setting: Digest,
    /// The dominant script, for slicing only.
    pub script: Script,
}
