//! Tests that each evasion keeps its contract on the prompts of the built-in pipelines.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::{Evasion, without_cues};
use crate::domain::Role;
use crate::simulate::corpus::Corpus;
use crate::simulate::evasion::phrasebook::PHRASEBOOK;
use crate::simulate::evasion::template::{Template, phrases};
use crate::simulate::prompt::request_spec::{Prompt, RecordRef, RequestSpec, Unit};
use crate::simulate::scenario::EvasionSettings;

/// Returns the records of a pipeline of the built-in corpus, and an evasion of it that does not change anything yet.
fn without_evasion(corpus: &Corpus, pipeline: usize) -> (Vec<RequestSpec>, Evasion) {
    let unit = Unit::Pipeline(pipeline as u32);
    let records: Vec<u32> = (0..corpus.pipelines[pipeline].records.len() as u32).collect();
    let language = corpus.pipelines[pipeline].records[0].language.clone();
    let mut template = Template::default();
    template.learn(corpus, unit, &records, &language);
    let specs = records
        .into_iter()
        .map(|record| RequestSpec::Plain(RecordRef { unit, record }));
    let evasion = Evasion {
        template: Arc::new(template),
        language,
        seed: 7,
        strength: 0,
        wordings: 1,
        stages: 1,
        offset: 0,
        traceless: false,
        language_request: None,
        inputs: Vec::new().into(),
        product: None,
    };
    (specs.collect(), evasion)
}

fn asked(prompt: &Prompt) -> &str {
    let last = prompt.messages.iter().rfind(|m| m.role == Role::User);
    last.expect("a request asks").content.expose()
}

fn full_text(prompt: &Prompt) -> String {
    let system = prompt.system.iter().map(|text| text.expose().as_str());
    let messages = prompt.messages.iter().map(|m| m.content.expose().as_str());
    system.chain(messages).collect::<Vec<_>>().join("\n")
}

/// Checks every prompt of every pipeline before and after the evasion.
fn each(change: impl Fn(&mut Evasion, &Corpus), check: impl Fn(&Evasion, &Prompt, &Prompt)) {
    let corpus = Corpus::miniature();
    for pipeline in 0..corpus.pipelines.len() {
        let (specs, mut evasion) = without_evasion(&corpus, pipeline);
        change(&mut evasion, &corpus);
        for (position, spec) in specs.iter().enumerate() {
            let plain = spec.prompt(&corpus);
            let evaded = evasion.apply(position, plain.clone(), &corpus);
            let again = evasion.apply(position, plain.clone(), &corpus);
            assert_eq!(full_text(&evaded), full_text(&again));
            check(&evasion, &plain, &evaded);
        }
    }
}

#[test]
fn no_evasion_changes_nothing() {
    assert!(!EvasionSettings::default().changes_text());
    each(
        |_, _| {},
        |_, plain, evaded| assert_eq!(full_text(plain), full_text(evaded)),
    );
}

#[test]
fn a_paraphrase_keeps_the_payload() {
    for strength in 1..=3 {
        each(
            |evasion, _| evasion.strength = strength,
            |evasion, plain, evaded| {
                let evaded = asked(evaded);
                for phrase in phrases(asked(plain)) {
                    let payload = evasion.template.language(phrase).is_none();
                    assert!(!payload || evaded.contains(phrase.trim()), "{phrase}");
                }
            },
        );
    }
}

#[test]
fn a_traceless_request_holds_no_cue_and_no_template() {
    each(
        |evasion, _| evasion.traceless = true,
        |evasion, plain, evaded| {
            assert!(evaded.system.is_none() && evaded.messages.len() == 1);
            let text = asked(evaded).to_lowercase();
            assert!(!text.is_empty());
            assert!(
                PHRASEBOOK
                    .cues
                    .iter()
                    .all(|cue| !text.contains(cue.as_str())),
                "{text}"
            );
            let payload: String = phrases(asked(plain))
                .filter(|phrase| evasion.template.language(phrase).is_none())
                .collect();
            let letters = without_cues(&payload);
            let letters = letters.chars().filter(|c| c.is_alphanumeric()).count();
            // A request without payload keeps the part of its template that gives nothing away.
            if letters >= super::INPUT_LETTERS {
                let mut phrases = phrases(asked(evaded));
                assert!(phrases.all(|phrase| evasion.template.language(phrase).is_none()));
            }
        },
    );
}

#[test]
fn a_product_hides_the_extraction_and_keeps_it() {
    let product = PHRASEBOOK.products["en"][0].as_str();
    each(
        |evasion, _| evasion.product = Some(product),
        |_, plain, evaded| {
            let system = evaded.system.as_ref().map(|text| text.expose().as_str());
            assert_eq!(system, Some(product));
            let first = evaded.messages[0].content.expose();
            assert!(first.ends_with(plain.messages[0].content.expose().as_str()));
            if let Some(own) = &plain.system {
                assert!(first.starts_with(own.expose().as_str()));
            }
        },
    );
}

#[test]
fn another_language_is_asked_for_after_the_request() {
    let line = PHRASEBOOK.language_requests["ja"][0].as_str();
    each(
        |evasion, _| evasion.language_request = Some(line),
        |_, plain, evaded| {
            assert!(asked(evaded).starts_with(asked(plain)) && asked(evaded).ends_with(line));
        },
    );
}

#[test]
fn inputs_in_another_language_stand_in_the_same_template() {
    let corpus = Corpus::miniature();
    let input = RecordRef {
        unit: Unit::Source(0),
        record: 0,
    };
    let text = corpus.record(input).messages[0]
        .content
        .expose()
        .trim()
        .to_owned();
    each(
        |evasion, _| evasion.inputs = [input].into(),
        |evasion, plain, evaded| {
            assert!(asked(evaded).contains(&text));
            for phrase in phrases(asked(plain)) {
                let template = evasion.template.language(phrase).is_some();
                assert!(
                    !template || asked(evaded).contains(phrase.trim()),
                    "{phrase}"
                );
            }
        },
    );
}

#[test]
fn wordings_are_rotated_and_shared() {
    let corpus = Corpus::miniature();
    let (specs, mut evasion) = without_evasion(&corpus, 0);
    evasion.wordings = 5;
    let spec = specs[0];
    let applied =
        |evasion: &Evasion, place| full_text(&evasion.apply(place, spec.prompt(&corpus), &corpus));
    let wordings: BTreeSet<String> = (0..20).map(|place| applied(&evasion, place)).collect();
    assert!((3..=5).contains(&wordings.len()), "{}", wordings.len());
    // Another account of the campaign starts at a different position of the same rotation.
    let shifted = Evasion {
        offset: 2,
        ..evasion.clone()
    };
    assert_eq!(applied(&evasion, 3), applied(&shifted, 1));
}

proptest! {
    #[test]
    fn no_text_keeps_a_cue(
        parts in prop::collection::vec((0_usize..200, "[a-zA-Z 你好。,.\n\u{130}]{0,6}"), 0..8),
    ) {
        let cues = &PHRASEBOOK.cues;
        let text: String = parts
            .iter()
            .flat_map(|(cue, between)| [cues[cue % cues.len()].to_uppercase(), between.clone()])
            .collect();
        let bare = without_cues(&text).to_lowercase();
        prop_assert!(cues.iter().all(|cue| !bare.contains(cue.as_str())));
    }
}
