//! The closed list of extraction techniques.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// Number of [`Technique`]s.
pub(crate) const TECHNIQUE_COUNT: usize = Technique::ALL.len();

/// A technique for extracting a model's capability through its API.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Technique {
    /// Makes the model write out the reasoning behind its answers, to train on it.
    ReasoningHarvest,
    /// Uses the model as a reward model at scale: grading, preference, critique.
    RewardModelHarvest,
    /// Generates tool-use, coding-agent or computer-use trajectories over synthetic tasks.
    TrajectoryHarvest,
    /// Generates instruction data: self-instruct, evolved, persona-seeded, questions from passages.
    DatasetSynthesis,
    /// Sweeps the slots of one skeleton over a dataset without repeats.
    TemplatedRepetition,
    /// Collects policy-safe rewrites of sensitive queries.
    SafeRewrite,
    /// Sends the same work to several models, or switches models with releases and guards.
    ModelSwitching,
    /// Runs many accounts as one: shared templates, shards, timing, infrastructure.
    CoordinatedAccounts,
    /// Serves many undisclosed end users through one subscription.
    RelayResale,
    /// Tries many extraction phrasings, mostly refused.
    TechniqueProbing,
}

impl Technique {
    /// All techniques, in the order of the wire contract.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the stable name, used in files, on the wire and in tables.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the technique with this [`Technique::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// Returns the position in [`Technique::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Technique;

    /// Files and API responses contain these names: a variant may be renamed, its stable name may not.
    #[test]
    fn stable_names_do_not_change() {
        let names: Vec<&str> = Technique::ALL.iter().map(|one| one.name()).collect();
        assert_eq!(
            names.join(" "),
            "reasoning_harvest reward_model_harvest trajectory_harvest dataset_synthesis templated_repetition \
             safe_rewrite model_switching coordinated_accounts relay_resale technique_probing"
        );
        for &one in Technique::ALL {
            assert_eq!(Technique::from_name(one.name()), Some(one));
            assert_eq!(Technique::ALL[one.index()], one);
        }
    }
}
