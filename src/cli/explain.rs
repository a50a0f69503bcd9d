//! `stillwatch explain`: explains the risk of one account in a traffic log.

use anyhow::bail;
use clap::{Args, ValueEnum};

use super::Exit;
use super::input::TrafficFlags;
use super::model::ModelFlags;
use super::terminal::{hint, width, wrapped};
use super::what_was_read::WhatWasRead;
use crate::detect::DETECTORS;
use crate::domain::{Assessment, Technique, TechniqueRisk};
use crate::engine::Engine;
use crate::gateway::logs::Field;
use crate::privacy::PseudonymKey;
use crate::wire::json::{AssessmentLine, ToLine};

/// Indentation of the sentence below a contribution and its technique.
const SENTENCE_INDENT: &str = "          ";

/// Output format of the explanation.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// The assessment in the format of `score`.
    Json,
}

/// Flags of `stillwatch explain`.
#[derive(Args)]
pub(super) struct Explain {
    /// Account name, as in the log
    #[arg(long)]
    account: String,
    #[command(flatten)]
    traffic: TrafficFlags,
    /// Field that holds the account, such as `metadata.user_id`, or =NAME for all records
    #[arg(long, value_name = "FIELD")]
    account_field: Option<Field>,
    #[command(flatten)]
    model: ModelFlags,
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value = "table")]
    format: Format,
}

impl Explain {
    #[expect(clippy::print_stdout, reason = "the answer is this command's data")]
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let engine = self.model.engine(PseudonymKey::offline())?;
        let mut last = None;
        let traffic = self.traffic.by_account(self.account_field.as_ref());
        let exit = history(&traffic, &engine, &self.account, |assessment| {
            last = Some(assessment);
        })?;
        let Some(assessment) = last else {
            hint("`stillwatch score --per account` lists the accounts of a log");
            bail!("the log has no exchange of this account");
        };
        match self.format {
            Format::Table => {
                print!("{}", render(&assessment, engine.bundle()));
                print!("{}", context(&engine, &self.account));
            }
            Format::Json => {
                let mut line = Vec::new();
                AssessmentLine::new(&assessment).to_line(&mut line);
                println!("{}", String::from_utf8_lossy(&line).trim_end());
            }
        }
        Ok(exit)
    }
}

/// Renders the measures that no term of this bundle weighs, as background for the reasons.
fn context(engine: &Engine, account: &str) -> String {
    let mut lines = vec!["Context (does not affect the score):".to_owned()];
    let mut heading = None;
    for (technique, sentence) in engine.context(account) {
        if heading.replace(technique) != Some(technique) {
            lines.push(format!("  {}", technique.name()));
        }
        lines.push(wrapped(&sentence, SENTENCE_INDENT, width()));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Renders one reason: its contribution in log-odds and its technique, and below them the sentence of evidence.
fn reason_lines(contribution: f64, technique: &str, sentence: &str) -> [String; 2] {
    let head = format!("{contribution:>+8.2}  {technique}");
    [
        head.trim_end().to_owned(),
        wrapped(sentence, SENTENCE_INDENT, width()),
    ]
}

/// Scores one account of a log and calls `take` with the assessment of each of its counted exchanges. Exchanges of
/// other accounts are not passed to the engine.
pub(super) fn history(
    traffic: &TrafficFlags,
    engine: &Engine,
    account: &str,
    mut take: impl FnMut(Assessment),
) -> anyhow::Result<Exit> {
    let read = WhatWasRead::default();
    let exit = traffic.each_batch(|exchanges| {
        read.add(&exchanges);
        let own: Vec<_> = exchanges
            .into_iter()
            .filter(|exchange| exchange.account == account)
            .collect();
        let mut repeated = 0;
        for assessment in engine.score_batch(&own) {
            if assessment.duplicate {
                repeated += 1;
            } else {
                take(assessment);
            }
        }
        Ok(repeated)
    })?;
    read.report(traffic.files());
    Ok(exit)
}

/// Renders the assessment as text, with its reasons, its benign look-alikes and how to contest it.
pub(super) fn render(assessment: &Assessment, bundle: &str) -> String {
    let mut lines = vec![
        wrapped(
            &format!(
                "After {} exchanges: risk {:.3} (between {:.3} and {:.3}), {}, recommended: {}",
                assessment.seen,
                assessment.risk.value(),
                assessment.risk_low.value(),
                assessment.risk_high.value(),
                assessment.band.name(),
                assessment.recommendation.name()
            ),
            "",
            width(),
        ),
        wrapped(
            &format!("Scored by {bundle}. Contributions are log-odds and sum to the score."),
            "",
            width(),
        ),
        String::new(),
    ];
    lines.push("Reasons, compared with benign accounts:".to_owned());
    lines.extend(reason_lines(assessment.base, "", "before any evidence"));
    for reason in &assessment.reasons {
        let technique = reason.technique.map_or("", Technique::name);
        lines.extend(reason_lines(reason.contribution, technique, &reason.text));
    }
    lines.push(format!("{:>+8.2}  score", assessment.score));
    lines.push(String::new());
    if let Some(strongest) = TechniqueRisk::strongest(&assessment.techniques) {
        let card = DETECTORS[strongest.technique.index()];
        lines.push(format!(
            "Benign users who can look like {}:",
            strongest.technique.name()
        ));
        lines.extend(
            card.false_positives
                .iter()
                .map(|known| wrapped(&format!("- {known}"), "  ", width())),
        );
        lines.push(wrapped(
            &format!("To contest: {}", card.contest),
            "",
            width(),
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}
