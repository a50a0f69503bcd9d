//! The honest populations. Attackers wear the guise of one: its software, its settings and often its rhythm.

/// A kind of honest account.
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
}

impl Population {
    /// Every population.
    pub const ALL: [Self; 6] = [
        Self::Consumer,
        Self::Developer,
        Self::Tenant,
        Self::Evaluator,
        Self::Classroom,
        Self::Organisation,
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
        }
    }

    /// Whether its members type into a chat window.
    pub(super) const fn chats(self) -> bool {
        matches!(self, Self::Consumer | Self::Classroom)
    }
}
