//! The benign populations. Extracting accounts imitate one: its software, its settings and often its arrivals.

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
    /// A student of a class.
    Classroom,
    /// A key of an organisation with several.
    Organisation,
    /// An API customer whose own customers talk through its one account, and who says so.
    Reseller,
    /// A program that translates or labels a corpus from end to end.
    Batch,
    /// A developer whose agents run side by side all day.
    Heavy,
}

impl Population {
    /// Every population.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The stable name.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether its members type into a chat window.
    pub(crate) const fn chats(self) -> bool {
        matches!(self, Self::Consumer | Self::Classroom)
    }
}
