//! Labels: the verdict of a reviewer or of the simulator on an account or a conversation.

use super::{AccountKey, LabeledAccount, Technique};

/// The verdict of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Capability extraction.
    Extraction,
    /// Benign use.
    Benign,
}

impl Verdict {
    /// Returns the stable name, used in files and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Extraction => "extraction",
            Self::Benign => "benign",
        }
    }

    /// Returns the verdict with this [`Verdict::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Extraction, Self::Benign]
            .into_iter()
            .find(|verdict| verdict.name() == name)
    }
}

/// What the members of an honest group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKind {
    /// One program, agent, library or default prompt.
    Tool,
    /// One public benchmark.
    Benchmark,
    /// One class or course.
    Classroom,
    /// One workplace without a contract of its own.
    Office,
    /// One organisation with several keys.
    Organisation,
    /// One reseller.
    Reseller,
    /// One prompt that people copy from each other.
    Viral,
}

impl GroupKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Tool,
        Self::Benchmark,
        Self::Classroom,
        Self::Office,
        Self::Organisation,
        Self::Reseller,
        Self::Viral,
    ];

    /// Returns the stable name, used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Benchmark => "benchmark",
            Self::Classroom => "classroom",
            Self::Office => "office",
            Self::Organisation => "organisation",
            Self::Reseller => "reseller",
            Self::Viral => "viral",
        }
    }

    /// Returns the kind with this [`GroupKind::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A label on an account, or on one of its conversations.
///
/// `A` is the type that identifies the account. A plain `Label` holds the account's name, as in the traffic log;
/// a `Label` of an [`super::AccountRef`] is the form that reviewers and label files submit, and a
/// `Label` of a [`super::LabeledAccount`] the form that a deployment with a key stores.
#[derive(Clone, Debug, PartialEq)]
pub struct Label<A = String> {
    /// The account.
    pub account: A,
    /// The verdict.
    pub verdict: Verdict,
    /// Techniques of the extraction; empty for a benign verdict.
    pub techniques: Vec<Technique>,
    /// The campaign that the account belongs to.
    pub campaign: Option<String>,
    /// The labeled conversation; `None` if the label covers the whole account.
    pub conversation: Option<String>,
    /// Source of the label (`reviewer`, `simulator`, ...).
    pub source: Option<String>,
    /// The application (benign) or pipeline (extraction) behind the account: the unit of splitting. For slicing only.
    pub application: Option<String>,
    /// Language. For slicing only.
    pub language: Option<String>,
    /// Population (`consumer`, `developer`, `tenant`, ...). For slicing only.
    pub population: Option<String>,
    /// Cell of an experiment, such as one setting of an adaptive attacker. For slicing only.
    pub cell: Option<String>,
    /// The honest group that the account belongs to: accounts that share a template or an owner without extracting.
    pub group: Option<String>,
    /// What the members of `group` have in common.
    pub group_kind: Option<GroupKind>,
    /// The banned account that this one replaces.
    pub successor_of: Option<String>,
}

impl<A> Label<A> {
    /// Converts the account reference and keeps all other fields.
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
            group: self.group,
            group_kind: self.group_kind,
            successor_of: self.successor_of,
        }
    }
}

/// The subject of a label. Ordered by pseudonym; the whole account comes before its conversations, which are ordered by
/// name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSubject {
    /// The account.
    pub account: AccountKey,
    /// The conversation; `None` for the whole account.
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
