//! Stillwatch detects capability extraction in the traffic of a language-model API.
//!
//! Data moves in one direction:
//! `Exchange --observe--> Observation --update--> Profile --measure--> measures --evaluate--> Assessment`.
//! What is re-exported here is what an embedder needs to score exchanges; `ARCHITECTURE.md` is the map of the rest.
//!
//! ```
//! use stillwatch::{Bundle, Engine, Exchange, FromLine, PseudonymKey};
//!
//! let line = br#"{"time": "2026-05-01T12:00:00Z", "account": "acc-1", "model": "opus-4.6",
//!     "messages": [{"role": "user", "content": "When was the Magna Carta sealed?"}]}"#;
//! let exchange = Exchange::from_line(line)?.record;
//! let bundle = Bundle::embedded()?;
//! let engine = Engine::new(bundle.into_engine_parts(PseudonymKey::from_bytes([7; 32])), 10_000);
//! let assessment = engine.score(&exchange);
//! assert_eq!(assessment.recommendation.name(), "allow");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(
    not(feature = "lab"),
    allow(
        dead_code,
        unused_imports,
        reason = "some of it only the laboratory uses; with it, the compiler finds what is dead"
    )
)]

mod bundle;
mod chat;
mod cli;
mod detect;
mod domain;
mod encoder;
mod engine;
#[cfg(feature = "lab")]
mod eval;
mod gateway;
mod ingest;
mod json;
mod observe;
mod policy;
mod privacy;
mod profile;
mod risk;
mod server;
mod service;
mod settings;
#[cfg(feature = "lab")]
mod simulate;
mod statistics;
mod store;
mod text;
#[cfg(feature = "lab")]
mod train;
mod wire;

pub use bundle::{Bundle, BundleCatalogue, BundleError, BundleFiles};
pub use detect::{DETECTORS, DetectorCard};
pub use domain::{
    AccountKey, Assessment, Band, CallKind, Client, Digest, Exchange, FinishReason, Label, Message,
    Mitigation, Parameters, Reason, Recommendation, Response, ResponseFormat, Risk, Role,
    Sensitive, Technique, TechniqueRisk, Timestamp, Tool, Verdict,
};
pub use engine::{AccountState, CountedObservation, Engine, EngineParts, ObservationSink};
pub use ingest::{JsonLinesWriter, TrafficReader};
pub use policy::{Policy, PolicySettings};
pub use privacy::{PseudonymKey, Pseudonymizer};
pub use wire::json::{AssessmentLine, FromLine, ToLine};

#[doc(hidden)]
pub use cli::main;

/// What the project's own tests, benchmarks and examples reach into. No promise is made about any of it.
#[doc(hidden)]
pub mod internals {
    pub mod bundle {
        pub use crate::bundle::{Bundle, BundleFiles, FileHash, Manifest};
    }
    pub mod detect {
        pub use crate::detect::{DETECTORS, MEASURE_COUNT, Maturity, MeasureIndex, MeasureValues};
    }
    pub mod domain {
        pub use crate::domain::{
            AccountKey, AccountRef, Assessment, Band, BaselineOf, CUE_COUNT, CallKind, Client, Cue,
            CueProbabilities, Digest, Disposition, EMBEDDING_DIM, ElsewhereCues, Embedding,
            Evidence, Exchange, FinishReason, GroupKind, Label, LabelSubject, LabeledAccount, Mark,
            MarkChange, MarkSubject, Message, Mitigation, Observation, Origin, Outcome, Parameters,
            PoolRecord, Reason, Recommendation, RefusalCategory, RequestShape, Response,
            ResponseFormat, Risk, Role, Script, Sensitive, Technique, TechniqueRisk, Timestamp,
            Tool, Verdict,
        };
        pub mod chat_names {
            pub use crate::domain::chat_names::{HTTP_STATUSES, TEMPERATURES};
        }
    }
    pub mod encoder {
        pub use crate::encoder::{
            CHANNELS, Channel, ChannelRows, Encoder, Head, Linear, ROW_DIM, Scratch, Seen,
            StaticEncoder, TextEncoder, Vocabulary, Wide, distinct_features, feature_count,
            normalise_into, read_rows,
        };
    }
    pub mod engine {
        pub use crate::engine::{
            AccountState, CountedObservation, Engine, ObservationSink, PARTITIONS, RepeatFilter,
        };
    }
    #[cfg(feature = "lab")]
    pub mod eval {
        pub use crate::eval::{AccountTrail, Options, Report, Step, Trails};
        pub mod accounts {
            pub use crate::eval::accounts::{Collected, compared, errors};
        }
        pub mod field {
            pub use crate::eval::field::{
                Case, Expected, FieldError, FieldFiles, Outcome, Set, cases, outcomes, tables,
            };
        }
        pub mod gates {
            pub use crate::eval::gates::{GateError, Gates, table};
        }
        pub mod metrics {
            pub use crate::eval::metrics::{Roc, Scored};
        }
        pub mod page {
            pub use crate::eval::page::page;
        }
        pub mod table {
            pub use crate::eval::table::Layout;
        }
    }
    pub mod gateway {
        pub use crate::gateway::Party;
    }
    pub mod ingest {
        pub use crate::ingest::{
            Batches, Catalogue, CatalogueError, Compression, InputError, JsonLines,
            JsonLinesWriter, OrderCheck, ReadError, TimeOrder, TrafficReader, read_labels,
            read_pool,
        };
    }
    pub mod observe {
        pub use crate::observe::{ObserveScratch, Observer};
    }
    pub mod policy {
        pub use crate::policy::{
            Decision, Policy, PolicyError, PolicyMode, PolicySettings, QueueState, Queued, Rank,
            ReviewFrom, Standing, Templates,
        };
    }
    pub mod privacy {
        pub use crate::privacy::{PseudonymKey, Pseudonymizer};
    }
    pub mod profile {
        pub use crate::profile::{
            PROFILE_BYTES, PROFILE_VERSION, Profile, ProfileBytesError, RandomFeatures,
            RepeatEstimate,
        };
    }
    pub mod risk {
        pub use crate::risk::{Calibrated, Judgement, RiskModel};
    }
    pub mod server {
        pub use crate::server::{
            AccountStatus, Accounts, ActiveBundle, ApiKey, BlockFrom, Histories, HookSettings,
            KeyLine, KeyScope, Keys, LabelError, Labels, Limits, ModelEntry, ModelError, Models,
            NotReady, QueuedAccount, RateLimit, ReviewError, Reviews, ScoreError, Scorer, Services,
            Setup, Submitted, SubmittedMark, Tls, TlsFiles, Verification, run,
        };
    }
    pub mod settings {
        pub use crate::settings::{ServerSettings, Setting, reference_table, schema};
    }
    #[cfg(feature = "lab")]
    pub mod simulate {
        pub use crate::simulate::{
            AccountPlan, Plan, Population, PopulationShares, Scenario, ScenarioError, statistics,
            write_stream,
        };
        pub mod corpus {
            pub use crate::simulate::corpus::{Corpus, LicenceClass, Partition};
        }
    }
    pub mod statistics {
        pub mod logistic {
            pub use crate::statistics::logistic::{logit, sigmoid};
        }
    }
    pub mod text {
        pub use crate::text::{CommonWords, TextScratch, TextView, digest_request};
    }
    #[cfg(feature = "lab")]
    pub mod train {
        pub mod examples {
            pub use crate::train::examples::labeled_requests;
        }
        pub mod manifest {
            pub use crate::train::manifest::CueManifest;
        }
        pub mod vocabulary {
            pub use crate::train::vocabulary::train_vocabulary;
        }
    }
    pub mod wire {
        pub use crate::wire::{Bounds, ErrorKind, WireError, parse_time};
        pub mod json {
            pub use crate::wire::json::{AssessmentLine, FromLine, LineError, ToLine};
        }
    }
}
