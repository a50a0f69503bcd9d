//! The formats that reports are printed in.

use clap::ValueEnum;

use crate::eval::table::Layout;

/// Format of a report.
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
    /// One page with pictures and all tables, which opens without a network and prints.
    Html,
}

impl Format {
    /// How tables are laid out; `None` for a page.
    pub(super) const fn layout(self) -> Option<Layout> {
        match self {
            Self::Table => Some(Layout::Terminal),
            Self::Markdown => Some(Layout::Markdown),
            Self::Json => Some(Layout::Json),
            Self::Csv => Some(Layout::Csv),
            Self::Html => None,
        }
    }
}
