//! The domain types: exchanges, observations, assessments, labels and marks.
//!
//! Everything here is plain data: no I/O, no clock, no randomness, no serialisation. The outer layers
//! (`ingest`, `wire`, `cli`) have file and wire forms of their own and convert at the boundary.

mod account_ref;
mod assessment;
pub(crate) mod chat_names;
mod cue;
mod exchange;
mod label;
mod mark;
mod observation;
mod pool;
mod sensitive;
mod technique;
mod time;

pub use account_ref::{AccountRef, LabeledAccount};
pub use assessment::{
    Assessment, Band, BaselineOf, Mitigation, Reason, Recommendation, Risk, TechniqueRisk,
};
pub use cue::{CUE_COUNT, Cue, CueProbabilities};
pub use exchange::{
    CallKind, Client, Exchange, FinishReason, Message, Parameters, Response, ResponseFormat, Role,
    Tool,
};
pub use label::{GroupKind, Label, LabelSubject, Verdict};
pub(crate) use mark::MARK_MICROS_MAX;
pub use mark::{Disposition, Mark, MarkChange, MarkSubject};
pub use observation::{
    AccountKey, Digest, EMBEDDING_DIM, ElsewhereCues, Embedding, Evidence, Observation, Origin,
    Outcome, RefusalCategory, RequestShape, Script,
};
pub use pool::PoolRecord;
pub use sensitive::Sensitive;
pub(crate) use technique::TECHNIQUE_COUNT;
pub use technique::Technique;
pub(crate) use time::DAY_MICROS;
pub use time::Timestamp;
