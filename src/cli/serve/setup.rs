//! From settings to what the port needs: limits, keys, certificates, and reading the last two again.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::cli::terminal::{hint, warn};
use crate::domain::Recommendation;
use crate::gateway::{AccountOrder, Party};
use crate::server::{Hooks, Keys, Limits, RateLimit, Setup, Tls, TlsFiles};
use crate::settings::Settings;

/// What the port needs, from the settings and the files that they name; or why it must not be opened.
pub(in crate::cli) fn setup(settings: &Settings) -> anyhow::Result<Setup> {
    refuse_open_doors(settings)?;
    let limits = limits(settings);
    limits.check()?;
    let keys = match &settings.auth.keys_file {
        None => None,
        Some(path) => {
            let named = || format!("auth.keys_file {}", path.display());
            let text = std::fs::read_to_string(path).with_context(named)?;
            let keys = Keys::parse(&text, pace(settings)).with_context(named)?;
            if keys.count() == 0 {
                warn(&format!("{}: no keys, so nobody may call", named()));
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

fn limits(settings: &Settings) -> Limits {
    let server = &settings.server;
    let standard = Limits::standard();
    Limits {
        bounds: standard.bounds,
        body_bytes_max: server.body_bytes_max,
        connections_max: server.connections_max,
        streams_max: server.streams_max,
        calls_max: server.calls_max,
        scoring_streams_max: server.scoring_streams_max,
        stream_ahead_max: standard.stream_ahead_max,
        stream_silence: Duration::from_millis(server.stream_silence_ms),
        workers: server
            .workers
            .or_else(|| thread::available_parallelism().ok())
            .unwrap_or(standard.workers),
        waiting_max: server.waiting_max,
        retry_after_seconds: server.retry_after_seconds,
        deadline_default: Duration::from_millis(server.deadline_default_ms),
        deadline_max: Duration::from_millis(server.deadline_max_ms),
        header_timeout: Duration::from_millis(server.header_timeout_ms),
        probe_period: standard.probe_period,
        drain_delay: Duration::from_millis(server.drain_delay_ms),
        drain: Duration::from_millis(server.drain_ms),
        hooks: hooks(settings),
    }
}

fn hooks(settings: &Settings) -> Hooks {
    let parties = match settings.hooks.account.as_str() {
        "end-user" => vec![Party::EndUser, Party::Key],
        "user" => vec![Party::User, Party::Key, Party::EndUser],
        "team" => vec![Party::Team, Party::Key, Party::EndUser],
        _ => vec![Party::Key, Party::EndUser],
    };
    Hooks {
        block_from: match settings.hooks.verdict.as_str() {
            "restrict" => Some(Recommendation::Restrict),
            "review" => Some(Recommendation::Review),
            _ => None,
        },
        accounts: AccountOrder::new(parties),
        ..Hooks::standard()
    }
}

fn pace(settings: &Settings) -> RateLimit {
    RateLimit {
        calls_per_second: settings.rate.calls_per_second,
        burst: settings.rate.burst,
        calls_at_once: settings.rate.calls_at_once,
    }
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

/// Reads keys and certificates again. What cannot be used is reported, and what was there stays.
pub(super) fn reload(settings: &Settings, keys: Option<&Keys>, tls: Option<&Tls>) {
    if let (Some(path), Some(keys)) = (&settings.auth.keys_file, keys) {
        let read = std::fs::read_to_string(path).map_err(anyhow::Error::from);
        match read.and_then(|text| Ok(keys.replace(&text)?)) {
            Ok(()) => tracing::info!(keys = keys.count(), "keys were read again"),
            Err(error) => tracing::error!("keys stay as they were: {error:#}"),
        }
    }
    if let Some(tls) = tls {
        let replaced = tls_files(settings).and_then(|files| match files {
            Some(files) => Ok(tls.replace(&files)?),
            None => Ok(()),
        });
        match replaced {
            Ok(()) => tracing::info!("certificates were read again"),
            Err(error) => tracing::error!("certificates stay as they were: {error:#}"),
        }
    }
}

/// Whoever reaches a port without keys may do everything; that may be this machine, or nobody by mistake.
fn refuse_open_doors(settings: &Settings) -> anyhow::Result<()> {
    let listen = settings.server.listen;
    if listen.ip().is_loopback() || settings.auth.keys_file.is_some() {
        return Ok(());
    }
    if !settings.server.insecure_public {
        hint(
            "`stillwatch key new` makes a key and the line for auth.keys_file; --insecure-public serves without keys",
        );
        bail!(
            "server.listen {listen}: others can reach this address, and auth.keys_file is not set"
        );
    }
    warn(&format!(
        "SERVING {listen} WITHOUT KEYS: whoever reaches this port may score, read and forget accounts"
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Layers;

    #[test]
    fn the_defaults_of_the_table_are_the_limits_that_the_documentation_states() {
        let settings = Layers::default().settings().unwrap();
        let told = format!("{:?}", limits(&settings));
        assert_eq!(told, format!("{:?}", Limits::standard()));
    }

    #[test]
    fn others_are_served_with_keys_or_by_a_word_that_says_so() {
        let with = |flags: &[(&str, &str)]| {
            let mut layers = Layers::default();
            for (name, value) in flags {
                layers.flag(name, value, "--set").unwrap();
            }
            refuse_open_doors(&layers.settings().unwrap()).is_ok()
        };
        for loopback in ["127.0.0.1:7700", "127.9.9.9:0", "[::1]:7700"] {
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
            assert!(with(&[listen, ("server.insecure_public", "true")]));
        }
    }
}
