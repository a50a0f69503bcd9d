//! `stillwatch score`: writes the assessments of a traffic log, one per exchange or one per account.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::Exit;
use super::input::TrafficFlags;
use super::model::ModelFlags;
use super::output::apart;
use super::policy_flags::PolicyFlags;
use super::signals::at_interrupt;
use super::terminal::say;
use super::what_was_read::WhatWasRead;
use crate::domain::Assessment;
use crate::gateway::logs::Field;
use crate::ingest::JsonLinesWriter;
use crate::privacy::PseudonymKey;
use crate::wire::json::AssessmentLine;

/// Unit of one output line.
#[derive(Clone, Copy, ValueEnum)]
enum Per {
    /// One line per exchange, in input order; a repeat has `duplicate` set.
    Exchange,
    /// One line per account, with its final state, ordered by name.
    Account,
}

/// Flags of `stillwatch score`.
#[derive(Args)]
pub(super) struct Score {
    #[command(flatten)]
    traffic: TrafficFlags,
    /// Field that holds the account, such as `metadata.user_id`, or =NAME for all records
    #[arg(long, visible_alias = "account-field", value_name = "FIELD")]
    account: Option<Field>,
    #[command(flatten)]
    model: ModelFlags,
    #[command(flatten)]
    policy: PolicyFlags,
    /// Output file: plain, .gz or .zst; `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    /// Unit of one output line
    #[arg(long, value_enum, default_value = "exchange")]
    per: Per,
    /// Number of threads [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

impl Score {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        if let Some(threads) = self.threads {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build_global().context("threads")?;
        }
        let key = PseudonymKey::offline();
        let policy = self.policy.policy(&key)?;
        let engine = self.model.engine(key)?.with_policy(policy);
        let inputs = self.traffic.files().iter().chain(self.policy.marks());
        apart("--out", &self.out, inputs)?;
        let mut writer = JsonLinesWriter::create(&self.out)?;
        let read = WhatWasRead::default();
        let (unfinished, read_so_far) = (writer.unfinished(), read.clone());
        at_interrupt(move || {
            unfinished.remove();
            say(&format!("interrupted after {}", read_so_far.line()));
        })?;
        let mut last: BTreeMap<String, Assessment> = BTreeMap::new();
        let traffic = self.traffic.by_account(self.account.as_ref());
        let exit = traffic.each_batch(|exchanges| {
            read.add(&exchanges);
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
        read.report(self.traffic.files());
        Ok(exit)
    }
}
