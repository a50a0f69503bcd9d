//! Sentences that state a measured number and compare it with the one typical of benign accounts.
//!
//! A sentence names a behaviour, never a person or a place. When no typical value is known, there is no comparison.

/// Writes "`what` in 71% of requests", then the comparison, here with a typical 8%.
pub(super) fn share(what: &str, observed: f64, expected: Option<f64>) -> String {
    share_of(what, "requests", observed, expected)
}

/// Writes the same for a share of `things` other than requests.
pub(super) fn share_of(what: &str, things: &str, observed: f64, expected: Option<f64>) -> String {
    let of = format!("of {things}");
    compare(what, "in", percent, &of, observed, expected)
}

/// Writes the same for a share of requests that is a mean of probabilities.
pub(super) fn estimated_share(what: &str, observed: f64, expected: Option<f64>) -> String {
    compare(
        what,
        "in an estimated",
        percent,
        "of requests",
        observed,
        expected,
    )
}

/// Writes "`what` at odds of 3.0 to 1 on average", then the comparison, here with typically 1 to 40; from log-odds.
pub(super) fn odds(what: &str, observed: f64, expected: Option<f64>) -> String {
    compare(
        what,
        "at odds of",
        odds_in_words,
        "on average",
        observed,
        expected,
    )
}

/// Writes "`what` at 0.64 on a scale from 0 to 1", then the comparison, here with a typical 0.02.
pub(super) fn index(what: &str, observed: f64, expected: Option<f64>) -> String {
    compare(
        what,
        "at",
        two_decimals,
        "on a scale from 0 to 1",
        observed,
        expected,
    )
}

/// Writes "`what` 2.6 `things`", then the comparison, here with a typical 1.1.
pub(super) fn count(what: &str, things: &str, observed: f64, expected: Option<f64>) -> String {
    compare(what, "", one_decimal, things, observed, expected)
}

/// Writes "`what` with a chance of 2%", then the comparison, here with a typical 90%.
pub(super) fn chance(what: &str, observed: f64, expected: Option<f64>) -> String {
    compare(what, "with a chance of", percent, "", observed, expected)
}

/// Writes "from about exchange 412 on, requests look unlike `past`", from the number of an exchange; 0 means no change.
pub(super) fn change(past: &str, exchange: f64) -> String {
    if exchange < 1.0 {
        format!("requests go on like {past}")
    } else {
        format!("from about exchange {exchange:.0} on, requests look unlike {past}")
    }
}

/// Writes `what`, a `lead` to the number, the number and its denominator; then the comparison with the typical value.
fn compare(
    what: &str,
    lead: &str,
    number: fn(f64) -> String,
    of: &str,
    observed: f64,
    expected: Option<f64>,
) -> String {
    let space = if lead.is_empty() { "" } else { " " };
    let gap = if of.is_empty() { "" } else { " " };
    let seen = format!("{what} {lead}{space}{}{gap}{of}", number(observed));
    let Some(expected) = expected else {
        return seen;
    };
    let usual = number(expected);
    if usual == number(observed) {
        format!("{seen}, as is typical of honest accounts")
    } else if observed < expected {
        format!("{seen}, less than the {usual} typical of honest accounts")
    } else {
        format!("{seen}; honest accounts: typically {usual}")
    }
}

/// Formats a share in whole percent, with one decimal below 10%; 0% and 100% only when exact.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.1 {
        "under 0.1%".to_owned()
    } else if percent > 99.0 && percent < 100.0 {
        "over 99%".to_owned()
    } else if percent < 9.95 && percent.fract() != 0.0 {
        format!("{percent:.1}%")
    } else {
        format!("{percent:.0}%")
    }
}

/// Formats log-odds as odds, with the smaller side as 1: "3.0 to 1", "1 to 40".
fn odds_in_words(log_odds: f64) -> String {
    // Beyond 3,000 to 1 a sentence would only fill with digits.
    let times = log_odds.abs().min(8.0).exp();
    let times = if times < 9.95 {
        format!("{times:.1}")
    } else {
        format!("{times:.0}")
    };
    if log_odds < 0.0 {
        format!("1 to {times}")
    } else {
        format!("{times} to 1")
    }
}

fn one_decimal(value: f64) -> String {
    format!("{value:.1}")
}

fn two_decimals(value: f64) -> String {
    format!("{value:.2}")
}

#[cfg(test)]
mod tests {
    use super::{count, estimated_share, odds, share};

    #[test]
    fn above_below_equal_and_without_comparison_read_well() {
        let what = "asked for the reasoning behind answers";
        let sentences = [
            (
                share(what, 0.71, Some(0.08)),
                "71% of requests; honest accounts: typically 8%",
            ),
            (
                share(what, 0.02, Some(0.08)),
                "2% of requests, less than the 8% typical of honest accounts",
            ),
            (
                share(what, 0.08, Some(0.08)),
                "8% of requests, as is typical of honest accounts",
            ),
            (
                share(what, 0.08, None),
                "asked for the reasoning behind answers in 8% of requests",
            ),
            (
                share(what, 0.999, Some(0.0002)),
                "over 99% of requests; honest accounts: typically under 0.1%",
            ),
            (
                share(what, 1.0, Some(0.0)),
                "100% of requests; honest accounts: typically 0%",
            ),
            (
                estimated_share(what, 0.5, Some(0.013)),
                "in an estimated 50% of requests; honest accounts: typically 1.3%",
            ),
            (
                odds(what, 1.1, Some(-3.7)),
                "at odds of 3.0 to 1 on average; honest accounts: typically 1 to 40",
            ),
            (
                count("used", "models", 2.6, Some(1.0)),
                "used 2.6 models; honest accounts: typically 1.0",
            ),
        ];
        for (sentence, ending) in sentences {
            assert!(sentence.ends_with(ending), "{sentence}");
        }
    }
}
