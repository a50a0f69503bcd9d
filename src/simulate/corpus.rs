//! The prompt corpus on disk, in memory: pipelines, benign sources, applications, each with its side of the split.
//!
//! Reads a data folder of this shape and knows nothing of accounts or time:
//! `pools/attack/*.jsonl.gz`, `pools/benign/*.jsonl.gz`, `apps/apps.jsonl.gz`, `apps/app_traffic.jsonl.gz`,
//! `sources.json`.

mod author;
mod duplicates;
mod files;
mod lineage;
mod load;
mod split;
mod view;

pub use author::OwnAuthor;
pub use files::CorpusError;
pub use split::{Partition, SALT, share_of};
pub use view::{CorpusView, UnitFacts};

use std::collections::BTreeMap;

use crate::domain::{PoolRecord, Technique};

/// Everything that streams can be drawn from, in the order of `sources.json` and `apps.jsonl.gz`.
#[derive(Default)]
pub struct Corpus {
    /// Published extraction pipelines.
    pub pipelines: Vec<Pipeline>,
    /// Evaluation harnesses (`ambiguous` in `sources.json`): word for word what benign evaluators send, so
    /// never an extraction; they may stand in for a benign evaluator's suite.
    pub harnesses: Vec<Pipeline>,
    /// Benign users' prompts and benign applications' requests, one entry a pool file.
    pub sources: Vec<BenignSource>,
    /// Real applications with a few dozen requests each.
    pub applications: Vec<Application>,
    /// What our own authors say of their requests, by group; empty without our own writing.
    pub authors: BTreeMap<String, OwnAuthor>,
}

/// What a licence allows: only permissive material may enter a shipped bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LicenceClass {
    /// May be trained on.
    Permissive,
    /// Evaluation only.
    Restricted,
    /// None seen; treated as restricted.
    Unknown,
}

/// One published extraction pipeline: requests as it sent them.
pub struct Pipeline {
    /// Name of the source.
    pub name: String,
    /// Unit of splitting: pipelines (and benign sources) linked by lineage share it.
    pub group: String,
    /// What its licence allows.
    pub licence: LicenceClass,
    /// Whether the source is an evaluation harness.
    pub ambiguous: bool,
    /// Its side of the split.
    pub partition: Partition,
    /// Its requests; each keeps its own family.
    pub records: Vec<PoolRecord>,
}

/// One benign pool file.
pub struct BenignSource {
    /// Name of the source.
    pub name: String,
    /// Unit of splitting.
    pub group: String,
    /// What its licence allows.
    pub licence: LicenceClass,
    /// Its side of the split.
    pub partition: Partition,
    /// The family of most of its records (`organic_chat`, `app_rag`, ...).
    pub family: String,
    /// Its requests.
    pub records: Vec<PoolRecord>,
}

/// One real application.
pub struct Application {
    /// Stable id.
    pub id: String,
    /// Unit of splitting: a repository, or an agent with its translations.
    pub group: String,
    /// What it is for (`tutoring`, `code_agent`, ...).
    pub category: String,
    /// Language code. Slicing, and choice of like inputs.
    pub language: String,
    /// Kind of input it takes (`q_code`, `doc`, ...): applications of one kind and language can share inputs.
    pub input_kind: String,
    /// The extraction family it could be taken for, when there is one.
    pub confusable: Option<String>,
    /// What its licence allows.
    pub licence: LicenceClass,
    /// Its side of the split.
    pub partition: Partition,
    /// System prompt.
    pub system: Option<String>,
    /// Template of the user message.
    pub user_template: Option<String>,
    /// Its requests; `source` is the application's id and `note` says where the inputs came from.
    pub records: Vec<PoolRecord>,
}

/// The techniques that requests of an extraction family show as a stream; empty for an unknown family.
pub fn techniques_of_family(family: &str) -> &'static [Technique] {
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
