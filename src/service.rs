//! What stands behind the server's port: one engine in service, the bundles to choose from, the labels on disk.
//!
//! Implements the ports of `server` on `engine`, `bundle` and `store`. Opens no socket and reads no setting: `cli` passes
//! in what was configured.

mod active_model;
mod labels;
mod models;
mod self_test;
mod setup;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use thiserror::Error;

use crate::bundle::BundleError;
use crate::privacy::Pseudonymizer;
use crate::server::Services;
use crate::store::{LabelFile, LabelFileError};

use active_model::ActiveModel;

pub use setup::{ServiceSetup, Sink, SinkError};

/// Why the services cannot start.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// The bundle to start with.
    #[error("model bundle: {0}")]
    Bundle(#[from] BundleError),
    /// The labels on disk.
    #[error(transparent)]
    Labels(#[from] LabelFileError),
}

/// Loads the bundle, opens the labels and puts both behind the server's ports.
///
/// # Errors
/// When the bundle is unfit or the labels cannot be read.
pub fn open(setup: ServiceSetup) -> Result<Services, ServiceError> {
    let (data, key) = (setup.data.clone(), setup.key.clone());
    let pseudonymizer = Pseudonymizer::new(key.clone());
    let model = Arc::new(ActiveModel::new(setup)?);
    let labels = LabelFile::open(&data, key)?;
    Ok(Services {
        pseudonymizer,
        scorer: model.clone(),
        accounts: model.clone(),
        models: model,
        labels: Arc::new(labels),
    })
}
