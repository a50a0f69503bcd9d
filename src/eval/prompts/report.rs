//! The tables of a leave-pipelines-out trial: means, pipelines, benign prompts flagged.

use std::collections::BTreeSet;

use super::applications;
use super::figures::{ModelReport, Power, PromptRow};
use crate::eval::metrics::{Figure, wilson};
use crate::eval::table::{Cell, Number, Style, Table};

/// Results of a trial, by model; all models were evaluated on the same prompts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PromptReport {
    /// Results by model, the text model first.
    pub models: Vec<ModelReport>,
}

/// A mean over rows or pipelines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mean {
    /// Mean recall at 1% of benign prompts.
    pub recall: f64,
    /// Mean area under the curve.
    pub area: f64,
    /// Number of rows averaged; 0 leaves the means undefined.
    pub rows: u64,
}

impl Mean {
    /// Averages everything that has figures, each counting the same.
    fn of<'a>(powers: impl Iterator<Item = &'a Power>) -> Self {
        let (mut recall, mut area, mut rows) = (0.0, 0.0, 0);
        for power in powers {
            if let (Figure::Value(own_recall), Figure::Value(own_area)) = (power.recall, power.area)
            {
                recall += own_recall;
                area += own_area;
                rows += 1;
            }
        }
        Self {
            recall: recall / rows as f64,
            area: area / rows as f64,
            rows,
        }
    }
}

impl ModelReport {
    /// Returns the mean over the rows that `keep` keeps.
    pub(crate) fn mean(&self, keep: impl Fn(&PromptRow) -> bool) -> Mean {
        let kept = self.rows.iter().filter(|row| keep(row));
        Mean::of(kept.map(|row| &row.power))
    }

    /// Returns the mean over pipelines, without their bare prompts.
    pub(crate) fn mean_of_pipelines(&self) -> Mean {
        Mean::of(self.pipelines.iter().map(|row| &row.power))
    }
}

impl PromptReport {
    /// Builds all tables, the summary first.
    ///
    /// # Panics
    /// When the models were not evaluated on the same prompts.
    pub(crate) fn tables(&self) -> Vec<Table> {
        let mut tables = vec![self.means(), self.pipelines(), self.rows()];
        tables.extend(applications::tables(&self.models));
        tables.push(self.benign());
        tables
    }

    /// The table of pipelines as scored by the fold that left them out, the first model's worst first.
    fn pipelines(&self) -> Table {
        let title = "Pipelines left out one fold at a time, bare prompts left out (worst first)";
        let mut table = self
            .table(title, &["pipeline", "n"])
            .keyed("pipelines left out", 1);
        let Some(first) = self.models.first() else {
            return table;
        };
        let mut indices: Vec<usize> = (0..first.pipelines.len()).collect();
        let area = |index: &usize| first.pipelines[*index].power.area.value();
        // The sort is stable; pipelines without a figure come last.
        indices.sort_by(|a, b| {
            let [a, b] = [a, b].map(|index| area(index).unwrap_or(f64::INFINITY));
            a.total_cmp(&b)
        });
        for index in indices {
            let row = &first.pipelines[index];
            let figures = self.models.iter().flat_map(|model| {
                let power = model.pipelines[index].power;
                [
                    Cell::figure(power.recall, Style::Percent(1)),
                    Cell::figure(power.area, Style::Decimal(3)),
                ]
            });
            let head = [Cell::text(&row.pipeline), Cell::Count(row.power.n)];
            table.push(head.into_iter().chain(figures).collect());
        }
        table
    }

    fn means(&self) -> Table {
        let title = "Prompts of pipelines left out: means over pipeline x family x language";
        let mut table = self.table(title, &["slice", "rows"]);
        let mut push = |slice: &str, mean: &dyn Fn(&ModelReport) -> Mean| {
            let means: Vec<Mean> = self.models.iter().map(mean).collect();
            let rows = means.first().map_or(0, |mean| mean.rows);
            let figures = means.iter().flat_map(|mean| {
                [
                    number(mean.recall, Style::Percent(1)),
                    number(mean.area, Style::Decimal(3)),
                ]
            });
            let head = [Cell::text(slice), Cell::Count(rows)];
            table.push(head.into_iter().chain(figures).collect());
        };
        push("all, bare prompts left out", &|model| {
            model.mean(|row| !row.bare)
        });
        push("all, bare prompts too", &|model| model.mean(|_| true));
        push(
            "by pipeline, bare prompts left out",
            &ModelReport::mean_of_pipelines,
        );
        for family in self.distinct(|row| &row.family) {
            push(&format!("family {family}"), &|model| {
                model.mean(|row| !row.bare && row.family == family)
            });
        }
        for language in self.distinct(|row| &row.language) {
            push(&format!("language {language}"), &|model| {
                model.mean(|row| !row.bare && row.language == language)
            });
        }
        table
    }

    fn rows(&self) -> Table {
        let title = "Prompts of pipelines left out";
        let head = ["pipeline", "family", "language", "bare", "n"];
        let mut table = self.table(title, &head);
        let Some(first) = self.models.first() else {
            return table;
        };
        for (index, row) in first.rows.iter().enumerate() {
            let head = [
                Cell::text(&row.pipeline),
                Cell::text(&row.family),
                Cell::text(&row.language),
                Cell::text(if row.bare { "yes" } else { "no" }),
                Cell::Count(row.power.n),
            ];
            let figures = self.models.iter().flat_map(|model| {
                let power = model.rows[index].power;
                [
                    Cell::figure(power.recall, Style::Percent(1)),
                    Cell::figure(power.area, Style::Decimal(3)),
                ]
            });
            table.push(head.into_iter().chain(figures).collect());
        }
        table
    }

    fn benign(&self) -> Table {
        let names = self.models.iter().map(|model| model.name);
        let columns = ["benign family", "n"].into_iter().chain(names);
        let mut table = Table::new("Benign prompts above the 1% thresholds", columns);
        let Some(first) = self.models.first() else {
            return table;
        };
        for (index, row) in first.benign.iter().enumerate() {
            let shares = self.models.iter().map(|model| {
                let row = &model.benign[index];
                let share = Number::new(row.flagged as f64 / row.n as f64, Style::Percent(1));
                Cell::Number(
                    wilson(row.flagged, row.n).map_or(share, |interval| share.within(interval)),
                )
            });
            let head = [Cell::text(&row.family), Cell::Count(row.n)];
            table.push(head.into_iter().chain(shares).collect());
        }
        table
    }

    /// Builds an empty table with two columns per model after those of `head`.
    fn table(&self, title: &str, head: &[&str]) -> Table {
        let figures = self.models.iter().flat_map(|model| {
            ["recall at 1%", "AUC"].map(|figure| format!("{figure}, {}", model.name))
        });
        let head = head.iter().map(|name| (*name).to_owned());
        Table::new(title, head.chain(figures))
    }

    fn distinct(&self, name: impl Fn(&PromptRow) -> &String) -> BTreeSet<String> {
        let rows = self.models.iter().flat_map(|model| &model.rows);
        rows.map(|row| name(row).clone()).collect()
    }
}

const fn number(value: f64, style: Style) -> Cell {
    Cell::Number(Number::new(value, style))
}
