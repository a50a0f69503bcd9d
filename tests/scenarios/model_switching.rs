//! A pool of prompts taken to every model, against a developer who upgrades and one who compares before buying.

use crate::stage::{Seen, ask, play, refused, to};

fn prompt(n: i64) -> String {
    format!(
        "Task {n}: write out the reasoning behind answer {} to puzzle {n}, step by step, inside tags.",
        n * 3
    )
}

/// Each prompt to the new model, and where its guard refuses, to the one before.
fn fallback() -> Seen {
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

fn upgrade() -> Seen {
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

/// A comparison of models on a fixed list shows the same as an extraction that compares, and is not refused.
fn comparison() -> Seen {
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
    let (attack, benign) = (fallback(), upgrade());
    attack.stands_above(
        &benign,
        &[
            "prompt_moved_share",
            "refusal_moved_share",
            "model_switch_share",
        ],
    );
    benign.is_left_alone();
}

#[test]
fn a_comparison_moves_prompts_but_no_refusals() {
    let (attack, benign) = (fallback(), comparison());
    attack.stands_above(&benign, &["refusal_moved_share"]);
    attack.scores_above(&benign);
    benign.is_left_alone();
}
