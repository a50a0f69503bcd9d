//! The services behind the server's port: the active engine, the available bundles, the labels and marks on disk.
//!
//! Implements the service traits of `server` on `engine`, `bundle` and `store`. Opens no socket and reads no settings:
//! `cli` passes in the configured values.

mod active_model;
mod labels;
mod models;
mod reviews;
mod self_test;
mod setup;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use thiserror::Error;

use crate::bundle::BundleError;
use crate::privacy::Pseudonymizer;
use crate::server::Services;
use crate::store::{LabelFile, LineFileError};

use active_model::ActiveModel;
use reviews::ReviewDesk;

pub(crate) use setup::ServiceSetup;

/// Error of starting the services.
#[derive(Debug, Error)]
pub(crate) enum ServiceError {
    /// The initial bundle is unfit.
    #[error("model bundle: {0}")]
    Bundle(#[from] BundleError),
    /// The labels or the marks on disk cannot be read.
    #[error(transparent)]
    Reviews(#[from] LineFileError),
}

/// Loads the bundle, opens the labels and the marks, and returns the services for the server.
///
/// # Errors
/// If the bundle is unfit, or the labels or the marks cannot be read.
pub(crate) fn open(setup: ServiceSetup) -> Result<Services, ServiceError> {
    let (data, key) = (setup.data.clone(), setup.key.clone());
    let pseudonymizer = Pseudonymizer::new(key.clone());
    let model = Arc::new(ActiveModel::new(setup)?);
    let reviews = ReviewDesk::open(&data, &key, Arc::clone(&model))?;
    let labels = LabelFile::open(&data, key)?;
    Ok(Services {
        pseudonymizer,
        scorer: model.clone(),
        accounts: model.clone(),
        models: model,
        labels: Arc::new(labels),
        reviews: Arc::new(reviews),
    })
}
