//! What the services are made of.

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::bundle::{BundleCatalogue, BundleFiles};
use crate::engine::ObservationSink;
use crate::privacy::PseudonymKey;

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
