//! What a reviewer, or the simulator, says an account or conversation is.

use super::{AccountKey, LabeledAccount, Technique};

/// The truth of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Capability extraction.
    Extraction,
    /// Benign use.
    Benign,
}

impl Verdict {
    /// The stable name used in files and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Extraction => "extraction",
            Self::Benign => "benign",
        }
    }

    /// The verdict with this [`Verdict::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Extraction, Self::Benign]
            .into_iter()
            .find(|verdict| verdict.name() == name)
    }
}

/// A label of an account, or of one of its conversations.
///
/// `A` is how the account is named. A plain `Label` has its name, as the traffic log has it;
/// a `Label<`[`AccountRef`](super::AccountRef)`>` is what reviewers and label files say, a
/// `Label<`[`LabeledAccount`](super::LabeledAccount)`>` what a deployment with a key stores.
#[derive(Clone, Debug, PartialEq)]
pub struct Label<A = String> {
    /// The account.
    pub account: A,
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

impl<A> Label<A> {
    /// The same label with its account named in another way.
    pub fn map_account<B>(self, name: impl FnOnce(A) -> B) -> Label<B> {
        Label {
            account: name(self.account),
            verdict: self.verdict,
            techniques: self.techniques,
            campaign: self.campaign,
            conversation: self.conversation,
            source: self.source,
            application: self.application,
            language: self.language,
            population: self.population,
            cell: self.cell,
        }
    }
}

/// What a label is about. The order is by pseudonym, then the whole account, then its conversations by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSubject {
    /// The account.
    pub account: AccountKey,
    /// The one conversation of it; `None` for the whole account.
    pub conversation: Option<String>,
}

impl From<&Label<LabeledAccount>> for LabelSubject {
    fn from(label: &Label<LabeledAccount>) -> Self {
        Self {
            account: label.account.pseudonym,
            conversation: label.conversation.clone(),
        }
    }
}
