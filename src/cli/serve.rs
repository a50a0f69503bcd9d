//! `stillwatch serve`: the engine behind a port.

mod scorer;
mod setup;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::Exit;
use super::config::ConfigFlags;
use super::signals::Signals;
use super::terminal::{hint, say, warn};
use crate::server::{self, Scorer, Setup};
use crate::settings::{LogFormat, LogSettings, Settings};
use scorer::EngineScorer;
use setup::reload;

pub(super) use setup::setup;

/// How long threads that still score may take once the port is closed.
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
        log_to_standard_error(&settings.log);
        let setup = setup(&settings)?;
        refuse_open_doors(&settings)?;
        let scorer = EngineScorer::new(&settings)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let exit = runtime.block_on(serve(&settings, setup, scorer));
        // A score that hangs must not hang the exit.
        runtime.shutdown_timeout(LAST_WORK);
        exit
    }
}

async fn serve(settings: &Settings, setup: Setup, scorer: EngineScorer) -> anyhow::Result<Exit> {
    let listen = settings.server.listen;
    let mut signals = Signals::new()?;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("listen on {listen}"))?;
    let scheme = if setup.tls.is_some() { "https" } else { "http" };
    say(&format!(
        "{} listening on {scheme}://{}",
        scorer.bundle(),
        listener.local_addr()?
    ));
    let (keys, tls) = (setup.keys.clone(), setup.tls.clone());
    let stop = Notify::new();
    let serving = server::run(listener, Arc::new(scorer), setup, stop.notified());
    let signalled = async {
        signals
            .stop(|| reload(settings, keys.as_deref(), tls.as_deref()))
            .await;
        tracing::info!("stopping; once more stops at once");
        stop.notify_one();
        signals.stop(|| {}).await;
    };
    tokio::select! {
        () = serving => Ok(Exit::Success),
        () = signalled => bail!("stopped before calls in flight had ended"),
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
    tracing::warn!(%listen, "serving others without keys");
    Ok(())
}

fn log_to_standard_error(log: &LogSettings) {
    // Our own lines alone below `warn`: what libraries say at debug may hold what callers sent.
    let filter = tracing_subscriber::EnvFilter::new(match log.level.as_str() {
        "error" => "error".to_owned(),
        level => format!("warn,stillwatch={level}"),
    });
    let logs = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter);
    match log.format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
}
