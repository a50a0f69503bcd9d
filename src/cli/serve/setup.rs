//! Builds the configuration of the port from the settings: limits, keys and certificates, and reloads the last two.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::cli::terminal::{hint, warn};
use crate::server::{Keys, Limits, Setup, Tls, TlsFiles};
use crate::settings::Settings;

/// Builds the configuration of the port from the settings and the files they name; fails if the port must not be
/// opened.
pub(in crate::cli) fn setup(settings: &Settings) -> anyhow::Result<Setup> {
    refuse_unauthenticated(settings)?;
    let limits = Limits {
        hooks: settings.hooks.clone(),
        ..settings.server.limits.clone()
    };
    limits.check()?;
    let keys = match &settings.auth.keys_file {
        None => None,
        Some(path) => {
            let named = || format!("auth.keys_file {}", path.display());
            let text = std::fs::read_to_string(path).with_context(named)?;
            let keys = Keys::parse(&text, settings.rate).with_context(named)?;
            if keys.count() == 0 {
                warn(&format!(
                    "{}: no keys, so every request will be refused",
                    named()
                ));
            }
            Some(Arc::new(keys))
        }
    };
    let tls = match tls_files(settings)? {
        None => None,
        Some(files) => Some(Arc::new(Tls::new(&files).context("TLS")?)),
    };
    Ok(Setup { limits, keys, tls })
}

fn tls_files(settings: &Settings) -> anyhow::Result<Option<TlsFiles>> {
    let tls = &settings.tls;
    let (Some(certificate), Some(private_key)) = (&tls.certificate_file, &tls.private_key_file)
    else {
        return Ok(None);
    };
    let read = |setting: &str, path: &Path| {
        std::fs::read(path).with_context(|| format!("tls.{setting} {}", path.display()))
    };
    let client_authorities = tls
        .client_ca_file
        .as_deref()
        .map(|path| read("client_ca_file", path));
    Ok(Some(TlsFiles {
        certificate: read("certificate_file", certificate)?,
        private_key: read("private_key_file", private_key)?,
        client_authorities: client_authorities.transpose()?,
    }))
}

/// Reloads keys and certificates. Errors are logged, and the previous values stay in use.
pub(super) fn reload(settings: &Settings, keys: Option<&Keys>, tls: Option<&Tls>) {
    if let (Some(path), Some(keys)) = (&settings.auth.keys_file, keys) {
        let read = std::fs::read_to_string(path).map_err(anyhow::Error::from);
        match read.and_then(|text| Ok(keys.replace(&text)?)) {
            Ok(()) => tracing::info!(keys = keys.count(), "keys reloaded"),
            Err(error) => {
                tracing::error!("keys not reloaded, previous keys stay in use: {error:#}");
            }
        }
    }
    if let Some(tls) = tls {
        let replaced = tls_files(settings).and_then(|files| match files {
            Some(files) => Ok(tls.replace(&files)?),
            None => Ok(()),
        });
        match replaced {
            Ok(()) => tracing::info!("certificates reloaded"),
            Err(error) => tracing::error!(
                "certificates not reloaded, previous certificates stay in use: {error:#}"
            ),
        }
    }
}

/// Refuses to serve other machines without keys unless the operator allows it: anyone who reaches the port can do
/// everything.
fn refuse_unauthenticated(settings: &Settings) -> anyhow::Result<()> {
    let listen = settings.server.listen;
    if listen.ip().is_loopback() || settings.auth.keys_file.is_some() {
        return Ok(());
    }
    if !settings.auth.allow_unauthenticated {
        hint(
            "`stillwatch key new` creates a key and the line for auth.keys_file; \
             --allow-unauthenticated serves without keys",
        );
        bail!(
            "server.listen {listen}: other machines can reach this address, and auth.keys_file is not set"
        );
    }
    warn(&format!(
        "SERVING {listen} WITHOUT KEYS: anyone who reaches this port can score, read and forget accounts"
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Layers;

    #[test]
    fn other_machines_are_served_with_keys_or_where_that_is_allowed() {
        let with = |flags: &[(&str, &str)]| {
            let mut layers = Layers::default();
            for (name, value) in flags {
                layers.flag(name, value, "--set").unwrap();
            }
            refuse_unauthenticated(&layers.settings().unwrap()).is_ok()
        };
        for loopback in [
            "127.0.0.1:7700",
            "127.9.9.9:0",
            "[::1]:7700",
            "localhost:7700",
        ] {
            assert!(with(&[("server.listen", loopback)]), "{loopback}");
        }
        for public in [
            "0.0.0.0:7700",
            "[::]:7700",
            "192.0.2.7:7700",
            "[::ffff:127.0.0.1]:1",
        ] {
            let listen = ("server.listen", public);
            assert!(!with(&[listen]), "{public}");
            assert!(with(&[listen, ("auth.keys_file", "keys")]));
            assert!(with(&[listen, ("auth.allow_unauthenticated", "true")]));
        }
    }
}
