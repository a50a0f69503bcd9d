//! The output formats of reports.

use clap::ValueEnum;

use super::terminal;
use crate::eval::table::Layout;

/// Output format of a report.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// For people at a terminal.
    Table,
    /// For documents.
    Markdown,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
    /// One self-contained page with charts and all tables, for offline viewing and printing.
    Html,
}

impl Format {
    /// Returns the layout of tables; `None` for the HTML page.
    pub(super) fn layout(self) -> Option<Layout> {
        match self {
            Self::Table => Some(Layout::Terminal(terminal::width())),
            Self::Markdown => Some(Layout::Markdown),
            Self::Json => Some(Layout::Json),
            Self::Csv => Some(Layout::Csv),
            Self::Html => None,
        }
    }
}
