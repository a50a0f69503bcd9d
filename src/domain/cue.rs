//! Cues: what one request asks for, as estimated by the text model.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// Number of [`Cue`]s, one per head of the text model.
pub const CUE_COUNT: usize = Cue::ALL.len();

/// A cue: the output of one head of the text model.
///
/// The five *intent* cues are trained on published pipelines against all benign requests. The *form* cues describe the
/// request whoever sends it, and are trained on both sides. A form cue alone is never evidence of guilt: a benign judge
/// grades by a rubric too.
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
    /// Intent: extracts reasoning.
    ReasoningIntent,
    /// Intent: uses the model as a reward model.
    RewardIntent,
    /// Intent: generates a dataset.
    SynthesisIntent,
    /// Intent: generates agent trajectories.
    TrajectoryIntent,
    /// Intent: collects harmless versions of sensitive questions and answers.
    RewriteIntent,
    /// Form: demands steps, a rationale or a thinking trace.
    RationaleDemand,
    /// Form: gives the answer and asks for the reasoning behind it.
    ReasoningBehindAnswer,
    /// Form: asks for a grade or score by a rubric.
    RubricGrading,
    /// Form: asks which of two or more answers is better.
    PairwisePreference,
    /// Form: asks to criticise and revise an answer.
    CritiqueRevise,
    /// Form: has tool calls, an agent loop or a simulated environment.
    ToolTrajectory,
    /// Form: asks for a programming task to be written with its solution or tests.
    CodeTask,
    /// Form: asks for questions and answers drawn from a passage.
    QuestionFromPassage,
    /// Form: gives a persona, character or seed to write from.
    PersonaSeeded,
    /// Form: asks to write or rewrite instructions (self-instruct, evolve-instruct).
    InstructionWriting,
    /// Form: asks for output in a dataset format (JSON lines, numbered items, tagged fields).
    DatasetFormat,
    /// Form: is an item of a benchmark or an exam.
    BenchmarkItem,
}

impl Cue {
    /// All cues, in the order of the model's heads.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The five intent cues.
    pub const INTENT: [Self; 5] = [
        Self::ReasoningIntent,
        Self::RewardIntent,
        Self::SynthesisIntent,
        Self::TrajectoryIntent,
        Self::RewriteIntent,
    ];

    /// Returns the stable name, used in manifests, recipes and reasons.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the cue with this [`Cue::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// Returns the position in [`Cue::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// One probability for each cue, each in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct CueProbabilities([f32; CUE_COUNT]);

impl CueProbabilities {
    /// Builds the probabilities from head outputs, in the order of [`Cue::ALL`].
    ///
    /// # Panics
    /// If a value is outside [0, 1] or NaN. A head ends in a logistic function, so it never produces one.
    pub fn new(values: [f32; CUE_COUNT]) -> Self {
        assert!(
            values.iter().all(|value| (0.0..=1.0).contains(value)),
            "a cue head ends in a logistic, so its output is within [0, 1]"
        );
        Self(values)
    }

    /// Probability of an intent above which a part of a request counts by itself.
    const TELLING: f32 = 0.5;
    /// The same for a text elsewhere in the call. Agents carry many texts along that nobody asks with; at one half, one
    /// honest account in forty of the held-out ones rose to `watch` by one of them, at this level one in two hundred.
    const TELLING_ELSEWHERE: f32 = 0.95;

    /// Returns the probability of one cue.
    pub const fn get(&self, cue: Cue) -> f32 {
        self.0[cue.index()]
    }

    /// Returns all probabilities, in the order of [`Cue::ALL`].
    pub const fn as_array(&self) -> &[f32; CUE_COUNT] {
        &self.0
    }

    /// Returns the strongest intent cue and its probability: how much this one request resembles any known pipeline.
    pub fn strongest_intent(&self) -> (Cue, f32) {
        let mut best = (Cue::INTENT[0], self.get(Cue::INTENT[0]));
        for cue in Cue::INTENT {
            if self.get(cue) > best.1 {
                best = (cue, self.get(cue));
            }
        }
        best
    }

    /// Returns `part`, a reading of a part of the same call, if by itself it resembles a pipeline, and more than this
    /// reading does; else this one.
    ///
    /// A part lacks what surrounds it, so that a weak resemblance means nothing: only one that is more likely than not
    /// counts.
    #[must_use]
    pub fn or_part(self, part: Self) -> Self {
        self.or_above(part, Self::TELLING)
    }

    /// Returns `elsewhere`, a reading of a text that is neither the request nor its system prompt, if it clearly
    /// resembles a pipeline, and more than this reading does; else this one.
    #[must_use]
    pub fn or_elsewhere(self, elsewhere: Self) -> Self {
        self.or_above(elsewhere, Self::TELLING_ELSEWHERE)
    }

    /// Returns whether this reading is more likely a pipeline's than not.
    pub fn is_telling(&self) -> bool {
        self.strongest_intent().1 > Self::TELLING
    }

    /// Returns whether this reading of a text elsewhere in the call counts.
    pub fn is_telling_elsewhere(&self) -> bool {
        self.strongest_intent().1 > Self::TELLING_ELSEWHERE
    }

    fn or_above(self, other: Self, least: f32) -> Self {
        let strength = other.strongest_intent().1;
        if strength > least && strength > self.strongest_intent().1 {
            other
        } else {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cue;

    /// Files and API responses contain these names: a variant may be renamed, its stable name may not.
    #[test]
    fn stable_names_do_not_change() {
        let names: Vec<&str> = Cue::ALL.iter().map(|one| one.name()).collect();
        assert_eq!(
            names.join(" "),
            "reasoning_intent reward_intent synthesis_intent trajectory_intent rewrite_intent \
             rationale_demand reasoning_behind_answer rubric_grading pairwise_preference critique_revise tool_trajectory code_task \
             question_from_passage persona_seeded instruction_writing dataset_format benchmark_item"
        );
        for &one in Cue::ALL {
            assert_eq!(Cue::from_name(one.name()), Some(one));
            assert_eq!(Cue::ALL[one.index()], one);
        }
    }
}
