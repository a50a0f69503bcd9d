//! The closed list of extraction techniques.

/// Number of [`Technique`]s.
pub const TECHNIQUE_COUNT: usize = 10;

/// A way of extracting a model's capability through its API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Technique {
    /// Makes the model write out the reasoning behind its answers, to train on it.
    ReasoningHarvest,
    /// Uses the model as a reward model: grading, preference, critique, at scale.
    RewardModelHarvest,
    /// Generates tool-use, coding-agent or computer-use trajectories over synthetic tasks.
    TrajectoryHarvest,
    /// Generates instruction data: self-instruct, evolved, persona-seeded, questions from passages.
    DatasetSynthesis,
    /// One skeleton whose slots are swept over a dataset without repeats.
    TemplatedRepetition,
    /// Collects policy-safe rewrites of sensitive queries.
    SafeRewrite,
    /// Sends the same work to several models, or moves with releases and guards.
    ModelSwitching,
    /// Many accounts acting as one: shared templates, shards, timing, infrastructure.
    CoordinatedAccounts,
    /// One subscription that serves many undisclosed end users.
    RelayResale,
    /// Tries many extraction phrasings, mostly refused.
    TechniqueProbing,
}

impl Technique {
    /// Every technique, in the order of the wire contract.
    pub const ALL: [Self; TECHNIQUE_COUNT] = [
        Self::ReasoningHarvest,
        Self::RewardModelHarvest,
        Self::TrajectoryHarvest,
        Self::DatasetSynthesis,
        Self::TemplatedRepetition,
        Self::SafeRewrite,
        Self::ModelSwitching,
        Self::CoordinatedAccounts,
        Self::RelayResale,
        Self::TechniqueProbing,
    ];

    /// The stable name used in files, on the wire and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReasoningHarvest => "reasoning_harvest",
            Self::RewardModelHarvest => "reward_model_harvest",
            Self::TrajectoryHarvest => "trajectory_harvest",
            Self::DatasetSynthesis => "dataset_synthesis",
            Self::TemplatedRepetition => "templated_repetition",
            Self::SafeRewrite => "safe_rewrite",
            Self::ModelSwitching => "model_switching",
            Self::CoordinatedAccounts => "coordinated_accounts",
            Self::RelayResale => "relay_resale",
            Self::TechniqueProbing => "technique_probing",
        }
    }

    /// The technique with this [`Technique::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|technique| technique.name() == name)
    }

    /// Position in [`Technique::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}
