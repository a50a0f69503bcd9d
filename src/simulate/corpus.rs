//! The prompt corpus, loaded into memory: pipelines, benign sources and applications, each with its side of the split.
//!
//! Must not know accounts or time. Reads a data folder of this shape: `pools/attack/*.jsonl.gz`,
//! `pools/benign/*.jsonl.gz`, `apps/apps.jsonl.gz`, `apps/app_traffic.jsonl.gz`, `sources.json`.

mod author;
mod duplicates;
mod files;
mod lineage;
mod load;
mod split;
mod view;

pub(crate) use author::OwnAuthor;
pub use split::Partition;
pub(crate) use split::share_of;
pub(crate) use view::{CorpusView, UnitFacts};

use std::collections::BTreeMap;

use crate::domain::{PoolRecord, Technique};

/// All material that streams can be drawn from, in the order of `sources.json` and `apps.jsonl.gz`.
#[derive(Default)]
pub struct Corpus {
    /// Published extraction pipelines.
    pub pipelines: Vec<Pipeline>,
    /// Evaluation harnesses (`ambiguous` in `sources.json`). Benign evaluators send the same text word for word, so a
    /// harness is never extraction; it may be used as a benign evaluator's suite.
    pub harnesses: Vec<Pipeline>,
    /// Prompts of benign users and requests of benign applications, one entry per pool file.
    pub sources: Vec<BenignSource>,
    /// Real applications, with a few dozen requests each.
    pub applications: Vec<Application>,
    /// What our own authors state about their requests, by group; empty without our own writing.
    pub authors: BTreeMap<String, OwnAuthor>,
}

/// The use a licence allows: only permissive material may enter a shipped bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LicenceClass {
    /// May be trained on.
    Permissive,
    /// Evaluation only.
    Restricted,
    /// No licence found; treated as restricted.
    Unknown,
}

/// One published extraction pipeline, with its requests as published.
pub struct Pipeline {
    /// Name of the source.
    pub name: String,
    /// Unit of splitting: pipelines (and benign sources) linked by lineage share it.
    pub group: String,
    /// The use its licence allows.
    pub licence: LicenceClass,
    /// Whether the source is an evaluation harness.
    pub ambiguous: bool,
    /// Side of the split.
    pub partition: Partition,
    /// Requests; each keeps its own family.
    pub records: Vec<PoolRecord>,
}

/// One pool file of benign requests.
pub struct BenignSource {
    /// Name of the source.
    pub name: String,
    /// Unit of splitting.
    pub group: String,
    /// The use its licence allows.
    pub licence: LicenceClass,
    /// Side of the split.
    pub partition: Partition,
    /// The family of most of its records (`organic_chat`, `app_rag`, ...).
    pub family: String,
    /// Requests.
    pub records: Vec<PoolRecord>,
}

/// One real application.
pub struct Application {
    /// Stable id.
    pub id: String,
    /// Unit of splitting: a repository, or an agent with its translations.
    pub group: String,
    /// Purpose (`tutoring`, `code_agent`, ...).
    pub category: String,
    /// Language code, for slicing and for the choice of similar inputs.
    pub language: String,
    /// Kind of input (`q_code`, `doc`, ...): applications of one kind and language can share inputs.
    pub input_kind: String,
    /// The extraction family that the application could be mistaken for, if any.
    pub confusable: Option<String>,
    /// The use its licence allows.
    pub licence: LicenceClass,
    /// Side of the split.
    pub partition: Partition,
    /// System prompt.
    pub system: Option<String>,
    /// Template of the user message.
    pub user_template: Option<String>,
    /// Requests; `source` is the application's id and `note` states the origin of the inputs.
    pub records: Vec<PoolRecord>,
}

/// Returns the techniques that a stream of requests of an extraction family shows; empty for an unknown family.
pub(crate) fn techniques_of_family(family: &str) -> &'static [Technique] {
    match family {
        "cot_harvest" => &[Technique::ReasoningHarvest],
        "reward_grading" => &[Technique::RewardModelHarvest],
        "tool_agentic" => &[Technique::TrajectoryHarvest],
        "instruction_synthesis"
        | "code_distill"
        | "vision_text"
        | "answer_harvest"
        | "model_extraction" => &[Technique::DatasetSynthesis, Technique::TemplatedRepetition],
        _ => &[],
    }
}
