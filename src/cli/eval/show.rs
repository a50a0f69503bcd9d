//! `stillwatch eval show`: explains one labeled account, exchange by exchange and at its last exchange.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use crate::cli::Exit;
use crate::cli::explain::{history, render};
use crate::cli::input::{RecordFlags, TrafficFlags, named_labels};
use crate::cli::model::ModelFlags;
use crate::cli::terminal::{hint, width};
use crate::domain::{Assessment, Label, Risk, Technique, Verdict};
use crate::eval::metrics::Interval;
use crate::eval::table::{Cell, Layout, Number, Style, Table};
use crate::gateway::logs::Field;
use crate::privacy::PseudonymKey;
use crate::wire::format_time;

/// Number of leading exchanges that are always shown.
const FIRST: usize = 5;

/// Flags of `stillwatch eval show`.
#[derive(Args)]
pub(super) struct Show {
    /// Account name, as in the log
    account: String,
    /// Labeled traffic logs
    #[arg(long, value_name = "FILE", required = true)]
    traffic: Vec<PathBuf>,
    /// Field that holds the account, such as `metadata.user_id`, or =NAME for all records
    #[arg(long, value_name = "FIELD")]
    account_field: Option<Field>,
    #[command(flatten)]
    records: RecordFlags,
    /// Labels of the traffic
    #[arg(long, value_name = "FILE")]
    labels: PathBuf,
    /// Model catalogue (TOML) that resolves aliases
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
    #[command(flatten)]
    model: ModelFlags,
}

impl Show {
    #[expect(clippy::print_stdout, reason = "the answer is this command's data")]
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let labels: Vec<Label> = named_labels(&self.labels)?
            .into_iter()
            .filter(|label| label.account == self.account)
            .collect();
        let engine = self.model.engine(PseudonymKey::offline())?;
        let traffic = TrafficFlags::of(self.traffic.clone(), self.models.clone(), &self.records)
            .by_account(self.account_field.as_ref());
        let mut steps = Vec::new();
        let exit = history(&traffic, &engine, &self.account, |assessment| {
            steps.push(assessment);
        })?;
        let Some(last) = steps.last() else {
            hint("`stillwatch eval --errors 20` lists accounts worth reviewing");
            bail!("the log has no exchange of this account");
        };
        let layout = Layout::Terminal(width());
        println!("{}", truth(&labels).render(layout));
        println!("{}", trail(&steps).render(layout));
        print!("{}", render(last, engine.bundle()));
        Ok(exit)
    }
}

/// Builds the table of labels, one per row.
fn truth(labels: &[Label]) -> Table {
    let mut table = Table::new(
        "Labels",
        [
            "label",
            "techniques",
            "campaign",
            "conversation",
            "application or pipeline",
            "language",
            "population",
            "source",
        ],
    );
    for label in labels {
        let optional = |name: &Option<String>| Cell::text(name.as_deref().unwrap_or(""));
        let techniques: Vec<&str> = label
            .techniques
            .iter()
            .map(|t| Technique::name(*t))
            .collect();
        table.push(vec![
            Cell::text(match label.verdict {
                Verdict::Extraction => "extraction",
                Verdict::Benign => "benign",
            }),
            Cell::text(techniques.join(", ")),
            optional(&label.campaign),
            optional(&label.conversation),
            optional(&label.application),
            optional(&label.language),
            optional(&label.population),
            optional(&label.source),
        ]);
    }
    table
}

/// Builds the table of assessments: the first exchanges, every tenth, the last, and each at which the band or the
/// recommendation changed.
fn trail(steps: &[Assessment]) -> Table {
    let mut table = Table::new(
        "Trail",
        [
            "exchange",
            "time",
            "score",
            "risk",
            "band",
            "recommended",
            "risk of the conversation",
        ],
    );
    for (index, step) in steps.iter().enumerate() {
        let changed = index.checked_sub(1).is_none_or(|before| {
            let before = &steps[before];
            (before.band, before.recommendation) != (step.band, step.recommendation)
        });
        let number = index + 1;
        if !changed && index >= FIRST && number % 10 != 0 && number != steps.len() {
            continue;
        }
        let ends = Interval {
            low: step.risk_low.value(),
            high: step.risk_high.value(),
        };
        let risk = Number::new(step.risk.value(), Style::Decimal(3)).within(ends);
        let conversation = Number::new(
            step.conversation_risk.map_or(f64::NAN, Risk::value),
            Style::Decimal(3),
        );
        table.push(vec![
            Cell::Count(number as u64),
            Cell::text(format_time(step.time)),
            Cell::Number(Number::new(step.score, Style::Decimal(2))),
            Cell::Number(risk),
            Cell::text(step.band.name()),
            Cell::text(step.recommendation.name()),
            Cell::Number(conversation),
        ]);
    }
    table
}
