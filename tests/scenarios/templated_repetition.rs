//! One template swept over a data set or sampled n times, against an application whose users repeat the same questions.

use crate::stage::{Played, ask, every_minute, play, under};

fn row(n: usize) -> String {
    format!(
        "Read the record below and write the reasoning and the label that a careful annotator would give it.\n\nRecord: \
         case {} of district {}, filed on day {}, sum {} crowns.",
        n * 37 + 11,
        n * 7 % 83,
        n + 1,
        n * 131 % 977
    )
}

fn sweep() -> Played {
    play("sweep", every_minute(60, row))
}

fn several_answers_each() -> Played {
    let requests = (0..60).map(|n| ask(n / 4, row(n as usize / 4)));
    play("several answers each", requests.collect())
}

/// Popular questions, asked repeatedly through one template.
fn service() -> Played {
    let places = [
        "station", "castle", "market", "harbour", "museum", "stadium", "library", "zoo",
    ];
    let requests = every_minute(60, |n| {
        format!(
            "Read the visitor's question below and answer it in two friendly sentences.\n\nQuestion: when does the {} \
             open on day {}, and how do I get there?",
            places[n * n % 8],
            n % 3
        )
    });
    let instructions = "You are the visitor dispatcher of the city.";
    play(
        "visitor dispatcher",
        requests
            .into_iter()
            .map(|exchange| under(instructions, exchange))
            .collect(),
    )
}

/// A batch over a company's own documents: the same structure, with nothing else to distinguish it.
fn translation() -> Played {
    let requests = every_minute(60, |n| {
        format!(
            "Translate the product text into French and keep the units.\n\nText: shelf {} carries {} kg and comes with {} \
             screws.",
            n * 37 + 11,
            n * 7 % 83,
            n + 1
        )
    });
    play("translation", requests)
}

#[test]
fn a_sweep_does_not_repeat_as_a_service_does() {
    let (extracting, benign) = (sweep(), service());
    extracting.exceeds(
        &benign,
        &["repeat_deficit", "template_novelty", "swept_intent"],
    );
    assert!(extracting.value("sweep_chance") < 0.5 * benign.value("sweep_chance"));
    extracting.scores_above(&benign);
    extracting.is_at_least_watched();
    benign.is_left_alone();
}

#[test]
fn sampling_shows_in_the_minute() {
    let (extracting, benign) = (several_answers_each(), service());
    extracting.exceeds(&benign, &["n_best_share"]);
    benign.is_left_alone();
}

/// The structure is the same, so only the content of the requests may distinguish the two, and it decides the score.
#[test]
fn a_batch_of_translations_has_the_structure_and_not_the_intent() {
    let (extracting, benign) = (sweep(), translation());
    assert!(benign.value("template_novelty") > 0.9);
    extracting.exceeds(&benign, &["swept_intent"]);
    benign.is_left_alone();
}
