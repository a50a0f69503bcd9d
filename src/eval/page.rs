//! A report as one self-contained HTML file that opens offline and prints: charts first, then every table.
//!
//! No script and no external resource. Every chart has a text alternative, no meaning is carried by colour alone, and
//! the figures of each chart are in a table below it. Names from logs are escaped by the template.

mod chart;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::accounts::Report;
use super::plot::{Drawing, Heat, Plot};
use super::table::{Cell, Table};

const STYLE: &str = include_str!("page/style.css");

/// Renders the page: a heading, lines that describe what was measured, charts and tables.
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

/// A table whose cells are darker the larger their share.
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
