//! `stillwatch score`: assessments of a traffic log, one for each exchange or one for each account.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::Exit;
use super::input::TrafficFlags;
use super::model::ModelFlags;
use crate::domain::Assessment;
use crate::ingest::JsonLinesWriter;
use crate::privacy::PseudonymKey;
use crate::wire::json::AssessmentLine;

/// What gets a line.
#[derive(Clone, Copy, ValueEnum)]
enum Per {
    /// Every exchange, in the order of the input; one that was sent before says `duplicate`.
    Exchange,
    /// Every account's final state, by name.
    Account,
}

/// Flags of `stillwatch score`.
#[derive(Args)]
pub(super) struct Score {
    #[command(flatten)]
    traffic: TrafficFlags,
    #[command(flatten)]
    model: ModelFlags,
    /// Where the assessments go: plain, .gz or .zst; `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    /// What gets a line
    #[arg(long, value_enum, default_value = "exchange")]
    per: Per,
    /// Threads [default: one a core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

impl Score {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        if let Some(threads) = self.threads {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build_global().context("threads")?;
        }
        let engine = self.model.engine(PseudonymKey::offline())?;
        let mut writer = JsonLinesWriter::create(&self.out)?;
        let mut last: BTreeMap<String, Assessment> = BTreeMap::new();
        let exit = self.traffic.each_batch(|exchanges| {
            let mut repeated = 0;
            for assessment in engine.score_batch(&exchanges) {
                repeated += usize::from(assessment.duplicate);
                match self.per {
                    Per::Exchange => {
                        writer.write(&AssessmentLine::new(&assessment))?;
                    }
                    Per::Account if assessment.duplicate => {}
                    Per::Account => {
                        last.insert(assessment.account.clone(), assessment);
                    }
                }
            }
            Ok(repeated)
        })?;
        for assessment in last.values() {
            writer.write(&AssessmentLine::new(assessment))?;
        }
        writer.finish()?;
        Ok(exit)
    }
}
