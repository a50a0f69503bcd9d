//! The services behind the server's port: the active engine, the available bundles, the labels on disk.
//!
//! Implements the service traits of `server` on `engine`, `bundle` and `store`. Opens no socket and reads no settings:
//! `cli` passes in the configured values.

mod active_model;
mod labels;
mod models;
mod self_test;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::bundle::{BundleCatalogue, BundleError, BundleFiles};
use crate::engine::ObservationSink;
use crate::privacy::{PseudonymKey, Pseudonymizer};
use crate::server::Services;
use crate::store::{LabelFile, LabelFileError};

use active_model::ActiveModel;

/// Optional sink that receives observations before they are counted.
pub type Sink = Option<Arc<dyn ObservationSink<Error = SinkError>>>;

/// Error of an observation that the sink did not accept. The request that sent the exchange fails with an internal
/// error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the observation was not kept: {cause}")]
pub struct SinkError {
    /// What failed, in fixed words.
    pub cause: &'static str,
}

/// Configuration of the services.
pub struct ServiceSetup {
    /// Files of the initial bundle.
    pub bundle: BundleFiles,
    /// The bundles that may be activated.
    pub catalogue: BundleCatalogue,
    /// The deployment's key.
    pub key: PseudonymKey,
    /// Maximum number of accounts in memory.
    pub accounts_max: usize,
    /// Folder of persistent data. It must exist.
    pub data: PathBuf,
    /// Receives observations before they are counted.
    pub sink: Sink,
}

/// Error of starting the services.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// The initial bundle is unfit.
    #[error("model bundle: {0}")]
    Bundle(#[from] BundleError),
    /// The labels on disk cannot be read.
    #[error(transparent)]
    Labels(#[from] LabelFileError),
}

/// Loads the bundle, opens the labels and returns the services for the server.
///
/// # Errors
/// If the bundle is unfit or the labels cannot be read.
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
