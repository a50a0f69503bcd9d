//! Tables at a terminal: with box lines where they fit, row by row where they do not.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width, presets};

use super::{Cell, Table, harmless};

impl Table {
    /// Renders the table with box lines. A table that would have to break words to fit is written row by row instead.
    pub(super) fn terminal(&self, width: Option<u16>) -> String {
        // A cell has a blank on each side.
        let least: Vec<usize> = (0..self.columns.len())
            .map(|index| self.longest_word(index) + 2)
            .collect();
        if let Some(width) = width {
            // A line after each cell, and one before the first.
            let lines = self.columns.len() + 1;
            if least.iter().sum::<usize>() + lines > usize::from(width) {
                return self.row_by_row(width);
            }
        }
        let mut table = comfy_table::Table::new();
        table
            .load_style(presets::UTF8_FULL_CONDENSED)
            .set_content_arrangement(match width {
                Some(_) => ContentArrangement::Dynamic,
                None => ContentArrangement::Disabled,
            })
            .set_header(self.columns.iter().map(|name| harmless(name)));
        if let Some(width) = width {
            table.set_width(width);
        }
        for row in &self.rows {
            table.add_row(row.iter().map(Cell::words));
        }
        for index in 0..self.columns.len() {
            let Some(column) = table.column_mut(index) else {
                continue;
            };
            if self.is_numeric(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
            if width.is_some() {
                let least = Width::Fixed(u16::try_from(least[index]).unwrap_or(u16::MAX));
                column.set_constraint(ColumnConstraint::LowerBoundary(least));
            }
        }
        let title = match width {
            Some(width) => fitted([[harmless(&self.title)]], width),
            None => harmless(&self.title) + "\n",
        };
        format!("{title}{}\n", table.trim_fmt())
    }

    /// Returns the length of the longest word of a column: what a table breaks at blanks can be no narrower.
    fn longest_word(&self, index: usize) -> usize {
        let cells = self.rows.iter().map(|row| row[index].words());
        let texts = cells.chain([harmless(&self.columns[index])]);
        let word = |text: String| text.split(' ').map(|word| word.chars().count()).max();
        texts.filter_map(word).max().unwrap_or(0)
    }

    /// Writes each row as lines of a column's name and its value.
    fn row_by_row(&self, width: u16) -> String {
        let mut text = fitted([[harmless(&self.title)]], width);
        for row in &self.rows {
            text.push_str(&"─".repeat(usize::from(width)));
            text.push('\n');
            let named = self.columns.iter().zip(row);
            let named = named.map(|(column, cell)| [harmless(column), cell.words()]);
            text.push_str(&fitted(named.filter(|[_, value]| !value.is_empty()), width));
        }
        text
    }
}

/// Lays cells out without lines, within this number of columns.
fn fitted<const N: usize>(rows: impl IntoIterator<Item = [String; N]>, width: u16) -> String {
    let mut table = comfy_table::Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    for row in rows {
        table.add_row(row);
    }
    for index in 0..N {
        if let Some(column) = table.column_mut(index) {
            column.set_padding((0, u16::from(index + 1 < N) * 2));
        }
    }
    table.trim_fmt() + "\n"
}
