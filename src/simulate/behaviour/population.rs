//! The benign populations. Attackers wear the client_profile of one: its software, its settings and often its arrivals.

/// A kind of benign account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    pub const ALL: [Self; 9] = [
        Self::Consumer,
        Self::Developer,
        Self::Tenant,
        Self::Evaluator,
        Self::Classroom,
        Self::Organisation,
        Self::Reseller,
        Self::Batch,
        Self::Heavy,
    ];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Developer => "developer",
            Self::Tenant => "tenant",
            Self::Evaluator => "evaluator",
            Self::Classroom => "classroom",
            Self::Organisation => "organisation",
            Self::Reseller => "reseller",
            Self::Batch => "batch",
            Self::Heavy => "heavy",
        }
    }

    /// Whether its members type into a chat window.
    pub(crate) const fn chats(self) -> bool {
        matches!(self, Self::Consumer | Self::Classroom)
    }
}
