//! One table, four renderings: terminal, Markdown, CSV, JSON.
//!
//! Cells are typed, so that a figure never parts from its interval and its n, and a thin slice says
//! `insufficient` instead of a number. Text for people is rounded and made harmless; CSV and JSON carry
//! every digit and the text as it is.

use comfy_table::{CellAlignment, ContentArrangement, presets};
use serde_json::{Map, Value, json};

use super::metrics::{Figure, Interval};

/// A titled table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    title: String,
    key: Option<Key>,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// How figures of a table are called.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    name: String,
    /// Leading columns that tell the rows apart.
    columns: usize,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A count.
    Count(u64),
    /// A figure.
    Number(Number),
    /// Too few units for a figure.
    Insufficient {
        /// Units there were.
        n: u64,
    },
}

/// A figure with what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// The figure; not finite is rendered as undefined.
    pub value: f64,
    /// Its interval.
    pub interval: Option<Interval>,
    /// Units, or groups, behind it.
    pub n: Option<u64>,
    /// How people read it.
    pub style: Style,
}

/// How a figure is written for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// With so many decimals.
    Decimal(u8),
    /// In per cent with so many decimals.
    Percent(u8),
}

/// A rendering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Aligned, with box lines.
    Terminal,
    /// GitHub-flavoured Markdown.
    Markdown,
    /// RFC 4180, with `\n` line ends; a figure's interval and n in columns of their own.
    Csv,
    /// One object.
    Json,
}

impl Number {
    /// A bare figure.
    pub const fn new(value: f64, style: Style) -> Self {
        Self {
            value,
            interval: None,
            n: None,
            style,
        }
    }

    /// With an interval.
    #[must_use]
    pub const fn within(self, interval: Interval) -> Self {
        Self {
            interval: Some(interval),
            ..self
        }
    }

    /// With the units behind it.
    #[must_use]
    pub const fn of(self, n: u64) -> Self {
        Self { n: Some(n), ..self }
    }

    fn words(&self) -> String {
        let write = |value: f64| match self.style {
            Style::Decimal(places) => format!("{value:.*}", usize::from(places)),
            Style::Percent(places) => format!("{:.*}", usize::from(places), value * 100.0),
        };
        if !self.value.is_finite() {
            return "undefined".to_owned();
        }
        let unit = if matches!(self.style, Style::Percent(_)) {
            "%"
        } else {
            ""
        };
        let interval = self.interval.map_or_else(String::new, |ends| {
            format!(" [{}, {}]", write(ends.low), write(ends.high))
        });
        let n = self.n.map_or_else(String::new, |n| format!(" n={n}"));
        format!("{}{unit}{interval}{n}", write(self.value))
    }
}

impl Cell {
    /// A cell of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A figure, or the lack of one.
    pub const fn figure(figure: Figure, style: Style) -> Self {
        match figure {
            Figure::Value(value) => Self::Number(Number::new(value, style)),
            Figure::Insufficient { n, .. } => Self::Insufficient { n },
        }
    }

    /// The figure or count, if it is one and it is defined.
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Count(count) => Some(*count as f64),
            Self::Number(number) => Some(number.value).filter(|value| value.is_finite()),
            Self::Text(_) | Self::Insufficient { .. } => None,
        }
    }

    /// For people, without the interval and n.
    pub fn short(&self) -> String {
        match self {
            Self::Number(number) => Number::new(number.value, number.style).words(),
            other => other.words(),
        }
    }

    /// For people, on one line, before any escaping.
    pub fn words(&self) -> String {
        match self {
            Self::Text(text) => harmless(text),
            Self::Count(count) => count.to_string(),
            Self::Number(number) => number.words(),
            Self::Insufficient { n } => format!("insufficient (n={n})"),
        }
    }

    fn interval(&self) -> Option<Interval> {
        if let Self::Number(number) = self {
            number.interval
        } else {
            None
        }
    }

    fn n(&self) -> Option<u64> {
        match self {
            Self::Number(number) => number.n,
            Self::Insufficient { n } => Some(*n),
            Self::Text(_) | Self::Count(_) => None,
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Count(count) => json!(count),
            Self::Insufficient { n } => json!({ "value": null, "insufficient": true, "n": n }),
            Self::Number(number) => {
                let mut object = Map::new();
                object.insert("value".to_owned(), json!(number.value));
                if let Some(Interval { low, high }) = number.interval {
                    object.insert("low".to_owned(), json!(low));
                    object.insert("high".to_owned(), json!(high));
                }
                if let Some(n) = number.n {
                    object.insert("n".to_owned(), json!(n));
                }
                Value::Object(object)
            }
        }
    }
}

impl Table {
    /// A table without rows.
    ///
    /// # Panics
    /// When two columns have one name: rows are objects in JSON.
    pub fn new<C: Into<String>>(
        title: impl Into<String>,
        columns: impl IntoIterator<Item = C>,
    ) -> Self {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        for (index, name) in columns.iter().enumerate() {
            assert!(
                !columns[..index].contains(name),
                "column {name:?} appears twice"
            );
        }
        Self {
            title: title.into(),
            key: None,
            columns,
            rows: Vec::new(),
        }
    }

    /// With a short name that stays when the title changes, and the number of leading columns that tell its rows
    /// apart: its figures get names.
    #[must_use]
    pub fn keyed(self, name: impl Into<String>, columns: usize) -> Self {
        Self {
            key: Some(Key {
                name: name.into(),
                columns,
            }),
            ..self
        }
    }

    /// Every figure by its name, `table / row / column`; none of a table without a key.
    pub fn figures(&self) -> impl Iterator<Item = (String, &Cell)> {
        self.key.iter().flat_map(move |key| {
            self.rows.iter().flat_map(move |row| {
                let (names, cells) = row.split_at(key.columns);
                let names: Vec<String> = names.iter().map(Cell::words).collect();
                let row = names.join(" ");
                let columns = self.columns[key.columns..].iter();
                columns
                    .zip(cells)
                    .filter(|(_, cell)| !matches!(cell, Cell::Text(_)))
                    .map(move |(column, cell)| (format!("{} / {row} / {column}", key.name), cell))
            })
        })
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When it does not have one cell for each column.
    pub fn push(&mut self, row: Vec<Cell>) {
        assert_eq!(row.len(), self.columns.len(), "one cell for each column");
        self.rows.push(row);
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The column names.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows.
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// The table as text, ending in a line end.
    pub fn render(&self, layout: Layout) -> String {
        match layout {
            Layout::Terminal => self.terminal(),
            Layout::Markdown => self.markdown(),
            Layout::Csv => self.csv(),
            Layout::Json => format!("{:#}\n", self.json()),
        }
    }

    /// The table as a JSON object: `title`, `columns` in order, and `rows` as objects by column.
    pub fn json(&self) -> Value {
        let row = |row: &Vec<Cell>| -> Map<String, Value> {
            self.columns
                .iter()
                .cloned()
                .zip(row.iter().map(Cell::json))
                .collect()
        };
        let rows: Vec<Map<String, Value>> = self.rows.iter().map(row).collect();
        json!({ "title": self.title, "columns": self.columns, "rows": rows })
    }

    fn terminal(&self) -> String {
        let mut table = comfy_table::Table::new();
        table
            .load_style(presets::UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header(self.columns.iter().map(|name| harmless(name)));
        for row in &self.rows {
            table.add_row(row.iter().map(Cell::words));
        }
        for index in 0..self.columns.len() {
            if let (true, Some(column)) = (self.is_numeric(index), table.column_mut(index)) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        format!("{}\n{}\n", harmless(&self.title), table.trim_fmt())
    }

    fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut text = format!("### {}\n\n", literal(&self.title));
        text.push_str(&line(
            self.columns.iter().map(|name| literal(name)).collect(),
        ));
        let rule = |index| {
            if self.is_numeric(index) {
                "---:"
            } else {
                "---"
            }
            .to_owned()
        };
        text.push_str(&line((0..self.columns.len()).map(rule).collect()));
        for row in &self.rows {
            let cell = |cell: &Cell| match cell {
                Cell::Text(words) => literal(words),
                other => other.words(),
            };
            text.push_str(&line(row.iter().map(cell).collect()));
        }
        text
    }

    fn csv(&self) -> String {
        let any =
            |index: usize, has: fn(&Cell) -> bool| self.rows.iter().any(|row| has(&row[index]));
        let parts: Vec<(bool, bool)> = (0..self.columns.len())
            .map(|index| {
                (
                    any(index, |cell| cell.interval().is_some()),
                    any(index, |cell| cell.n().is_some()),
                )
            })
            .collect();
        let mut header = Vec::new();
        for (name, &(interval, n)) in self.columns.iter().zip(&parts) {
            header.push(name.clone());
            if interval {
                header.extend([format!("{name}_low"), format!("{name}_high")]);
            }
            if n {
                header.push(format!("{name}_n"));
            }
        }
        let width = header.len();
        let mut records = vec![header];
        for row in &self.rows {
            let mut fields = Vec::with_capacity(width);
            for (cell, &(interval, n)) in row.iter().zip(&parts) {
                fields.push(match cell {
                    Cell::Text(text) => text.clone(),
                    Cell::Count(count) => count.to_string(),
                    Cell::Number(number) => csv_number(Some(number.value)),
                    Cell::Insufficient { .. } => String::new(),
                });
                if interval {
                    fields.push(csv_number(cell.interval().map(|interval| interval.low)));
                    fields.push(csv_number(cell.interval().map(|interval| interval.high)));
                }
                if n {
                    fields.push(cell.n().map_or_else(String::new, |n| n.to_string()));
                }
            }
            records.push(fields);
        }
        csv_text(&records)
    }

    /// Whether a column holds figures and no words.
    pub fn is_numeric(&self, index: usize) -> bool {
        !self.rows.is_empty()
            && self
                .rows
                .iter()
                .all(|row| !matches!(row[index], Cell::Text(_)))
    }
}

/// `text` on one line, without what could steer a terminal or reorder what is read: names of applications
/// and models come from logs.
fn harmless(text: &str) -> String {
    let replace = |character: char| match character {
        '\n' | '\r' | '\t' => ' ',
        '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        other if other.is_control() => char::REPLACEMENT_CHARACTER,
        other => other,
    };
    text.chars().map(replace).collect()
}

/// `text` as Markdown that shows exactly that.
fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in harmless(text).chars() {
        if matches!(
            character,
            '\\' | '|' | '`' | '*' | '[' | ']' | '<' | '>' | '&' | '~' | '#'
        ) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn csv_number(value: Option<f64>) -> String {
    value
        .filter(|value| value.is_finite())
        .map_or_else(String::new, |value| value.to_string())
}

fn csv_text(records: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in records {
        writer
            .write_record(record)
            .expect("memory takes records of one length");
    }
    let text = writer.into_inner().expect("memory takes every byte");
    String::from_utf8(text).expect("text was written")
}

#[cfg(test)]
mod tests;
