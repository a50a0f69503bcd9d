//! `stillwatch serve`: serves the engine on one port.

mod log;
mod services;
mod setup;

use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::Exit;
use super::config::ConfigFlags;
use super::signals::Signals;
use super::terminal::say;
use crate::server::{self, Services, Setup};
use crate::settings::Settings;
use services::services;
use setup::reload;

pub(super) use setup::setup;

/// Time that scoring threads have to finish after the port is closed.
const LAST_WORK: Duration = Duration::from_secs(1);

/// Flags of `stillwatch serve`.
#[derive(Args)]
pub(super) struct Serve {
    #[command(flatten)]
    config: ConfigFlags,
}

impl Serve {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let settings = self.config.settings()?;
        log::to_standard_error(&settings.log);
        let setup = setup(&settings)?;
        let services = services(&settings)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let exit = runtime.block_on(serve(&settings, setup, services));
        // A score that hangs must not block the exit.
        runtime.shutdown_timeout(LAST_WORK);
        exit
    }
}

async fn serve(settings: &Settings, setup: Setup, services: Services) -> anyhow::Result<Exit> {
    let listen = settings.server.listen;
    let mut signals = Signals::new()?;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("listen on {listen}"))?;
    let scheme = if setup.tls.is_some() { "https" } else { "http" };
    say(&format!(
        "{} listening on {scheme}://{}",
        services.models.active().name,
        listener.local_addr()?
    ));
    let (keys, tls) = (setup.keys.clone(), setup.tls.clone());
    let stop = Notify::new();
    let serving = server::run(listener, services, setup, stop.notified());
    let signalled = async {
        signals
            .stop(|| reload(settings, keys.as_deref(), tls.as_deref()))
            .await;
        tracing::info!("shutting down; a second signal stops immediately");
        stop.notify_one();
        signals.stop(|| {}).await;
    };
    tokio::select! {
        () = serving => Ok(Exit::Success),
        () = signalled => bail!("stopped before requests in flight had finished"),
    }
}
