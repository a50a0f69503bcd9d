//! What the services are made of.

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::bundle::{BundleCatalogue, BundleFiles};
use crate::engine::ObservationSink;
use crate::policy::PolicySettings;
use crate::privacy::PseudonymKey;

/// Optional sink that receives observations before they are counted.
pub(crate) type Sink = Option<Arc<dyn ObservationSink<Error = SinkError>>>;

/// Error of an observation that the sink did not accept. The request that sent the exchange fails with an internal
/// error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the observation was not kept: {cause}")]
pub struct SinkError {
    /// What failed, in fixed words.
    pub cause: &'static str,
}

/// Configuration of the services.
pub(crate) struct ServiceSetup {
    /// Files of the initial bundle.
    pub bundle: BundleFiles,
    /// The bundles that may be activated.
    pub catalogue: BundleCatalogue,
    /// The deployment's key.
    pub key: PseudonymKey,
    /// Maximum number of accounts in memory.
    pub accounts_max: usize,
    /// Who is put before a reviewer.
    pub policy: PolicySettings,
    /// Folder of persistent data. It must exist.
    pub data: PathBuf,
    /// Receives observations before they are counted.
    pub sink: Sink,
}
