//! Flags that select the model, and the deployment's pseudonym key.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::bundle::{Bundle, BundleFiles};
use crate::engine::Engine;
use crate::privacy::PseudonymKey;
use crate::settings::{ModelSettings, Secret, Settings};
use crate::store::{self, KeyError};

/// Flags that select the scoring model.
#[derive(Args)]
pub(super) struct ModelFlags {
    /// Folder of a model bundle [default: the bundle built into the program]
    #[arg(long, value_name = "DIR", env = "STILLWATCH_BUNDLE")]
    bundle: Option<PathBuf>,
    /// Maximum number of accounts kept in memory; the longest idle are evicted first
    #[arg(
        long,
        value_name = "N",
        default_value_t = ModelSettings::default().accounts_max,
        env = "STILLWATCH_ACCOUNTS_MAX"
    )]
    accounts_max: usize,
}

impl ModelFlags {
    /// Creates the flags from given values.
    pub(super) const fn new(bundle: Option<PathBuf>, accounts_max: usize) -> Self {
        Self {
            bundle,
            accounts_max,
        }
    }

    /// Returns these flags with another bundle.
    pub(super) fn with_bundle(&self, folder: &Path) -> Self {
        Self {
            bundle: Some(folder.to_owned()),
            accounts_max: self.accounts_max,
        }
    }

    /// Returns the folder of the bundle; `None` for the one built into the program.
    #[cfg(feature = "lab")]
    pub(super) fn folder(&self) -> Option<&Path> {
        self.bundle.as_deref()
    }

    /// Reads the bundle's files.
    pub(super) fn files(&self) -> anyhow::Result<BundleFiles> {
        match &self.bundle {
            Some(folder) => BundleFiles::read(folder)
                .with_context(|| format!("model bundle {}", folder.display())),
            None => Ok(BundleFiles::embedded()),
        }
    }

    /// Loads the bundle.
    pub(super) fn bundle(&self) -> anyhow::Result<Bundle> {
        Bundle::from_files(&self.files()?).with_context(|| match &self.bundle {
            Some(folder) => format!("model bundle {}", folder.display()),
            None => "the model bundle built into the program".to_owned(),
        })
    }

    /// Builds an engine from the bundle that pseudonymizes under `key`.
    pub(super) fn engine(&self, key: PseudonymKey) -> anyhow::Result<Engine> {
        let parts = self.bundle()?.into_engine_parts(key);
        Ok(Engine::new(parts, self.accounts_max))
    }
}

/// Returns the deployment's key from the settings or the data folder, and creates one if there is none.
pub(super) fn deployment_key(settings: &Settings) -> Result<PseudonymKey, KeyError> {
    store::deployment_key(configured(settings), &settings.data.folder)
}

/// Returns the deployment's key if there is one. Writes nothing.
pub(super) fn known_key(settings: &Settings) -> Result<Option<PseudonymKey>, KeyError> {
    store::known_key(configured(settings), &settings.data.folder)
}

fn configured(settings: &Settings) -> Option<&str> {
    settings.privacy.pseudonym_key.as_ref().map(Secret::expose)
}
