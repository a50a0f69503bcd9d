//! `stillwatch policy fit`: replays review policies over traffic, prints the trade-off and the settings to use.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand};

use super::Exit;
use super::format::Format;
use super::input::{RecordFlags, TrafficFlags, named_labels};
use super::model::ModelFlags;
use super::terminal::{hint, say, warn};
use super::what_was_read::WhatWasRead;
use crate::eval::review_policy::PolicyReplay;
use crate::gateway::logs::Field;
use crate::policy::{PolicyMode, PolicySettings, ReviewFrom};
use crate::privacy::PseudonymKey;

/// Flags of `stillwatch policy`.
#[derive(Args)]
pub(super) struct Policy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compares review budgets and thresholds on traffic, and prints the settings of the one chosen
    ///
    /// Without labels it counts whom each policy would put before a reviewer. With labels it also says how many of them
    /// extract, and how many of the extracting and of the honest accounts are reviewed.
    Fit(Box<Fit>),
}

#[derive(Args)]
struct Fit {
    /// Traffic logs
    #[arg(long, value_name = "FILE", required = true)]
    traffic: Vec<PathBuf>,
    /// Labels of the traffic
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Chooses the budget of this many reviews a day
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "max_fpr",
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    reviews_per_day: Option<u32>,
    /// Chooses the policy that finds most and reviews at most this share of the honest accounts, such as 0.001
    #[arg(long, value_name = "RATE", requires = "labels")]
    max_fpr: Option<f64>,
    /// Field that holds the account, such as `metadata.user_id`, or =NAME for all records
    #[arg(long, visible_alias = "account-field", value_name = "FIELD")]
    account: Option<Field>,
    #[command(flatten)]
    records: RecordFlags,
    /// Model catalogue (TOML) that resolves aliases
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
    #[command(flatten)]
    model: ModelFlags,
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value = "table")]
    format: Format,
}

impl Policy {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let Command::Fit(fit) = &self.command;
        fit.run()
    }
}

impl Fit {
    #[expect(clippy::print_stdout, reason = "the tables are this command's data")]
    fn run(&self) -> anyhow::Result<Exit> {
        let Some(layout) = self.format.layout() else {
            bail!("-o html: expected another format; only reports on accounts have an HTML page");
        };
        if let Some(rate) = self.max_fpr.filter(|rate| !(*rate > 0.0 && *rate < 1.0)) {
            bail!("--max-fpr {rate}: expected a share between 0 and 1, such as 0.001");
        }
        let truth = match &self.labels {
            Some(labels) => named_labels(labels)?,
            None => Vec::new(),
        };
        let engine = self.model.engine(PseudonymKey::offline())?;
        let mut replay = PolicyReplay::new(&truth, self.reviews_per_day);
        let read = WhatWasRead::default();
        let traffic = TrafficFlags::of(self.traffic.clone(), self.models.clone(), &self.records)
            .by_account(self.account.as_ref());
        let exit = traffic.each_batch(|exchanges| {
            read.add(&exchanges);
            let mut repeated = 0;
            for assessment in engine.score_batch(&exchanges) {
                repeated += usize::from(assessment.duplicate);
                replay.add(&assessment);
            }
            Ok(repeated)
        })?;
        let comparison = replay.finish();
        if !truth.is_empty() && !comparison.is_labeled() {
            hint("labels name accounts as the traffic does");
            bail!("no label is of an account in the traffic");
        }
        for table in comparison.tables() {
            println!("{}", table.render(layout));
        }
        read.report(&self.traffic);
        let Some(chosen) = comparison.choose(self.reviews_per_day, self.max_fpr) else {
            warn("no policy is sure to review so few honest accounts on so little traffic");
            return Ok(Exit::UnderGate);
        };
        // Settings are for people to paste; the tables alone are data.
        say("Settings:");
        say(&to_paste(chosen));
        Ok(exit)
    }
}

/// Writes settings as a section of the settings file.
fn to_paste(settings: PolicySettings) -> String {
    let from = match settings.review_from {
        ReviewFrom::Review => "review",
        ReviewFrom::Watch => "watch",
    };
    match settings.mode {
        PolicyMode::Thresholds => "[policy]\nmode = \"thresholds\"".to_owned(),
        PolicyMode::Budget => format!(
            "[policy]\nmode = \"budget\"\nreviews_per_day = {}\nreview_from = \"{from}\"",
            settings.reviews_per_day
        ),
    }
}
