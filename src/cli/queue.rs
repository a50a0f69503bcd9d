//! `stillwatch queue`: lists whom the policy puts before a reviewer at the end of a traffic log.

use std::collections::HashMap;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::Exit;
use super::input::TrafficFlags;
use super::model::ModelFlags;
use super::policy_flags::PolicyFlags;
use super::terminal::{say, width, wrapped};
use super::what_was_read::WhatWasRead;
use crate::domain::{AccountKey, Reason, Recommendation, Technique};
use crate::engine::AccountState;
use crate::gateway::logs::Field;
use crate::policy::{Policy, PolicyMode, Queued};
use crate::privacy::PseudonymKey;
use crate::wire::format_time;

/// Indentation of the reasons below an account.
const REASON_INDENT: &str = "      ";

/// Output format of the queue.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// One JSON object per account.
    Json,
}

/// Flags of `stillwatch queue`.
#[derive(Args)]
pub(super) struct Queue {
    #[command(flatten)]
    traffic: TrafficFlags,
    /// Field that holds the account, such as `metadata.user_id`, or =NAME for all records
    #[arg(long, visible_alias = "account-field", value_name = "FIELD")]
    account: Option<Field>,
    #[command(flatten)]
    model: ModelFlags,
    #[command(flatten)]
    policy: PolicyFlags,
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value = "table")]
    format: Format,
}

impl Queue {
    #[expect(clippy::print_stdout, reason = "the queue is this command's data")]
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let key = PseudonymKey::offline();
        let policy = self.policy.policy(&key)?;
        let engine = self.model.engine(key.clone())?.with_policy(policy.clone());
        let read = WhatWasRead::default();
        // The engine knows pseudonyms alone. Names of others than these are not needed.
        let mut names: HashMap<AccountKey, String> = HashMap::new();
        let traffic = self.traffic.by_account(self.account.as_ref());
        let exit = traffic.each_batch(|exchanges| {
            read.add(&exchanges);
            let mut repeated = 0;
            for assessment in engine.score_batch(&exchanges) {
                repeated += usize::from(assessment.duplicate);
                if assessment.recommendation >= Recommendation::Watch {
                    let account = key.account(&assessment.account);
                    names.entry(account).or_insert(assessment.account);
                }
            }
            Ok(repeated)
        })?;
        for (rank, queued) in (1..).zip(policy.queued(None, usize::MAX)) {
            let account = queued.rank.account();
            let (Some(state), Some(name)) = (engine.account(account), names.get(&account)) else {
                continue;
            };
            match self.format {
                Format::Table => println!("{}", lines(rank, name, &queued, &state)),
                Format::Json => {
                    let row = Row::new(rank, name, &queued, &state);
                    println!("{}", serde_json::to_string(&row)?);
                }
            }
        }
        read.report(self.traffic.files());
        say(&summary(&policy));
        Ok(exit)
    }
}

/// Says in one line how much of the budget is used.
fn summary(policy: &Policy) -> String {
    let state = policy.state();
    match state.settings.mode {
        PolicyMode::Thresholds => format!("{} accounts to review", state.queued),
        PolicyMode::Budget => format!(
            "{} accounts to review, of at most {} a day; {} more compete",
            state.queued, state.settings.reviews_per_day, state.waiting
        ),
    }
}

/// Writes an account for people: its place and risk, and the strongest reason on either side.
fn lines(rank: usize, name: &str, queued: &Queued, state: &AccountState) -> String {
    let judgement = &state.judgement;
    let risk = judgement.calibrated;
    let mut lines = vec![format!(
        "{rank:>4}. {name}: {}, risk {:.3} ({:.3} to {:.3}), {}, {} exchanges, since {}",
        judgement.recommendation.name(),
        risk.risk.value(),
        risk.low.value(),
        risk.high.value(),
        judgement.band.name(),
        state.seen,
        format_time(queued.since)
    )];
    let reasons = &judgement.reasons;
    for reason in [Reason::main(reasons), Reason::clearing(reasons)] {
        lines.extend(reason.map(|reason| {
            let text = format!("{:+.2} {}", reason.contribution, reason.text);
            wrapped(&text, REASON_INDENT, width())
        }));
    }
    lines.extend(
        queued
            .template
            .map(|template| format!("{REASON_INDENT}template {template}")),
    );
    lines.join("\n")
}

/// One line of the JSON form, with the names of the contract's `QueueRow`.
#[derive(Serialize)]
struct Row<'a> {
    rank: usize,
    account: &'a str,
    pseudonym: String,
    exchange_count: u64,
    risk: f64,
    risk_low: f64,
    risk_high: f64,
    band: &'static str,
    recommendation: &'static str,
    since: String,
    last_seen: String,
    main_reason: Option<ReasonForm<'a>>,
    clearing_reason: Option<ReasonForm<'a>>,
    template: Option<String>,
}

#[derive(Serialize)]
struct ReasonForm<'a> {
    code: &'static str,
    technique: Option<&'static str>,
    contribution: f64,
    text: &'a str,
}

impl<'a> Row<'a> {
    fn new(rank: usize, account: &'a str, queued: &Queued, state: &'a AccountState) -> Self {
        let judgement = &state.judgement;
        Self {
            rank,
            account,
            pseudonym: state.account.to_string(),
            exchange_count: state.seen,
            risk: judgement.calibrated.risk.value(),
            risk_low: judgement.calibrated.low.value(),
            risk_high: judgement.calibrated.high.value(),
            band: judgement.band.name(),
            recommendation: judgement.recommendation.name(),
            since: format_time(queued.since),
            last_seen: format_time(state.last_seen),
            main_reason: Reason::main(&judgement.reasons).map(ReasonForm::new),
            clearing_reason: Reason::clearing(&judgement.reasons).map(ReasonForm::new),
            template: queued.template.map(|template| template.to_string()),
        }
    }
}

impl<'a> ReasonForm<'a> {
    fn new(reason: &'a Reason) -> Self {
        Self {
            code: reason.code,
            technique: reason.technique.map(Technique::name),
            contribution: reason.contribution,
            text: &reason.text,
        }
    }
}
