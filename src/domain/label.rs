//! What a reviewer, or the simulator, says an account or conversation is.

use super::Technique;

/// The truth of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Capability extraction.
    Extraction,
    /// Honest use.
    Benign,
}

/// A label of an account, or of one of its conversations.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The account, in the traffic log's words.
    pub account: String,
    /// What it is.
    pub verdict: Verdict,
    /// How it extracts; empty for benign.
    pub techniques: Vec<Technique>,
    /// The campaign it belongs to.
    pub campaign: Option<String>,
    /// The conversation that the label is about; `None` for the whole account.
    pub conversation: Option<String>,
    /// Who said so (`reviewer`, `simulator`, ...).
    pub source: Option<String>,
    /// The application (benign) or pipeline (extraction) behind it: the unit of splitting. Slicing only.
    pub application: Option<String>,
    /// Language. Slicing only.
    pub language: Option<String>,
    /// Population (`consumer`, `developer`, `tenant`, ...). Slicing only.
    pub population: Option<String>,
    /// Cell of an experiment, such as a setting of an adaptive attacker. Slicing only.
    pub cell: Option<String>,
}
