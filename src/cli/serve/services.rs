//! From settings to the services behind the port.

use anyhow::Context;

use crate::bundle::BundleCatalogue;
use crate::cli::model::ModelFlags;
use crate::privacy::PseudonymKey;
use crate::server::Services;
use crate::service::{self, ServiceSetup};
use crate::settings::Settings;
use crate::store::deployment_key;

/// Everything behind the port, on the bundle, the key and the folders that the settings name.
pub(super) fn services(settings: &Settings) -> anyhow::Result<Services> {
    let (model, data) = (&settings.model, &settings.data.folder);
    // First, as it makes the data folder.
    let key = key(settings)?;
    Ok(service::open(ServiceSetup {
        bundle: ModelFlags::new(model.bundle.clone(), model.accounts_max).files()?,
        catalogue: BundleCatalogue {
            started: model.bundle.clone(),
            folder: model.folder.clone(),
        },
        key,
        accounts_max: model.accounts_max,
        data: data.clone(),
        sink: None,
    })?)
}

/// The deployment's key, as the settings give it or as the data folder has it.
fn key(settings: &Settings) -> anyhow::Result<PseudonymKey> {
    let data = &settings.data.folder;
    let Some(secret) = &settings.privacy.pseudonym_key else {
        return Ok(deployment_key(data)?);
    };
    std::fs::create_dir_all(data).with_context(|| format!("data folder {}", data.display()))?;
    let secret = blake3::Hash::from_hex(secret.expose());
    let secret = secret
        .ok()
        .context("privacy.pseudonym_key: expected 64 hexadecimal digits")?;
    Ok(PseudonymKey::from_bytes(*secret.as_bytes()))
}
