//! Line charts and interval charts as SVG, with series distinguished by dash and label as well as by colour.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::eval::plot::{Axis, Bar, Lines, Plot, Series, round_up};

/// Size of the charts, in SVG user units.
const WIDTH: f64 = 700.0;
const HEIGHT: f64 = 380.0;
/// Edges of the plot area within a line chart.
const LEFT: f64 = 70.0;
const TOP: f64 = 40.0;
const RIGHT: f64 = WIDTH - 20.0;
const BOTTOM: f64 = HEIGHT - 50.0;
/// Number of intervals between axis ticks.
const PARTS: u32 = 4;
/// Height of one row of intervals.
const ROW: f64 = 22.0;
/// Horizontal position where bar names end and bars with their labels begin.
const NAMES: f64 = 190.0;
const WORDS: f64 = 500.0;

/// CSS classes of the line styles.
const KINDS: [&str; 2] = ["series0", "series1"];

fn labelled(index: usize, plot: &Plot, height: f64, inside: &Markup) -> Markup {
    let (title, about) = (format!("title-{index}"), format!("about-{index}"));
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-labelledby=(format!("{title} {about}")) {
            title id=(title) { (plot.title) }
            desc id=(about) { (plot.about) }
            (inside)
        }
    }
}

/// Renders a line chart.
pub(super) fn lines(index: usize, plot: &Plot, lines: &Lines) -> Markup {
    let x = |value: f64| LEFT + (RIGHT - LEFT) * (value / lines.x.to).clamp(0.0, 1.0);
    let y = |value: f64| BOTTOM - (BOTTOM - TOP) * (value / lines.y.to).clamp(0.0, 1.0);
    let inside = html! {
        @for part in 0..=PARTS {
            @let share = f64::from(part) / f64::from(PARTS);
            @let (at_x, at_y) = (x(share * lines.x.to), y(share * lines.y.to));
            line.rule x1=(at_x) x2=(at_x) y1=(TOP) y2=(BOTTOM) {}
            line.rule x1=(LEFT) x2=(RIGHT) y1=(at_y) y2=(at_y) {}
            text x=(at_x) y=(BOTTOM + 18.0) text-anchor="middle" { (tick(&lines.x, share)) }
            text x=(LEFT - 8.0) y=(at_y + 4.0) text-anchor="end" { (tick(&lines.y, share)) }
        }
        rect.frame x=(LEFT) y=(TOP) width=(RIGHT - LEFT) height=(BOTTOM - TOP) {}
        text x=(f64::midpoint(LEFT, RIGHT)) y=(HEIGHT - 10.0) text-anchor="middle" { (lines.x.label) }
        text transform=(format!("translate(18 {}) rotate(-90)", f64::midpoint(TOP, BOTTOM))) text-anchor="middle" {
            (lines.y.label)
        }
        @for (number, series) in lines.series.iter().enumerate() {
            @let kind = KINDS[number % KINDS.len()];
            @let begin = LEFT + 300.0 * number as f64;
            polyline class=(format!("line {kind}")) points=(points(series, &x, &y)) {}
            @if series.marked {
                @for point in &series.points {
                    circle class=(format!("mark {kind}")) cx=(decimal(x(point.0))) cy=(decimal(y(point.1))) r="4" {}
                }
            }
            line class=(format!("line {kind}")) x1=(begin) x2=(begin + 40.0) y1="20" y2="20" {}
            text x=(begin + 48.0) y="24" { (series.name) }
        }
    };
    labelled(index, plot, HEIGHT, &inside)
}

/// Renders shares with their intervals, on one axis from 0.
pub(super) fn bars(index: usize, plot: &Plot, bars: &[Bar]) -> Markup {
    let highest = bars.iter().filter_map(|bar| bar.share);
    let axis = Axis {
        label: String::new(),
        to: round_up(highest.map(|share| share.2).fold(0.0, f64::max)),
        percent: true,
    };
    let x = |value: f64| NAMES + 10.0 + (WORDS - NAMES - 30.0) * (value / axis.to).clamp(0.0, 1.0);
    let bottom = 10.0 + ROW * bars.len() as f64;
    let inside = html! {
        @for part in 0..=PARTS {
            @let share = f64::from(part) / f64::from(PARTS);
            @let at = x(share * axis.to);
            line.rule x1=(at) x2=(at) y1="6" y2=(bottom) {}
            text x=(at) y=(bottom + 18.0) text-anchor="middle" { (tick(&axis, share)) }
        }
        @for (row, bar) in bars.iter().enumerate() {
            @let y = 6.0 + ROW * (row as f64 + 0.5);
            text x=(NAMES) y=(y + 4.0) text-anchor="end" { (bar.name) }
            @if let Some((share, low, high)) = bar.share {
                line.whisker x1=(decimal(x(low))) x2=(decimal(x(high))) y1=(y) y2=(y) {}
                circle.dot cx=(decimal(x(share))) cy=(y) r="4.5" {}
            }
            text x=(WORDS) y=(y + 4.0) { (bar.words) }
        }
    };
    labelled(index, plot, bottom + 30.0, &inside)
}

fn points(series: &Series, x: &dyn Fn(f64) -> f64, y: &dyn Fn(f64) -> f64) -> String {
    let mut text = String::new();
    let mut last = String::new();
    for point in &series.points {
        let next = format!("{},{}", decimal(x(point.0)), decimal(y(point.1)));
        // Thousands of accounts may round to the same point.
        if next != last {
            let _ = write!(text, "{next} ");
            last = next;
        }
    }
    text
}

fn decimal(value: f64) -> String {
    format!("{value:.1}")
}

/// Formats the tick label at a share of an axis.
fn tick(axis: &Axis, share: f64) -> String {
    let value = share * axis.to;
    if !axis.percent {
        return format!("{value:.0}");
    }
    let decimals = if axis.to < 0.04 {
        2
    } else {
        usize::from(axis.to < 1.0)
    };
    format!("{:.decimals$}%", value * 100.0)
}

/// Returns the CSS colours of a cell with `share`: white to dark blue, with a contrasting text colour.
pub(super) fn shade(share: f64) -> String {
    let field = field(share);
    // WCAG 2: the better of black and white reaches 4.5 to 1 on every colour.
    let letters = if luminance(field) > 0.179 {
        "#000"
    } else {
        "#fff"
    };
    let [red, green, blue] = field;
    format!("background:rgb({red} {green} {blue});color:{letters}")
}

fn field(share: f64) -> [u8; 3] {
    let share = share.clamp(0.0, 1.0);
    [11.0, 61.0, 107.0].map(|dark: f64| (255.0 + share * (dark - 255.0)).round() as u8)
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: [u8; 3]) -> f64 {
    let linear = colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    linear[0] * 0.2126 + linear[1] * 0.7152 + linear[2] * 0.0722
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_out_from_every_field() {
        for step in 0..=100 {
            let share = f64::from(step) / 100.0;
            let field = luminance(field(share));
            let letters = if shade(share).ends_with("#000") {
                0.0
            } else {
                1.0
            };
            let (light, dark) = (f64::max(field, letters), f64::min(field, letters));
            let contrast = (light + 0.05) / (dark + 0.05);
            assert!(contrast >= 4.5, "{share}: {contrast}");
        }
    }
}
