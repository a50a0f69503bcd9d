//! What one request asks for, as the text model reads it.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// Number of [`Cue`] heads.
pub const CUE_COUNT: usize = Cue::ALL.len();

/// One head of the text model.
///
/// The four *intent* cues are trained on published pipelines against everything benign; the *form* cues say
/// what a request is, whoever sends it, and are trained on both sides. A form cue alone is never evidence of
/// guilt: a benign judge grades by a rubric too.
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
pub enum Cue {
    /// Intent: extractions reasoning.
    ReasoningIntent,
    /// Intent: uses the model as a reward model.
    RewardIntent,
    /// Intent: generates a dataset.
    SynthesisIntent,
    /// Intent: generates agent trajectories.
    TrajectoryIntent,
    /// Form: demands steps, a rationale or a thinking trace.
    RationaleDemand,
    /// Form: the answer is given and the reasoning behind it is asked for.
    ReasoningBehindAnswer,
    /// Form: grade or score by a rubric.
    RubricGrading,
    /// Form: which of two or more answers is better.
    PairwisePreference,
    /// Form: criticise and revise an answer.
    CritiqueRevise,
    /// Form: tool calls, agent loop or simulated environment.
    ToolTrajectory,
    /// Form: a programming task to be written with its solution or tests.
    CodeTask,
    /// Form: questions and answers out of a passage.
    QuestionFromPassage,
    /// Form: a persona, character or seed to write from.
    PersonaSeeded,
    /// Form: writes or rewrites instructions (self-instruct, evolve-instruct).
    InstructionWriting,
    /// Form: output in a dataset's format (JSON lines, numbered items, tagged fields).
    DatasetFormat,
    /// Form: an item of a benchmark or an exam.
    BenchmarkItem,
}

impl Cue {
    /// Every cue, in the order of the model's heads.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The four intent cues.
    pub const INTENT: [Self; 4] = [
        Self::ReasoningIntent,
        Self::RewardIntent,
        Self::SynthesisIntent,
        Self::TrajectoryIntent,
    ];

    /// The stable name used in manifests, recipes and reasons.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The cue with this [`Cue::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// Position in [`Cue::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// One probability per cue, each in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct CueProbabilities([f32; CUE_COUNT]);

impl CueProbabilities {
    /// From head outputs, in the order of [`Cue::ALL`].
    ///
    /// # Panics
    /// When a value is outside [0, 1] or not a number: a head ends in a logistic.
    pub fn new(values: [f32; CUE_COUNT]) -> Self {
        assert!(
            values.iter().all(|value| (0.0..=1.0).contains(value)),
            "a cue head ends in a logistic, so its output is within [0, 1]"
        );
        Self(values)
    }

    /// The probability of one cue.
    pub const fn get(&self, cue: Cue) -> f32 {
        self.0[cue.index()]
    }

    /// All probabilities, in the order of [`Cue::ALL`].
    pub const fn as_array(&self) -> &[f32; CUE_COUNT] {
        &self.0
    }

    /// The strongest intent cue: how much this one request looks like any known pipeline.
    pub fn strongest_intent(&self) -> (Cue, f32) {
        let mut best = (Cue::INTENT[0], self.get(Cue::INTENT[0]));
        for cue in Cue::INTENT {
            if self.get(cue) > best.1 {
                best = (cue, self.get(cue));
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::Cue;

    /// Files and answers hold these names: a variant may be called otherwise, its name may not.
    #[test]
    fn names_stay() {
        let names: Vec<&str> = Cue::ALL.iter().map(|one| one.name()).collect();
        assert_eq!(
            names.join(" "),
            "reasoning_intent reward_intent synthesis_intent trajectory_intent rationale_demand \
             reasoning_behind_answer rubric_grading pairwise_preference critique_revise tool_trajectory code_task \
             question_from_passage persona_seeded instruction_writing dataset_format benchmark_item"
        );
        for &one in Cue::ALL {
            assert_eq!(Cue::from_name(one.name()), Some(one));
            assert_eq!(Cue::ALL[one.index()], one);
        }
    }
}
