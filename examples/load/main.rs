//! What a scored request costs: a Stillwatch server and a handler that says hello, driven in turns in one run.
//!
//! `cargo run --release --example load -- compare` prints, for JSON, gRPC and batches, requests per second of the server's
//! CPU time and times at half load, at saturation and at ten times as many calls as the server admits.
//! `cargo run --release --example load -- soak` lets many accounts speak for minutes and watches the server's memory.
//!
//! Both servers are processes of their own on the loopback, share a machine with this one, and answer in as many bytes.
//! CPU time is the kernel's, from `/proc`, so what this program uses does not count. The figure to trust is per CPU second;
//! times depend on what else the machine does.

mod compare;
mod drive;
mod hello;
mod process;
mod soak;
mod traffic;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

#[derive(Parser)]
struct Flags {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The server beside a handler that says hello
    Compare {
        #[command(flatten)]
        server: ServerFlags,
        /// Seconds of each measurement
        #[arg(long, default_value_t = 5.0)]
        seconds: f64,
    },
    /// Many accounts for minutes
    Soak {
        #[command(flatten)]
        server: ServerFlags,
        /// Accounts that speak in turns
        #[arg(long, default_value_t = 200_000)]
        accounts: u64,
        /// How long
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
    },
    /// The handler that says hello; started by `compare`
    #[command(hide = true)]
    Hello { answer_bytes: usize },
}

#[derive(Args)]
struct ServerFlags {
    /// The server's program
    #[arg(long, default_value = "target/release/stillwatch")]
    stillwatch: PathBuf,
    /// A traffic log whose exchanges are sent; made by `stillwatch simulate` when left out
    #[arg(long)]
    traffic: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Flags::parse().command {
        Command::Compare { server, seconds } => compare::run(&server, seconds).await,
        Command::Soak {
            server,
            accounts,
            minutes,
        } => soak::run(&server, accounts, minutes).await,
        Command::Hello { answer_bytes } => hello::serve(answer_bytes).await,
    }
}
