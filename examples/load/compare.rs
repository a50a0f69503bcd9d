//! Compares the server with the baseline handler: for each kind of request, both in turn under the same load.

use comfy_table::Table;
use stillwatch::server::Limits;

use crate::ServerFlags;
use crate::drive::{Call, Load, Outcome, drive, quantile};
use crate::process::Server;
use crate::traffic::{self, BATCH};

/// Concurrent requests that saturate two servers with a few cores.
const LANES: usize = 32;

/// Returns the concurrent requests at overload: ten times as many as a server with standard limits admits, being scored
/// or queued.
fn overload_lanes() -> usize {
    let limits = Limits::default();
    10 * (limits.workers.get() + limits.queue_depth_max)
}

struct Kind {
    name: &'static str,
    exchanges: usize,
    lanes: usize,
    call: Call,
    hello: &'static str,
}

/// Measures both servers and prints a table.
pub(crate) async fn run(flags: &ServerFlags, seconds: f64) -> anyhow::Result<()> {
    let exchanges = traffic::exchanges(flags)?;
    let call = |path, content_type, bodies: Vec<_>, http2| Call {
        path,
        content_type,
        bodies: bodies.into(),
        http2,
    };
    let kinds = [
        Kind {
            name: "JSON",
            exchanges: 1,
            lanes: LANES,
            call: call(
                "/v1/score",
                "application/json",
                traffic::json(&exchanges),
                false,
            ),
            hello: "/json",
        },
        Kind {
            name: "gRPC",
            exchanges: 1,
            lanes: LANES,
            call: call(
                "/stillwatch.v1.ScoringService/ScoreConversation",
                "application/grpc",
                traffic::grpc(&exchanges)?,
                true,
            ),
            hello: "/grpc",
        },
        Kind {
            name: "JSON, batch of 100",
            exchanges: BATCH,
            lanes: LANES / 4,
            call: call(
                "/stillwatch.v1.ScoringService/ScoreBatch",
                "application/json",
                traffic::batches(&exchanges),
                false,
            ),
            hello: "/json",
        },
    ];
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header([
        "call",
        "server",
        "load",
        "at once",
        "calls/s",
        "exchanges per CPU s",
        "p50 ms",
        "p99 ms",
        "refused/s",
        "refused p99 ms",
        "late",
        "failed",
    ]);
    for kind in kinds {
        measure(flags, &kind, seconds, &mut table).await?;
    }
    eprintln!("{table}");
    Ok(())
}

async fn measure(
    flags: &ServerFlags,
    kind: &Kind,
    seconds: f64,
    table: &mut Table,
) -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let data = data.path().display().to_string();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", &data];
    let server = Server::start(&flags.stillwatch, &arguments)?;
    let full = Load {
        lanes: kind.lanes,
        rate: None,
        seconds,
    };
    // Warms up connections, caches and profiles; also determines the response size of the baseline handler.
    let warm = drive(server.address, &kind.call, full).await?;
    let program = std::env::current_exe()?;
    let hello = Server::start(&program, &["hello", &warm.answer_bytes.to_string()])?;
    let hello_call = Call {
        path: kind.hello,
        ..kind.call.clone()
    };
    drive(hello.address, &hello_call, full).await?;

    for (name, server, call) in [
        ("stillwatch", &server, &kind.call),
        ("hello", &hello, &hello_call),
    ] {
        let saturated = timed(server, call, full).await?;
        let rate = saturated.0.answered.len() as f64 / saturated.0.seconds;
        let half = Load {
            rate: Some(rate / 2.0),
            ..full
        };
        let half = timed(server, call, half).await?;
        row(table, kind, name, "half", full.lanes, half);
        row(table, kind, name, "saturation", full.lanes, saturated);
    }
    let crowded = Call {
        http2: true,
        ..kind.call.clone()
    };
    let crowd = Load {
        lanes: overload_lanes(),
        ..full
    };
    let overload = timed(&server, &crowded, crowd).await?;
    row(
        table,
        kind,
        "stillwatch",
        "10x overload",
        crowd.lanes,
        overload,
    );
    Ok(())
}

/// Returns the outcome and the CPU seconds used by the server.
async fn timed(server: &Server, call: &Call, load: Load) -> anyhow::Result<(Outcome, f64)> {
    let before = server.cpu_seconds()?;
    let outcome = drive(server.address, call, load).await?;
    Ok((outcome, server.cpu_seconds()? - before))
}

fn row(
    table: &mut Table,
    kind: &Kind,
    server: &str,
    load: &str,
    lanes: usize,
    (mut outcome, cpu): (Outcome, f64),
) {
    let answered = outcome.answered.len() as f64;
    let refused = outcome.refused.len() as f64;
    table.add_row([
        kind.name.to_owned(),
        server.to_owned(),
        load.to_owned(),
        lanes.to_string(),
        format!("{:.0}", answered / outcome.seconds),
        format!("{:.0}", answered * kind.exchanges as f64 / cpu),
        quantile(&mut outcome.answered, 0.5),
        quantile(&mut outcome.answered, 0.99),
        format!("{:.0}", refused / outcome.seconds),
        quantile(&mut outcome.refused, 0.99),
        outcome.late.to_string(),
        outcome.failed.to_string(),
    ]);
}
