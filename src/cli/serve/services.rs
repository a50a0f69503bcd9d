//! Builds the services behind the port from the settings.

use crate::bundle::BundleCatalogue;
use crate::cli::model::{ModelFlags, deployment_key};
use crate::server::Services;
use crate::service::{self, ServiceSetup};
use crate::settings::Settings;

/// Opens the services with the bundle, the key and the folders that the settings name.
pub(super) fn services(settings: &Settings) -> anyhow::Result<Services> {
    let (model, data) = (&settings.model, &settings.data.folder);
    // The key comes first because it creates the data folder.
    let key = deployment_key(settings)?;
    Ok(service::open(ServiceSetup {
        bundle: ModelFlags::new(model.bundle.clone(), model.accounts_max).files()?,
        catalogue: BundleCatalogue {
            started: model.bundle.clone(),
            folder: model.folder.clone(),
        },
        key,
        accounts_max: model.accounts_max,
        policy: settings.policy,
        data: data.clone(),
        sink: None,
    })?)
}
