//! How large one exchange may be.

/// Upper bounds on what one call may hold. Beyond them a call is refused, never cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Messages of one exchange.
    pub messages_max: usize,
    /// Tools of one exchange.
    pub tools_max: usize,
    /// Bytes of one name: ids, account, model, role, tool, client fields.
    pub name_bytes_max: usize,
    /// Bytes of all text of one exchange: system prompt, messages, answer.
    pub text_bytes_max: usize,
    /// Exchanges of one batch.
    pub batch_max: usize,
}

impl Bounds {
    /// The bounds that the documentation states.
    pub const STANDARD: Self = Self {
        messages_max: 1_000,
        tools_max: 512,
        name_bytes_max: 1_024,
        text_bytes_max: 8 * 1024 * 1024,
        batch_max: 256,
    };
}
