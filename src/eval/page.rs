//! A report as one HTML file that opens without a network and prints: pictures first, then every table.
//!
//! No script and no resource from elsewhere. Every picture has a text alternative, no meaning is in colour alone,
//! and each picture's figures are in a table below it. Names from logs are escaped by the template.

mod chart;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::accounts::Report;
use super::plot::{Drawing, Heat, Plot};
use super::table::{Cell, Table};

const STYLE: &str = include_str!("page/style.css");

/// The page: a heading, lines that say what was measured, pictures and tables.
pub fn page(heading: &str, about: &[String], report: &Report) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (heading) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (heading) }
                    @for line in about {
                        p { (line) }
                    }
                }
                main {
                    section aria-label="Pictures" {
                        @for (index, plot) in report.plots().iter().enumerate() {
                            (figure(index, plot))
                        }
                    }
                    section aria-label="Tables" {
                        @for shown in report.tables() {
                            (table(shown))
                        }
                    }
                }
            }
        }
    };
    page.into_string()
}

fn figure(index: usize, plot: &Plot) -> Markup {
    html! {
        figure {
            h2 { (plot.title) }
            @match &plot.drawing {
                Drawing::Lines(lines) => (chart::lines(index, plot, lines)),
                Drawing::Bars(bars) => (chart::bars(index, plot, bars)),
                Drawing::Heat(shares) => (heat(plot, shares)),
            }
            figcaption { (plot.about) }
        }
    }
}

/// A table whose fields are the darker the more they hold.
fn heat(plot: &Plot, heat: &Heat) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label=(plot.title) {
            table.heat {
                thead {
                    tr {
                        th scope="col" { "cell" }
                        @for column in &heat.columns {
                            th scope="col" { (column) }
                        }
                    }
                }
                tbody {
                    @for (name, cells) in &heat.rows {
                        tr {
                            th scope="row" { (name) }
                            @for cell in cells {
                                td style=[cell.share.map(chart::shade)] { (cell.words) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn table(table: &Table) -> Markup {
    let numeric: Vec<bool> = (0..table.columns().len())
        .map(|index| table.is_numeric(index))
        .collect();
    let class = |index: usize| numeric[index].then_some("number");
    html! {
        div.wide tabindex="0" role="region" aria-label=(table.title()) {
            table {
                caption { (table.title()) }
                thead {
                    tr {
                        @for (index, column) in table.columns().iter().enumerate() {
                            th scope="col" class=[class(index)] { (column) }
                        }
                    }
                }
                tbody {
                    @for row in table.rows() {
                        tr {
                            @for (index, cell) in row.iter().enumerate() {
                                @if index == 0 && matches!(cell, Cell::Text(_)) {
                                    th scope="row" { (cell.words()) }
                                } @else {
                                    td class=[class(index)] { (cell.words()) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
