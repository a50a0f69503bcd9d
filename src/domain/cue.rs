//! What one request asks for, as the text model reads it.

/// Number of [`Cue`] heads.
pub const CUE_COUNT: usize = 16;

/// One head of the text model.
///
/// The four *intent* cues are trained on published pipelines against everything honest; the *form* cues say
/// what a request is, whoever sends it, and are trained on both sides. A form cue alone is never evidence of
/// guilt: an honest judge grades by a rubric too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cue {
    /// Intent: harvests reasoning.
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
    pub const ALL: [Self; CUE_COUNT] = [
        Self::ReasoningIntent,
        Self::RewardIntent,
        Self::SynthesisIntent,
        Self::TrajectoryIntent,
        Self::RationaleDemand,
        Self::ReasoningBehindAnswer,
        Self::RubricGrading,
        Self::PairwisePreference,
        Self::CritiqueRevise,
        Self::ToolTrajectory,
        Self::CodeTask,
        Self::QuestionFromPassage,
        Self::PersonaSeeded,
        Self::InstructionWriting,
        Self::DatasetFormat,
        Self::BenchmarkItem,
    ];

    /// The four intent cues.
    pub const INTENT: [Self; 4] = [
        Self::ReasoningIntent,
        Self::RewardIntent,
        Self::SynthesisIntent,
        Self::TrajectoryIntent,
    ];

    /// The stable name used in manifests, recipes and reasons.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReasoningIntent => "reasoning_intent",
            Self::RewardIntent => "reward_intent",
            Self::SynthesisIntent => "synthesis_intent",
            Self::TrajectoryIntent => "trajectory_intent",
            Self::RationaleDemand => "rationale_demand",
            Self::ReasoningBehindAnswer => "reasoning_behind_answer",
            Self::RubricGrading => "rubric_grading",
            Self::PairwisePreference => "pairwise_preference",
            Self::CritiqueRevise => "critique_revise",
            Self::ToolTrajectory => "tool_trajectory",
            Self::CodeTask => "code_task",
            Self::QuestionFromPassage => "question_from_passage",
            Self::PersonaSeeded => "persona_seeded",
            Self::InstructionWriting => "instruction_writing",
            Self::DatasetFormat => "dataset_format",
            Self::BenchmarkItem => "benchmark_item",
        }
    }

    /// The cue with this [`Cue::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cue| cue.name() == name)
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
