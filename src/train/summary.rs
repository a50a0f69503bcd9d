//! Summary of a training run.

/// Facts about a training run, for the model card.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    /// Lines of the card: the material used and how much of it.
    pub lines: Vec<String>,
    /// Where the accounts came from.
    pub accounts: AccountsFrom,
}

/// Where the accounts came from that fusion and calibration were fitted on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum AccountsFrom {
    /// The simulator, which draws requests from published material.
    #[default]
    Simulator,
    /// Traffic that an operator's reviewers labeled.
    LabeledTraffic,
}
