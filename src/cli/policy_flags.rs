//! Flags of the review policy for commands that read logs: the same as the settings of `serve`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::terminal::warn;
use crate::policy::{Policy, PolicyMode, PolicySettings, ReviewFrom};
use crate::privacy::PseudonymKey;
use crate::store::read_marks;

/// Flags of the review policy.
#[derive(Args)]
pub(super) struct PolicyFlags {
    /// What decides whom to review
    #[arg(
        long = "policy",
        value_enum,
        default_value = "budget",
        value_name = "MODE"
    )]
    mode: Mode,
    /// Reviews on one day (UTC) with the policy `budget`
    #[arg(
        long,
        value_name = "N",
        default_value_t = PolicySettings::default().reviews_per_day,
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    reviews_per_day: u32,
    /// Operating point beyond which accounts compete for a review with the policy `budget`
    #[arg(long, value_enum, default_value = "review", value_name = "POINT")]
    review_from: Point,
    /// Reviewers' marks (JSON lines, as in `marks.jsonl`); accounts may be named as in the log
    #[arg(long, value_name = "FILE")]
    marks: Option<PathBuf>,
}

/// Value of `--policy`.
#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    /// The highest-ranked accounts, as many as can be reviewed.
    Budget,
    /// Every account beyond the bundle's operating points.
    Thresholds,
}

/// Value of `--review-from`.
#[derive(Clone, Copy, ValueEnum)]
enum Point {
    /// The bundle's review point.
    Review,
    /// The bundle's watch point.
    Watch,
}

impl PolicyFlags {
    /// Returns the file of marks, if there is one.
    pub(super) fn marks(&self) -> Option<&PathBuf> {
        self.marks.as_ref()
    }

    /// Builds the policy with the marks in force; names in the file of marks become pseudonyms under `key`.
    pub(super) fn policy(&self, key: &PseudonymKey) -> anyhow::Result<Arc<Policy>> {
        let policy = Policy::new(PolicySettings {
            mode: match self.mode {
                Mode::Budget => PolicyMode::Budget,
                Mode::Thresholds => PolicyMode::Thresholds,
            },
            reviews_per_day: self.reviews_per_day,
            review_from: match self.review_from {
                Point::Review => ReviewFrom::Review,
                Point::Watch => ReviewFrom::Watch,
            },
        });
        if let Some(path) = &self.marks {
            // A file that is missing is a mistake here, and an empty one in a data folder.
            std::fs::metadata(path)
                .map_err(|error| anyhow::anyhow!("--marks {}: {error}", path.display()))?;
            let mut refused = None;
            read_marks(path, key, |change| {
                refused = policy.apply(change).err().or(refused);
            })?;
            if let Some(error) = refused {
                warn(&format!(
                    "{}: {error}; the others are left out",
                    path.display()
                ));
            }
        }
        Ok(Arc::new(policy))
    }
}
