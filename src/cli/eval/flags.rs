//! Flags of `stillwatch eval` without a subcommand.

use std::path::PathBuf;

use clap::Args;

use crate::cli::format::Format;
use crate::cli::input::RecordFlags;
use crate::cli::model::ModelFlags;
use crate::gateway::logs::Field;

/// Inputs of an evaluation, what it is compared with, and the output format.
#[derive(Args)]
pub(super) struct EvalFlags {
    /// Labeled traffic logs
    #[arg(long, value_name = "FILE", requires = "labels")]
    pub(super) traffic: Vec<PathBuf>,
    /// Field that holds the account, such as `metadata.user_id`, or =NAME for all records
    #[arg(long, visible_alias = "account-field", value_name = "FIELD")]
    pub(super) account: Option<Field>,
    #[command(flatten)]
    pub(super) records: RecordFlags,
    /// Labels of the traffic
    #[arg(long, value_name = "FILE", requires = "traffic")]
    pub(super) labels: Option<PathBuf>,
    /// Model catalogue (TOML) that resolves aliases
    #[arg(long, value_name = "FILE")]
    pub(super) models: Option<PathBuf>,
    /// Labeled logs to fit simple baselines on, reported next to the bundle; accounts must differ from those in
    /// --traffic
    #[arg(
        long,
        value_name = "FILE",
        requires = "fit_labels",
        requires = "traffic"
    )]
    pub(super) fit_traffic: Vec<PathBuf>,
    /// Labels of --fit-traffic
    #[arg(long, value_name = "FILE", requires = "fit_traffic")]
    pub(super) fit_labels: Option<PathBuf>,
    /// Prompt pools: trains fold models and evaluates them on the held-out pipelines, next to an n-gram baseline
    #[arg(long, value_name = "DIR", conflicts_with = "traffic")]
    pub(super) pools: Option<PathBuf>,
    /// Field set, a folder such as `eval/field`: evaluates the bundle on its cases, and holds it to its gates.toml
    /// unless --gates names other gates
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["traffic", "pools", "compare", "errors"]
    )]
    pub(super) field: Option<PathBuf>,
    /// Number of folds with --pools
    #[arg(long, default_value_t = 4)]
    pub(super) folds: usize,
    /// Number of bootstrap resamples per interval
    #[arg(long, default_value_t = 1_000)]
    pub(super) resamples: u32,
    /// Gates (TOML), lower and upper bounds of metrics: exit status 1 if one is missed, or if a benign application is
    /// flagged that is not a known false positive
    #[arg(long, value_name = "FILE", conflicts_with = "pools")]
    pub(super) gates: Option<PathBuf>,
    /// Another bundle to score in the same pass; reports differences with their intervals
    #[arg(long, value_name = "DIR", conflicts_with = "pools")]
    pub(super) compare: Option<PathBuf>,
    /// Also lists the N benign accounts with the highest scores and the N extracting accounts with the lowest
    #[arg(long, value_name = "N", conflicts_with = "pools")]
    pub(super) errors: Option<usize>,
    #[command(flatten)]
    pub(super) model: ModelFlags,
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value = "table")]
    pub(super) format: Format,
}
