//! Flags of `stillwatch eval` without a subcommand.

use std::path::PathBuf;

use clap::Args;

use crate::cli::format::Format;
use crate::cli::model::ModelFlags;

/// What is measured, beside what, and how it is printed.
#[derive(Args)]
pub(super) struct EvalFlags {
    /// Labeled traffic logs
    #[arg(long, value_name = "FILE", requires = "labels")]
    pub(super) traffic: Vec<PathBuf>,
    /// Labels of the traffic
    #[arg(long, value_name = "FILE", requires = "traffic")]
    pub(super) labels: Option<PathBuf>,
    /// Model catalogue (TOML), which resolves aliases
    #[arg(long, value_name = "FILE")]
    pub(super) models: Option<PathBuf>,
    /// Labeled logs that simple baselines are fitted on, to stand beside the bundle: of other accounts than --traffic
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
    /// Prompt pools: trains fold models and measures them on the pipelines left out, beside an n-gram baseline
    #[arg(long, value_name = "DIR", conflicts_with = "traffic")]
    pub(super) pools: Option<PathBuf>,
    /// Folds of --pools
    #[arg(long, default_value_t = 4)]
    pub(super) folds: usize,
    /// Resamples behind each interval
    #[arg(long, default_value_t = 1_000)]
    pub(super) resamples: u32,
    /// Floors and ceilings of figures (TOML): exit status 1 where one is not held, or a benign application is
    /// flagged that is not a known false positive
    #[arg(long, value_name = "FILE", conflicts_with = "pools")]
    pub(super) gates: Option<PathBuf>,
    /// Another bundle, scored on the same stream in the same pass: differences with their intervals
    #[arg(long, value_name = "DIR", conflicts_with = "pools")]
    pub(super) compare: Option<PathBuf>,
    /// Also lists so many benign accounts with the highest scores and extracting ones with the lowest
    #[arg(long, value_name = "N", conflicts_with = "pools")]
    pub(super) errors: Option<usize>,
    #[command(flatten)]
    pub(super) model: ModelFlags,
    /// How it is printed
    #[arg(short = 'o', long, value_enum, default_value = "table")]
    pub(super) format: Format,
}
