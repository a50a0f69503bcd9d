//! `stillwatch config`, and the flags that override the settings file and the environment.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::Exit;
use super::serve::setup;
use super::terminal::say;
use crate::settings::{Layers, Settings, commented_file, schema};

/// Sources of the settings, in order of increasing precedence: a file, environment variables `STILLWATCH_SECTION__KEY`,
/// these flags.
#[derive(Args, Default)]
pub(super) struct ConfigFlags {
    /// Settings file (TOML); `stillwatch config print --default` prints one
    #[arg(long, value_name = "FILE", env = "STILLWATCH_CONFIG")]
    config: Option<PathBuf>,
    /// Address and port to listen on [default: 127.0.0.1:7700]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Folder for data that must outlive the process; created if missing [default: stillwatch-data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Folder of a model bundle [default: the bundle built into the program]
    #[arg(long, value_name = "DIR")]
    bundle: Option<String>,
    /// Maximum number of accounts kept in memory; the longest idle are evicted first [default: 200000]
    #[arg(long, value_name = "N")]
    accounts_max: Option<usize>,
    /// File of API keys, hashed, one per line; required to serve other machines
    #[arg(long, value_name = "FILE")]
    keys_file: Option<String>,
    /// Allow unauthenticated access from other machines: anyone who reaches the port can do everything
    #[arg(long)]
    allow_unauthenticated: bool,
    /// Sets any setting, for example server.workers=4; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl ConfigFlags {
    /// Returns the effective settings.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        Ok(self.layers()?.settings()?)
    }

    fn layers(&self) -> anyhow::Result<Layers> {
        let mut layers = Layers::default();
        if let Some(path) = &self.config {
            add_file(&mut layers, path)?;
        }
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        layers.environment(variables, |path| {
            std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
        })?;
        let unauthenticated = self.allow_unauthenticated.then(|| "true".to_owned());
        for (name, value, flag) in [
            ("server.listen", self.listen.clone(), "--listen"),
            ("data.folder", self.data.clone(), "--data"),
            ("model.bundle", self.bundle.clone(), "--bundle"),
            (
                "model.accounts_max",
                self.accounts_max.map(|n| n.to_string()),
                "--accounts-max",
            ),
            ("auth.keys_file", self.keys_file.clone(), "--keys-file"),
            (
                "auth.allow_unauthenticated",
                unauthenticated,
                "--allow-unauthenticated",
            ),
        ] {
            if let Some(value) = value {
                layers.flag(name, &value, flag)?;
            }
        }
        for pair in &self.set {
            let Some((name, value)) = pair.split_once('=') else {
                bail!("--set {pair}: expected NAME=VALUE, for example server.workers=4");
            };
            layers.flag(name.trim(), value.trim(), "--set")?;
        }
        Ok(layers)
    }
}

/// Flags that select the deployment whose data folder and key a command reads, from the same sources as the settings of
/// `serve`.
#[derive(Args)]
pub(super) struct DeploymentFlags {
    /// Settings file (TOML) of the server
    #[arg(long, value_name = "FILE", env = "STILLWATCH_CONFIG")]
    config: Option<PathBuf>,
    /// Data folder of the server [default: stillwatch-data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
}

impl DeploymentFlags {
    /// Returns the effective settings.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        let flags = ConfigFlags {
            config: self.config.clone(),
            data: self.data.clone(),
            ..ConfigFlags::default()
        };
        flags.settings()
    }
}

/// Flags of `stillwatch config`.
#[derive(Args)]
pub(super) struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks whether `serve` would accept a settings file: names, values, contradictions, and the files it refers to
    Check {
        /// Settings file
        file: PathBuf,
    },
    /// Prints the effective settings, each with its source; secrets are redacted
    Print {
        /// Prints a commented file of all settings with their defaults instead
        #[arg(long)]
        default: bool,
        #[command(flatten)]
        config: Box<ConfigFlags>,
    },
    /// Prints the JSON Schema of the settings file, for editors
    Schema,
}

impl Config {
    #[expect(clippy::print_stdout, reason = "the settings are this command's data")]
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        match &self.command {
            Command::Check { file } => {
                let mut layers = Layers::default();
                add_file(&mut layers, file)?;
                setup(&layers.settings()?)?;
                say(&format!("{}: valid", file.display()));
            }
            Command::Schema => println!("{:#}", schema()),
            Command::Print { default: true, .. } => print!("{}", commented_file()),
            Command::Print { config, .. } => {
                let layers = config.layers()?;
                print!("{}", layers.to_file());
                layers.settings()?;
            }
        }
        Ok(Exit::Success)
    }
}

fn add_file(layers: &mut Layers, path: &Path) -> anyhow::Result<()> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| name.clone())?;
    Ok(layers.file(&text, &name)?)
}
