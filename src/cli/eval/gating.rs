//! The gates of a release, as a command reads them and holds a report to them.

use std::path::Path;

use anyhow::Context;

use crate::cli::terminal::warn;
use crate::eval::accepted_false_positives::KnownFalsePositives;
use crate::eval::gates::{self, Gates};
use crate::eval::table::Table;

/// The gates of a release and its list of known false positives.
pub(super) struct Gating {
    gates: Gates,
    known: Option<KnownFalsePositives>,
}

impl Gating {
    /// Reads a gates file and the list that it names.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            |path: &Path| std::fs::read_to_string(path).with_context(|| path.display().to_string());
        let gates = Gates::parse(&text(path)?).with_context(|| path.display().to_string())?;
        let known = match &gates.known_false_positives {
            Some(file) => {
                let path = path.with_file_name(file);
                let known = KnownFalsePositives::parse(&text(&path)?);
                Some(known.with_context(|| path.display().to_string())?)
            }
            None => None,
        };
        Ok(Self { gates, known })
    }

    /// Checks the tables of a report against the gates, and the benign applications that were flagged against those
    /// known. Returns whether all are met, and the results as tables.
    pub(super) fn hold(
        &self,
        report: &[Table],
        flagged: &[(String, u64)],
    ) -> anyhow::Result<(bool, Vec<Table>)> {
        let checked = self.gates.check(report)?;
        let missed = checked.iter().filter(|checked| !checked.held).count();
        if missed > 0 {
            warn(&format!(
                "{missed} of {} metrics are outside their gates",
                checked.len()
            ));
        }
        let mut tables = vec![gates::table(&checked)];
        let mut held = missed == 0;
        if let Some(known) = &self.known {
            let new = known.new_ones(flagged).len();
            if new > 0 {
                warn(&format!(
                    "{new} benign applications were flagged for review and are not known false positives"
                ));
            }
            held &= new == 0;
            tables.push(known.table(flagged));
        }
        Ok((held, tables))
    }
}
