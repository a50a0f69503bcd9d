//! The benign populations. An extracting account imitates one: its software, its parameters and often its arrivals.

use strum::{IntoStaticStr, VariantArray};

/// A kind of benign account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Population {
    /// A person in a chat window.
    Consumer,
    /// A person with a coding agent.
    Developer,
    /// An API customer running one application.
    Tenant,
    /// A team that tests models on a suite.
    Evaluator,
    /// A student in a class.
    Classroom,
    /// One of several API keys of an organisation.
    Organisation,
    /// An API customer that discloses that its own customers use its one account.
    Reseller,
    /// A batch program that translates or labels a corpus from end to end.
    Batch,
    /// A developer whose agents run in parallel all day.
    Heavy,
    /// A program that sends one corpus, chunk by chunk, through one extraction template.
    ChunkedExtraction,
    /// A company whose staff use one key through a gateway.
    Company,
    /// A household that shares an account.
    Household,
    /// A developer who works on two machines with different versions of the client.
    TwoMachines,
    /// A security researcher under an agreement.
    Researcher,
    /// An API customer that sends the same prompts to two models to compare them.
    Comparison,
}

impl Population {
    /// All populations.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The stable name.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns whether the members of this population type into a chat window.
    pub(crate) const fn chats(self) -> bool {
        matches!(self, Self::Consumer | Self::Classroom | Self::Household)
    }

    /// Returns whether the members of this population work with a coding agent.
    pub(crate) const fn codes(self) -> bool {
        matches!(self, Self::Developer | Self::Heavy | Self::TwoMachines)
    }
}
