//! What a training run says of itself.

/// What a training run learned of itself, for the card.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Lines of the card: what was used, how much of it.
    pub lines: Vec<String>,
}
