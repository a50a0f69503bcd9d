//! `stillwatch explain`: why one account of a traffic log stands where it stands.

use anyhow::bail;
use clap::{Args, ValueEnum};

use super::Exit;
use super::input::TrafficFlags;
use super::model::ModelFlags;
use super::terminal::hint;
use crate::detect::DETECTORS;
use crate::domain::{Assessment, Technique, TechniqueRisk};
use crate::engine::Engine;
use crate::eval::table::{Cell, Layout, Number, Style, Table};
use crate::privacy::PseudonymKey;
use crate::wire::json::{AssessmentLine, ToLine};

/// How it is printed.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// The assessment as `score` writes it.
    Json,
}

/// Flags of `stillwatch explain`.
#[derive(Args)]
pub(super) struct Explain {
    /// The account, in the log's words
    #[arg(long)]
    account: String,
    #[command(flatten)]
    traffic: TrafficFlags,
    #[command(flatten)]
    model: ModelFlags,
    /// How it is printed
    #[arg(short = 'o', long, value_enum, default_value = "table")]
    format: Format,
}

impl Explain {
    #[expect(clippy::print_stdout, reason = "the answer is this command's data")]
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let engine = self.model.engine(PseudonymKey::offline())?;
        let mut last = None;
        let exit = history(&self.traffic, &engine, &self.account, |assessment| {
            last = Some(assessment);
        })?;
        let Some(assessment) = last else {
            hint("`stillwatch score --per account` lists the accounts of a log");
            bail!("the log has no exchange of this account");
        };
        match self.format {
            Format::Table => {
                print!("{}", told(&assessment, engine.bundle()));
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

/// What was measured beside the reasons, so that a reader sees what they were weighed against.
fn context(engine: &Engine, account: &str) -> String {
    let mut table = Table::new(
        "Context, which weighs nothing",
        ["technique", "what was seen"],
    );
    for (technique, sentence) in engine.context(account) {
        table.push(vec![Cell::text(technique.name()), Cell::text(&sentence)]);
    }
    table.render(Layout::Terminal)
}

/// Calls `take` with what the engine says of each exchange of one account of a log.
pub(super) fn history(
    traffic: &TrafficFlags,
    engine: &Engine,
    account: &str,
    mut take: impl FnMut(Assessment),
) -> anyhow::Result<Exit> {
    traffic.each_batch(|exchanges| {
        let own: Vec<_> = exchanges
            .into_iter()
            .filter(|exchange| exchange.account == account)
            .collect();
        for assessment in engine.score_batch(&own) {
            take(assessment);
        }
        Ok(())
    })
}

/// The assessment in words, what it is compared with, and what speaks against it.
pub(super) fn told(assessment: &Assessment, bundle: &str) -> String {
    let mut lines = vec![
        format!(
            "After {} exchanges: risk {:.3} (between {:.3} and {:.3}), {}, recommended: {}",
            assessment.seen,
            assessment.risk.value(),
            assessment.risk_low.value(),
            assessment.risk_high.value(),
            assessment.band.name(),
            assessment.recommendation.name()
        ),
        format!("Judged by {bundle}. Contributions are log-odds and sum to the score."),
        String::new(),
    ];
    let mut table = Table::new(
        "Reasons, compared with honest accounts",
        ["contribution", "technique", "what was seen"],
    );
    let number = |value| Cell::Number(Number::new(value, Style::Decimal(2)));
    table.push(vec![
        number(assessment.base),
        Cell::text(""),
        Cell::text("before any evidence"),
    ]);
    for reason in &assessment.reasons {
        let technique = reason.technique.map_or("", Technique::name);
        let contribution = number(reason.contribution);
        table.push(vec![
            contribution,
            Cell::text(technique),
            Cell::text(&reason.text),
        ]);
    }
    table.push(vec![
        number(assessment.score),
        Cell::text(""),
        Cell::text("score"),
    ]);
    lines.push(table.render(Layout::Terminal));
    if let Some(strongest) = TechniqueRisk::strongest(&assessment.techniques) {
        let card = DETECTORS[strongest.technique.index()];
        lines.push(format!(
            "Honest users who can look like {}:",
            strongest.technique.name()
        ));
        lines.extend(
            card.false_positives
                .iter()
                .map(|known| format!("  - {known}")),
        );
        lines.push(format!("To contest: {}", card.contest));
    }
    lines.push(String::new());
    lines.join("\n")
}
