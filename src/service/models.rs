//! The available bundles, and activation of one of them.

use std::sync::TryLockError;

use super::active_model::{Active, ActiveModel};
use crate::bundle::{Bundle, BundleError, BundleSource, CatalogueEntry};
use crate::server::{ActiveBundle, ModelEntry, ModelError, Models, Verification};

impl Models for ActiveModel {
    fn active(&self) -> ActiveBundle {
        let active = self.current();
        ActiveBundle {
            name: active.engine.bundle().to_owned(),
            digest: active.digest.to_string(),
        }
    }

    fn list(&self) -> Vec<ModelEntry> {
        let engine = self.current().engine;
        let entry = |CatalogueEntry { name, source }| {
            let text_model = source.manifest().ok().map(|manifest| manifest.text_model());
            ModelEntry {
                built_in: source == BundleSource::BuiltIn,
                active: name == engine.bundle(),
                keeps_histories: text_model.as_deref() == Some(engine.text_model()),
                text_model,
                bundle: name,
            }
        };
        self.catalogue.entries().into_iter().map(entry).collect()
    }

    fn verify(&self, bundle: &str) -> Result<Verification, ModelError> {
        let source = self.catalogue.find(bundle).ok_or(ModelError::Unknown)?;
        Ok(match source.files() {
            Err(error) => Verification {
                problem: Some(problem(&error)),
                files: Vec::new(),
            },
            Ok(files) => Verification {
                problem: Bundle::from_files_of(bundle, &files)
                    .err()
                    .map(|error| problem(&error)),
                files: files.hashes().map(Vec::from).unwrap_or_default(),
            },
        })
    }

    fn activate(&self, bundle: &str, forget_histories: bool) -> Result<bool, ModelError> {
        let _only = match self.activating.try_lock() {
            Ok(only) => only,
            Err(TryLockError::WouldBlock) => return Err(ModelError::Busy),
            Err(TryLockError::Poisoned(only)) => only.into_inner(),
        };
        let source = self.catalogue.find(bundle).ok_or(ModelError::Unknown)?;
        let files = source.files().map_err(|error| unfit(&error))?;
        let parts = Bundle::from_files_of(bundle, &files)
            .map_err(|error| unfit(&error))?
            .into_engine_parts(self.key.clone());
        let active = self.current().engine;
        let keeps = parts.text_model == active.text_model();
        let next = if keeps {
            active
                .with_bundle(parts)
                .ok_or(ModelError::OtherTextModel)?
        } else if forget_histories {
            self.fresh(parts)
        } else {
            return Err(ModelError::OtherTextModel);
        };
        self.replace(Active::new(next, &files));
        tracing::info!(bundle, histories_kept = keeps, "bundle activated");
        Ok(keeps)
    }
}

fn unfit(error: &BundleError) -> ModelError {
    ModelError::Unfit {
        problem: problem(error),
    }
}

/// Returns a message that is safe to return to callers, without paths or file contents; details go to the log.
fn problem(error: &BundleError) -> &'static str {
    tracing::warn!(%error, "bundle is unfit");
    match error {
        BundleError::File { .. } => "a file is missing or cannot be read",
        BundleError::Manifest(_) => "its manifest is not of the form of a manifest",
        BundleError::Name { .. } => "its manifest states another name or version than its folder",
        BundleError::Format { .. } => "it has another format than this program reads",
        BundleError::EncoderKind { .. } => {
            "its text encoder is of a kind that this program does not have"
        }
        BundleError::Hash { .. } => "a file does not have the hash that the manifest states",
        BundleError::RiskModel(_) => "it was made for other measures than this program takes",
        BundleError::Tokenizer(_)
        | BundleError::Encoder(_)
        | BundleError::Words(_)
        | BundleError::Bandwidth(_)
        | BundleError::RiskModelForm(_) => "a file is not of its form",
    }
}
