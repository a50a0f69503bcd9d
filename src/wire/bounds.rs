//! Size limits of one exchange and one request.

/// Upper bounds on the size of one request. Names and batches over a bound are refused; of messages, tools and text the
/// ends are kept, and the assessment says `truncated`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Maximum messages of one exchange.
    pub messages_max: usize,
    /// Maximum tools of one exchange.
    pub tools_max: usize,
    /// Maximum bytes of one name: ids, account, model, role, tool, client fields.
    pub name_bytes_max: usize,
    /// Maximum bytes of all text of one exchange: system prompt, messages, response.
    pub text_bytes_max: usize,
    /// Maximum exchanges of one batch.
    pub batch_max: usize,
}

impl Bounds {
    /// The documented bounds.
    pub const STANDARD: Self = Self {
        messages_max: 1_000,
        tools_max: 512,
        name_bytes_max: 1_024,
        text_bytes_max: 8 * 1024 * 1024,
        batch_max: 256,
    };
}
