//! `stillwatch serve`: the engine behind a port.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;

use super::Exit;
use super::model::{ModelFlags, deployment_key};
use super::terminal::say;
use crate::domain::{Assessment, Exchange};
use crate::engine::Engine;
use crate::server::{self, Limits, NotReady, ScoreError, Scorer, Standing};

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
    #[command(flatten)]
    model: ModelFlags,
}

/// The engine, seen from the network.
struct EngineScorer(Engine);

impl Scorer for EngineScorer {
    fn score(&self, exchange: Exchange) -> Result<Assessment, ScoreError> {
        Ok(self.0.score(&exchange))
    }

    fn standing(&self, account: &str) -> Option<Standing> {
        let (seen, judgement) = self.0.standing(account)?;
        Some(Standing {
            seen,
            risk: judgement.calibrated.risk,
            band: judgement.band,
            recommendation: judgement.recommendation,
        })
    }

    fn case(&self, account: &str) -> String {
        self.0.case(account)
    }

    fn credential(&self, secret: &[u8]) -> String {
        self.0.credential(secret)
    }

    fn bundle(&self) -> String {
        self.0.bundle().to_owned()
    }

    fn ready(&self) -> Result<(), NotReady> {
        Ok(())
    }
}

impl Serve {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let engine = self.model.engine(deployment_key(&self.data)?)?;
        let bundle = engine.bundle().to_owned();
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
            let scorer = Arc::new(EngineScorer(engine));
            server::run(listener, scorer, Limits::standard(), asked_to_stop()).await;
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
