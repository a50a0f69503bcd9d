//! `stillwatch serve`: the engine behind a port.

mod label_file;
mod served;
mod shelf;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;

use super::Exit;
use super::model::{ModelFlags, deployment_key};
use super::terminal::say;
use crate::server::{self, Limits, Services};

use label_file::LabelFile;
use served::Served;
use shelf::Shelf;

/// Flags of `stillwatch serve`.
#[derive(Args)]
pub(super) struct Serve {
    /// Address to listen on
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:7700",
        env = "STILLWATCH_LISTEN"
    )]
    listen: SocketAddr,
    /// Folder for what must outlive the process; made when missing
    #[arg(
        long,
        value_name = "DIR",
        default_value = "stillwatch-data",
        env = "STILLWATCH_DATA"
    )]
    data: PathBuf,
    /// Folder of further model bundles, as NAME/VERSION/, that may be activated while serving
    #[arg(long, value_name = "DIR", env = "STILLWATCH_MODELS")]
    models: Option<PathBuf>,
    #[command(flatten)]
    model: ModelFlags,
}

impl Serve {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let key = deployment_key(&self.data)?;
        let engine = self.model.engine(key.clone())?;
        let bundle = engine.bundle().to_owned();
        let labels = Arc::new(LabelFile::open(&self.data)?);
        let shelf = Shelf::new(self.model.folder(), self.models.clone());
        let served = Arc::new(Served::new(engine, shelf, key, self.model.accounts_max()));
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_max_level(tracing::Level::INFO)
            .init();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(self.listen)
                .await
                .with_context(|| format!("listen on {}", self.listen))?;
            say(&format!(
                "{bundle} listening on http://{}",
                listener.local_addr()?
            ));
            let services = Services {
                scorer: served.clone(),
                accounts: served.clone(),
                models: served,
                labels,
            };
            server::run(listener, services, Limits::standard(), asked_to_stop()).await;
            Ok(Exit::Success)
        })
    }
}

/// Resolves at an interrupt or, where there is one, a termination signal.
async fn asked_to_stop() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
