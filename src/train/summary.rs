//! Summary of a training run.

/// Facts about a training run, for the model card.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    /// Lines of the card: the material used and how much of it.
    pub lines: Vec<String>,
}
