//! The data of a report's charts, as numbers and words; rendering is in `page`.

/// A chart with its title and text alternative.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// The title.
    pub title: String,
    /// Text alternative: what the chart shows, for readers who cannot see it.
    pub about: String,
    /// The data drawn.
    pub drawing: Drawing,
}

/// A kind of chart.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawing {
    /// Line chart over two axes.
    Lines(Lines),
    /// Shares with their intervals, one below the other.
    Bars(Vec<Bar>),
    /// Heat map: shares by row and column.
    Heat(Heat),
}

/// A line chart over two axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines {
    /// Horizontal axis, from left to right.
    pub x: Axis,
    /// Vertical axis, from the bottom up.
    pub y: Axis,
    /// The lines.
    pub series: Vec<Series>,
}

/// One axis; it starts at 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Label: the quantity measured.
    pub label: String,
    /// Upper end.
    pub to: f64,
    /// Whether its numbers are shares, printed in per cent.
    pub percent: bool,
}

impl Axis {
    /// Builds an axis of shares.
    pub fn share(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            to: 1.0,
            percent: true,
        }
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name in the legend.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
    /// Whether its points are marked.
    pub marked: bool,
}

/// A share with its interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Name of the bar.
    pub name: String,
    /// The share with the ends of its interval; `None` when there are too few units.
    pub share: Option<(f64, f64, f64)>,
    /// The share as text.
    pub words: String,
}

/// A heat map of shares by row and column.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Names of the rows with their cells, one for each column.
    pub rows: Vec<(String, Vec<HeatCell>)>,
}

/// One cell of a heat map.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatCell {
    /// Share within [0, 1]; `None` when there is none.
    pub share: Option<f64>,
    /// The share as text.
    pub words: String,
}

/// Returns the upper end of an axis of shares that must contain `value`: the next of 1, 2, 5 and 10 times a power of
/// ten; an empty chart ends at 1%.
pub(super) fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 0.01;
    }
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|step| step * power);
    let fits = |step: &f64| *step >= value - 1e-12;
    steps
        .into_iter()
        .find(fits)
        .unwrap_or(10.0 * power)
        .min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_on_a_round_number() {
        for (value, end) in [
            (0.0, 0.01),
            (0.0043, 0.005),
            (0.05, 0.05),
            (0.051, 0.1),
            (0.7, 1.0),
        ] {
            assert!((round_up(value) - end).abs() < 1e-12, "{value}");
        }
    }
}
