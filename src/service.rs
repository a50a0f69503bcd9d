//! What stands behind the server's port: one engine in service, the bundles to choose from, the labels on disk.
//!
//! Implements the ports of `server` on `engine`, `bundle` and `store`. Opens no socket and reads no setting: `cli` passes
//! in what was configured.

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

/// Where observations go before they are counted, if anywhere.
pub type Sink = Option<Arc<dyn ObservationSink<Error = SinkError>>>;

/// An observation that was not taken. The call that brought it answers a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the observation was not kept: {cause}")]
pub struct SinkError {
    /// What failed, in our own words.
    pub cause: &'static str,
}

/// What the services are made of.
pub struct ServiceSetup {
    /// Files of the bundle to start with.
    pub bundle: BundleFiles,
    /// The bundles that may be activated.
    pub catalogue: BundleCatalogue,
    /// The deployment's key.
    pub key: PseudonymKey,
    /// Accounts remembered at most.
    pub accounts_max: usize,
    /// Folder of what outlives a restart. It must exist.
    pub data: PathBuf,
    /// Where observations go before they are counted.
    pub sink: Sink,
}

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
