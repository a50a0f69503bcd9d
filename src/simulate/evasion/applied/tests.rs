//! Each evasion keeps what it promises, on the prompts of the built-in pipelines.

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

/// Records of a pipeline of the built-in corpus, and an evasion of it that changes nothing yet.
fn undisguised(corpus: &Corpus, pipeline: usize) -> (Vec<RequestSpec>, Evasion) {
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
        tongue: None,
        inputs: Vec::new().into(),
        product: None,
    };
    (specs.collect(), evasion)
}

fn asked(prompt: &Prompt) -> &str {
    let last = prompt.messages.iter().rfind(|m| m.role == Role::User);
    last.expect("a request asks").content.expose()
}

fn said(prompt: &Prompt) -> String {
    let system = prompt.system.iter().map(|text| text.expose().as_str());
    let messages = prompt.messages.iter().map(|m| m.content.expose().as_str());
    system.chain(messages).collect::<Vec<_>>().join("\n")
}

/// Every prompt of every pipeline before and after.
fn each(change: impl Fn(&mut Evasion, &Corpus), check: impl Fn(&Evasion, &Prompt, &Prompt)) {
    let corpus = Corpus::miniature();
    for pipeline in 0..corpus.pipelines.len() {
        let (specs, mut evasion) = undisguised(&corpus, pipeline);
        change(&mut evasion, &corpus);
        for (place, spec) in specs.iter().enumerate() {
            let plain = spec.prompt(&corpus);
            let worn = evasion.apply(place, plain.clone(), &corpus);
            let again = evasion.apply(place, plain.clone(), &corpus);
            assert_eq!(said(&worn), said(&again));
            check(&evasion, &plain, &worn);
        }
    }
}

#[test]
fn no_disguise_changes_nothing() {
    assert!(!EvasionSettings::default().changes_text());
    each(
        |_, _| {},
        |_, plain, worn| assert_eq!(said(plain), said(worn)),
    );
}

#[test]
fn a_paraphrase_keeps_the_payload() {
    for strength in 1..=3 {
        each(
            |evasion, _| evasion.strength = strength,
            |evasion, plain, worn| {
                let worn = asked(worn);
                for phrase in phrases(asked(plain)) {
                    let payload = evasion.template.language(phrase).is_none();
                    assert!(!payload || worn.contains(phrase.trim()), "{phrase}");
                }
            },
        );
    }
}

#[test]
fn a_traceless_request_holds_no_cue_and_no_template() {
    each(
        |evasion, _| evasion.traceless = true,
        |evasion, plain, worn| {
            assert!(worn.system.is_none() && worn.messages.len() == 1);
            let text = asked(worn).to_lowercase();
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
            // A request without any payload keeps what of its template gives nothing away.
            if letters >= super::INPUT_LETTERS {
                let mut phrases = phrases(asked(worn));
                assert!(phrases.all(|phrase| evasion.template.language(phrase).is_none()));
            }
        },
    );
}

#[test]
fn a_product_hides_the_harvest_and_keeps_it() {
    let product = PHRASEBOOK.products["en"][0].as_str();
    each(
        |evasion, _| evasion.product = Some(product),
        |_, plain, worn| {
            let system = worn.system.as_ref().map(|text| text.expose().as_str());
            assert_eq!(system, Some(product));
            let first = worn.messages[0].content.expose();
            assert!(first.ends_with(plain.messages[0].content.expose().as_str()));
            if let Some(own) = &plain.system {
                assert!(first.starts_with(own.expose().as_str()));
            }
        },
    );
}

#[test]
fn another_language_is_asked_for_after_the_request() {
    let line = PHRASEBOOK.tongues["ja"][0].as_str();
    each(
        |evasion, _| evasion.tongue = Some(line),
        |_, plain, worn| {
            assert!(asked(worn).starts_with(asked(plain)) && asked(worn).ends_with(line));
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
        |evasion, plain, worn| {
            assert!(asked(worn).contains(&text));
            for phrase in phrases(asked(plain)) {
                let template = evasion.template.language(phrase).is_some();
                assert!(!template || asked(worn).contains(phrase.trim()), "{phrase}");
            }
        },
    );
}

#[test]
fn wordings_are_rotated_and_shared() {
    let corpus = Corpus::miniature();
    let (specs, mut evasion) = undisguised(&corpus, 0);
    evasion.wordings = 5;
    let spec = specs[0];
    let applied =
        |evasion: &Evasion, place| said(&evasion.apply(place, spec.prompt(&corpus), &corpus));
    let wordings: BTreeSet<String> = (0..20).map(|place| applied(&evasion, place)).collect();
    assert!((3..=5).contains(&wordings.len()), "{}", wordings.len());
    // Another account of the campaign begins elsewhere in the same rotation.
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
