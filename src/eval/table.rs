//! One table, four renderings: terminal, Markdown, CSV, JSON.
//!
//! Cells are typed, so that a figure is never separated from its interval and its n, and a thin slice reads
//! `insufficient` instead of a number. Text for people is rounded and sanitised; CSV and JSON carry every digit and
//! the unmodified text.

mod terminal;

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

/// How the figures of a table are named.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    name: String,
    /// Number of leading columns that identify a row.
    columns: usize,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A count.
    Count(u64),
    /// A figure.
    Number(Number),
    /// Too few units for a figure.
    Insufficient {
        /// Number of units available.
        n: u64,
    },
}

/// A figure with its interval and sample size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// The figure; a value that is not finite is rendered as undefined.
    pub value: f64,
    /// Its confidence interval.
    pub interval: Option<Interval>,
    /// Sample size: units, or groups, behind the figure.
    pub n: Option<u64>,
    /// How it is written for people.
    pub style: Style,
}

/// How a figure is written for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// With this number of decimals.
    Decimal(u8),
    /// In per cent with this number of decimals.
    Percent(u8),
}

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Aligned, with box lines, within this number of columns if there is one.
    Terminal(Option<u16>),
    /// GitHub-flavoured Markdown.
    Markdown,
    /// RFC 4180, with `\n` line ends; a figure's interval and n in columns of their own.
    Csv,
    /// One JSON object.
    Json,
}

impl Number {
    /// Builds a figure without an interval and n.
    pub const fn new(value: f64, style: Style) -> Self {
        Self {
            value,
            interval: None,
            n: None,
            style,
        }
    }

    /// Adds an interval.
    #[must_use]
    pub const fn within(self, interval: Interval) -> Self {
        Self {
            interval: Some(interval),
            ..self
        }
    }

    /// Adds the sample size.
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
    /// Builds a cell of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Builds a cell of a figure, or of its absence.
    pub const fn figure(figure: Figure, style: Style) -> Self {
        match figure {
            Figure::Value(value) => Self::Number(Number::new(value, style)),
            Figure::Insufficient { n, .. } => Self::Insufficient { n },
        }
    }

    /// Returns the figure or count, if the cell is one and it is defined.
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Count(count) => Some(*count as f64),
            Self::Number(number) => Some(number.value).filter(|value| value.is_finite()),
            Self::Text(_) | Self::Insufficient { .. } => None,
        }
    }

    /// Formats the cell for people, without the interval and n.
    pub fn short(&self) -> String {
        match self {
            Self::Number(number) => Number::new(number.value, number.style).words(),
            other => other.words(),
        }
    }

    /// Formats the cell for people, on one line, before any escaping.
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
    /// Builds a table without rows.
    ///
    /// # Panics
    /// When two columns have the same name: rows are objects in JSON.
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

    /// Adds a short name that stays when the title changes, and the number of leading columns that identify a row:
    /// this gives names to the figures of the table.
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

    /// Iterates over every figure with its name, `table / row / column`; empty for a table without a key.
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
    /// When the row does not have one cell for each column.
    pub fn push(&mut self, row: Vec<Cell>) {
        assert_eq!(row.len(), self.columns.len(), "one cell for each column");
        self.rows.push(row);
    }

    /// Returns the title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns the column names.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the rows.
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// Renders the table as text that ends in a newline.
    pub fn render(&self, layout: Layout) -> String {
        match layout {
            Layout::Terminal(width) => self.terminal(width),
            Layout::Markdown => self.markdown(),
            Layout::Csv => self.csv(),
            Layout::Json => format!("{:#}\n", self.json()),
        }
    }

    /// Renders tables as one text that ends in a newline: in JSON an array of one object per table, otherwise one table
    /// after the other separated by an empty line. In CSV the first record of a table is its title alone.
    pub fn render_all(tables: &[Self], layout: Layout) -> String {
        if layout == Layout::Json {
            let tables = tables.iter().map(Self::json).collect();
            return format!("{:#}\n", Value::Array(tables));
        }
        let render = |table: &Self| {
            let text = table.render(layout);
            if layout == Layout::Csv {
                format!("\"{}\"\n{text}", table.title.replace('"', "\"\""))
            } else {
                text
            }
        };
        let texts: Vec<String> = tables.iter().map(render).collect();
        texts.join("\n")
    }

    /// Returns the table as a JSON object: `title`, `columns` in order, and `rows` as objects by column.
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

    /// Whether a column holds figures and no text.
    pub fn is_numeric(&self, index: usize) -> bool {
        !self.rows.is_empty()
            && self
                .rows
                .iter()
                .all(|row| !matches!(row[index], Cell::Text(_)))
    }
}

/// Returns `text` on one line, without characters that could control a terminal or reorder the text: names of
/// applications and models come from logs.
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

/// Escapes `text` so that Markdown shows it literally.
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
