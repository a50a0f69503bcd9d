//! A pool of prompts sent to every model, against a developer who upgrades and one who compares before buying.

use crate::stage::{Played, ask, play, refused, to};

fn prompt(n: i64) -> String {
    format!(
        "Task {n}: write out the reasoning behind answer {} to puzzle {n}, step by step, inside tags.",
        n * 3
    )
}

/// Sends each prompt to the new model and, where its guard refuses, to the previous one.
fn fallback() -> Played {
    let requests = (0..40).map(|n| {
        let asked = ask(n, prompt(n / 2));
        if n % 2 == 0 {
            refused(to("opus-5", asked))
        } else {
            to("opus-4.6", asked)
        }
    });
    play("fallback", requests.collect())
}

fn upgrade() -> Played {
    let requests = (0..40).map(|n| {
        let text = format!(
            "Summarise the minutes of meeting {n}: we agreed on item {}, the rest was postponed.",
            n * 5
        );
        to(
            if n < 20 { "opus-4.6" } else { "opus-5" },
            ask(n * 60, text),
        )
    });
    play("upgrade", requests.collect())
}

/// Compares models on a fixed list. It looks like an extraction that compares, except that nothing is refused.
fn comparison() -> Played {
    let requests = (0..40).map(|n| {
        let text = format!(
            "Summarise the minutes of meeting {}: item {} was agreed.",
            n / 2,
            n / 2 * 5
        );
        to(if n % 2 == 0 { "opus-4.6" } else { "opus-5" }, ask(n, text))
    });
    play("comparison", requests.collect())
}

#[test]
fn a_pool_that_falls_back_is_not_an_upgrade() {
    let (extracting, benign) = (fallback(), upgrade());
    extracting.exceeds(
        &benign,
        &[
            "prompt_moved_share",
            "refusal_moved_share",
            "model_switch_share",
        ],
    );
    extracting.is_at_least_watched();
    benign.is_left_alone();
}

#[test]
fn a_comparison_moves_prompts_but_no_refusals() {
    let (extracting, benign) = (fallback(), comparison());
    extracting.exceeds(&benign, &["refusal_moved_share"]);
    extracting.scores_above(&benign);
    benign.is_left_alone();
}
