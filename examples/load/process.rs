//! A server process: its address, CPU time and memory.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context;

/// Kernel ticks per second, as `/proc` counts them on every Linux platform that Rust supports.
const TICKS: f64 = 100.0;
/// Size of a memory page, in bytes.
const PAGE: u64 = 4096;

/// A running server; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a program and waits until it prints its address.
    pub(crate) fn start<S: AsRef<OsStr>>(program: &Path, arguments: &[S]) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let stderr = child.stderr.take().context("stderr is piped")?;
        let mut lines = BufReader::new(stderr).lines();
        let mut output = String::new();
        while let Some(line) = lines.next().transpose()? {
            let Some((_, address)) = line.split_once("http://") else {
                output = output + &line + "\n";
                continue;
            };
            // Later output is read too, so that the process never blocks on a full pipe.
            std::thread::spawn(move || lines.for_each(drop));
            let address = address.trim().parse()?;
            return Ok(Self { child, address });
        }
        anyhow::bail!("{} does not listen:\n{output}", program.display())
    }

    /// Returns the CPU time of all threads so far, in user and system mode, in seconds.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = self.proc("stat")?;
        // The name may contain anything, but it ends with the last bracket.
        let (_, fields) = stat.rsplit_once(')').context("a line of /proc")?;
        let ticks = |field: usize| -> anyhow::Result<f64> {
            let field = fields.split_whitespace().nth(field);
            Ok(field.context("a field of /proc")?.parse()?)
        };
        // Fields 14 and 15 of the line; the first field after the bracket is the third.
        Ok((ticks(11)? + ticks(12)?) / TICKS)
    }

    /// Returns the resident memory, in bytes.
    pub(crate) fn resident_bytes(&self) -> anyhow::Result<u64> {
        let statm = self.proc("statm")?;
        let pages = statm
            .split_whitespace()
            .nth(1)
            .context("a field of /proc")?;
        Ok(pages.parse::<u64>()? * PAGE)
    }

    fn proc(&self, file: &str) -> anyhow::Result<String> {
        let mut text = String::new();
        let path = format!("/proc/{}/{file}", self.child.id());
        std::fs::File::open(path)?.read_to_string(&mut text)?;
        Ok(text)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that has already exited is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
