//! Records of prompt pools: requests without account or time, which the simulator draws from and the text model learns
//! from.

use super::{Message, Sensitive};

/// One request of a prompt pool.
#[derive(Clone)]
pub struct PoolRecord {
    /// Id, unique within the pool.
    pub id: String,
    /// Pipeline, application or corpus that the request comes from.
    pub source: String,
    /// Kind of source, as the pool names it (`cot_harvest`, `app_rag`, ...).
    pub family: String,
    /// Language code; `mix` if template and payload are in different languages. For slicing only.
    pub language: String,
    /// System prompt.
    pub system: Option<Sensitive<String>>,
    /// The messages of the conversation so far.
    pub messages: Vec<Message>,
    /// Free-text note of the pool's author, such as "from <source>-n".
    pub note: Option<String>,
}
