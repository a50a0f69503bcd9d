//! `stillwatch train`: trains a bundle from prompt pools, or refits an existing bundle on labeled traffic.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use super::Exit;
use super::config::DeploymentFlags;
use super::corpus::{corpus, scenario};
use super::input::{RecordFlags, TrafficFlags, labels};
use super::model::{ModelFlags, known_key};
use super::progress::ProgressBars;
use super::terminal::{hint, say, warn};
use crate::bundle::BundleFiles;
use crate::domain::AccountRef;
use crate::gateway::logs::Field;
use crate::train::card::card;
use crate::train::manifest::CueManifest;
use crate::train::pipeline::{Inputs, train_bundle};
use crate::train::progress::Progress;
use crate::train::recipe::Recipe;
use crate::train::traffic::{LeftOut, Refit};

/// Flags of `stillwatch train`.
#[derive(Args)]
pub(super) struct Train {
    /// Folder of prompt pools and applications: trains all models
    #[arg(long, value_name = "DIR", conflicts_with_all = ["traffic", "labels"])]
    pools: Option<PathBuf>,
    /// Labeled traffic log: refits fusion and calibration on top of --bundle
    #[arg(long, value_name = "FILE", requires = "labels")]
    traffic: Vec<PathBuf>,
    /// Field that holds the account, such as `metadata.user_id`, or =NAME for all records
    #[arg(
        long,
        visible_alias = "account-field",
        value_name = "FIELD",
        requires = "traffic"
    )]
    account: Option<Field>,
    #[command(flatten)]
    records: RecordFlags,
    /// Labels of the traffic; pseudonyms are resolved with the key of --data
    #[arg(long, value_name = "FILE", requires = "traffic")]
    labels: Option<PathBuf>,
    #[command(flatten)]
    deployment: DeploymentFlags,
    /// Output folder of the bundle, models/NAME/VERSION
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Training recipe [default: the one of the shipped bundle]
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Cue manifest [default: the one in training/]
    #[arg(long, value_name = "FILE")]
    cues: Option<PathBuf>,
    /// Scenario of the simulated accounts [default: eval/scenarios/train.toml]
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    #[command(flatten)]
    model: ModelFlags,
}

impl Train {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let (name, version) = name_of(&self.out)?;
        let place = self.out.canonicalize().ok();
        if place.is_some() && place == self.model.folder().and_then(|own| own.canonicalize().ok()) {
            hint("give the new bundle a version of its own");
            bail!(
                "--out {}: expected another folder, got the one of --bundle",
                self.out.display()
            );
        }
        let recipe = match &self.recipe {
            Some(path) => {
                Recipe::parse(&read(path)?).with_context(|| path.display().to_string())?
            }
            None => Recipe::shipped(),
        };
        let bars = ProgressBars::new();
        let (files, exit) = if let Some(pools) = &self.pools {
            let cues = match &self.cues {
                Some(path) => read(path)?,
                None => include_str!("../../training/cues.toml").to_owned(),
            };
            let inputs = Inputs {
                corpus: &corpus(Some(pools), &bars)?.with_own_writing(),
                cues: &CueManifest::parse(&cues)?,
                scenario: &scenario(
                    self.scenario.as_deref(),
                    include_str!("../../eval/scenarios/train.toml"),
                )?,
                recipe: &recipe,
                name: (&name, version),
            };
            (
                train_bundle(&inputs, &bars, |summary, model| {
                    card(&name, version, summary, model)
                })?,
                Exit::Success,
            )
        } else {
            self.refit(&name, version, &recipe, &bars)?
        };
        bars.finish();
        files.write(&self.out)?;
        say(&format!(
            "{name}@{version} written to {}",
            self.out.display()
        ));
        hint(&format!(
            "`stillwatch eval --bundle {} ...` evaluates it",
            self.out.display()
        ));
        Ok(exit)
    }
}

impl Train {
    /// Refits fusion and calibration of the base bundle on labeled traffic.
    fn refit(
        &self,
        name: &str,
        version: u32,
        recipe: &Recipe,
        bars: &ProgressBars,
    ) -> anyhow::Result<(BundleFiles, Exit)> {
        let (Some(path), false) = (&self.labels, self.traffic.is_empty()) else {
            hint("--pools DIR trains all models; --traffic and --labels refit a bundle");
            bail!("expected --pools, or --traffic with --labels");
        };
        let labels = labels(path)?;
        let by_pseudonym = |account: &AccountRef| matches!(account, AccountRef::Pseudonym(_));
        // The key is only read if a label needs it.
        let key = if labels.iter().any(|label| by_pseudonym(&label.account)) {
            known_key(&self.deployment.settings()?)?
        } else {
            None
        };
        let mut refit = Refit::new(&self.model.files()?, labels, key)?;
        let traffic = TrafficFlags::of(self.traffic.clone(), None, &self.records)
            .by_account(self.account.as_ref());
        bars.begin("exchanges", 0);
        let exit = traffic.each_batch_of_new(|exchanges| {
            bars.advance(exchanges.len() as u64);
            refit.update(&exchanges);
        })?;
        report(&refit.left_out());
        let files = refit.finish(name, version, recipe, bars, |summary, model| {
            card(name, version, summary, model)
        })?;
        Ok((files, exit))
    }
}

/// Reports the labels that were not used in training.
fn report(left_out: &LeftOut) {
    for (count, reason) in [
        (
            left_out.conversations,
            "labels are of a single conversation and cannot train the account model",
        ),
        (
            left_out.replaced,
            "labels were replaced by a later label of the same account",
        ),
        (
            left_out.without_traffic,
            "labels are of accounts without exchanges in the traffic",
        ),
    ] {
        if count > 0 {
            warn(&format!("{count} {reason}"));
        }
    }
    if left_out.unresolved > 0 {
        warn(&format!(
            "{} labels name an account by pseudonym, and there is no key to resolve it",
            left_out.unresolved
        ));
        hint("--data DIR sets the data folder of the server that the labels were submitted to");
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

/// Parses the bundle's name and version from the last two components of the folder.
fn name_of(out: &Path) -> anyhow::Result<(String, u32)> {
    let part = |path: Option<&Path>| {
        path.and_then(Path::file_name)
            .and_then(|name| name.to_str())
            .map(str::to_owned)
    };
    let version = part(Some(out)).and_then(|version| version.parse().ok());
    match (part(out.parent()), version) {
        (Some(name), Some(version)) => Ok((name, version)),
        _ => bail!(
            "--out: expected a folder that ends in NAME/VERSION with a whole number, got {}",
            out.display()
        ),
    }
}
