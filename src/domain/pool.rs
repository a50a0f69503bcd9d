//! A request without account or time: what the simulator draws from and the text model learns from.

use super::{Message, Sensitive};

/// One request of a prompt pool.
#[derive(Clone)]
pub struct PoolRecord {
    /// Unique within the pool.
    pub id: String,
    /// Pipeline, application or corpus that the request comes from.
    pub source: String,
    /// Kind of source, in the pool's words (`cot_harvest`, `app_rag`, ...).
    pub family: String,
    /// Language code; `mix` for a template and payload in different languages. Slicing only.
    pub language: String,
    /// System prompt.
    pub system: Option<Sensitive<String>>,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// Free note of the pool's author, such as "from <source>-n".
    pub note: Option<String>,
}
