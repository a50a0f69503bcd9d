//! Properties of the registry as a whole, on arbitrary streams and on streams typical of one behaviour.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::domain::{
    CUE_COUNT, Cue, CueProbabilities, Digest, EMBEDDING_DIM, Embedding, Evidence, Observation,
    Origin, Outcome, RequestShape, Script, Technique, Timestamp,
};
use crate::profile::{Profile, RandomFeatures};

const HOUR_MICROS: i64 = 3_600_000_000;

/// The fields of an exchange that a test sets; the others have default values.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    pub(super) hour: i64,
    pub(super) skeleton: u64,
    pub(super) content: u64,
    pub(super) model: u64,
    pub(super) intent: f32,
    pub(super) has_text: bool,
}

impl Sketch {
    pub(super) fn at(hour: i64) -> Self {
        Self {
            hour,
            skeleton: 1,
            content: hour as u64,
            model: 0,
            intent: 0.02,
            has_text: true,
        }
    }

    pub(super) fn observation(&self) -> Observation {
        let mut cues = [0.1; CUE_COUNT];
        for cue in Cue::INTENT {
            cues[cue.index()] = self.intent;
        }
        let mut embedding = [0.0; EMBEDDING_DIM];
        if self.has_text {
            embedding[(self.content % EMBEDDING_DIM as u64) as usize] = 1.0;
        }
        Observation {
            time: Timestamp::from_micros(self.hour * HOUR_MICROS),
            model: digest(1, self.model),
            conversation: None,
            cues: CueProbabilities::new(cues),
            request: digest(6, self.content),
            elsewhere: None,
            embedding: Embedding(embedding),
            prompt: digest(2, self.content),
            system: None,
            skeleton: digest(3, self.skeleton),
            head: digest(4, self.skeleton),
            tail: digest(5, self.skeleton),
            slots: digest(6, self.content),
            identity: [Digest(0); 4],
            shape: RequestShape {
                read_bytes: 100,
                total_bytes: 100,
                unreadable: 0.0,
                turns: 1,
                tools: 0,
                typed: true,
                temperature: None,
                max_tokens: None,
                n: 1,
                structured: false,
                logprobs: false,
                input_tokens: None,
                output_tokens: None,
            },
            outcome: Outcome::Answered,
            evidence: Evidence::Asks,
            user_agent: None,
            origin: Origin::default(),
            setting: digest(24, 0),
            script: Script::Other,
        }
    }
}

pub(super) fn digest(kind: u64, value: u64) -> Digest {
    let hash = blake3::hash(format!("{kind}/{value}").as_bytes());
    Digest(u64::from_le_bytes(std::array::from_fn(|i| {
        hash.as_bytes()[i]
    })))
}

pub(super) fn fold<'a>(stream: impl IntoIterator<Item = &'a Sketch>) -> Profile {
    fold_observations(stream.into_iter().map(Sketch::observation))
}

pub(super) fn fold_observations(stream: impl IntoIterator<Item = Observation>) -> Profile {
    let random_features = RandomFeatures::new(7, 1.2).expect("1.2 is a bandwidth");
    let mut profile = Profile::empty();
    for observation in stream {
        profile.update(&observation, &random_features);
    }
    profile
}

/// Returns every measure with its value, if any.
fn measured(profile: &Profile) -> impl Iterator<Item = (MeasureIndex, Option<f64>)> {
    let values = MeasureValues::of(profile);
    MeasureIndex::all().map(move |measure| (measure, values.get(measure)))
}

/// Returns a value by code; NaN when nothing was measured.
pub(super) fn value_of(profile: &Profile, code: &str) -> f64 {
    let measure = MeasureIndex::of_code(code).unwrap_or_else(|| panic!("no measure {code}"));
    MeasureValues::of(profile).get(measure).unwrap_or(f64::NAN)
}

fn stream(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Sketch>> {
    let exchange = (0..12_u64, 0..40_u64, 0..3_u64, 0.0..=1.0_f32, any::<bool>());
    prop::collection::vec(exchange, length).prop_map(|exchanges| {
        (0..)
            .zip(exchanges)
            .map(
                |(hour, (skeleton, content, model, intent, has_text))| Sketch {
                    hour,
                    skeleton,
                    content,
                    model,
                    intent,
                    has_text,
                },
            )
            .collect()
    })
}

#[test]
fn one_detector_a_technique_in_the_order_of_the_wire() {
    assert_eq!(DETECTORS.map(|card| card.technique), Technique::ALL);
}

/// A bundle's terms are some of these, in this order. A measure may be added anywhere; renaming, moving or removing one
/// makes bundles that name it unreadable.
#[test]
fn the_measures_are_a_fixed_list() {
    let codes: Vec<&str> = MeasureIndex::all()
        .map(|measure| measure.measure().code)
        .collect();
    let expected = [
        "reasoning_intent_mean",
        "rationale_demand_mean",
        "reasoning_behind_answer_mean",
        "reward_intent_mean",
        "rubric_grading_mean",
        "pairwise_preference_mean",
        "critique_revise_mean",
        "trajectory_intent_mean",
        "tool_trajectory_mean",
        "code_task_mean",
        "tools_share",
        "synthesis_intent_mean",
        "any_intent_mean",
        "intent_tail",
        "close_requests",
        "instruction_writing_mean",
        "question_from_passage_mean",
        "persona_seeded_mean",
        "dataset_format_mean",
        "benchmark_item_mean",
        "template_mass",
        "content_repeat_share",
        "template_novelty",
        "repeat_deficit",
        "sweep_chance",
        "n_best_share",
        "suite_rerun_share",
        "within_similarity",
        "skeleton_ratio",
        "templated_intent",
        "swept_intent",
        "rewrite_intent_mean",
        "model_switch_share",
        "prompt_moved_share",
        "refusal_moved_share",
        "refused_then_switched_share",
        "models_in_use",
        "clients_in_use",
        "conversation_return_share",
        "relayed_spread",
        "unlike_minute_share",
        "relayed_minutes",
        "typed_gap_floor",
        "session_crossing_share",
        "client_version_flap_share",
        "devices_in_use",
        "end_users_in_use",
        "end_user_named_share",
        "own_past_change",
        "refused_share",
        "refused_intent_share",
        "reworded_refusal_share",
        "extraction_refused_share",
        "probing_breadth",
        "refusal_retry_share",
        "unreadable_share",
    ];
    assert_eq!(codes, expected);
    assert_eq!(codes.len(), MEASURE_COUNT);
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), MEASURE_COUNT);
}

#[test]
fn every_card_is_complete_and_only_live_ones_measure() {
    for card in DETECTORS {
        let name = card.technique.name();
        let texts = [card.looks_for, card.not_used, card.contest];
        for text in texts.iter().chain(card.false_positives) {
            assert!(text.ends_with('.'), "{name}: {text}");
            assert!(!text.contains("  "), "{name}: {text}");
        }
        assert!(card.false_positives.len() >= 3, "{name}");
        assert_eq!(
            card.maturity == Maturity::Live,
            !card.measures.is_empty(),
            "{name}"
        );
    }
}

/// Twenty extraction requests among two hundred disappear in a mean, but not among the strongest tenth.
#[test]
fn a_few_harvesting_requests_show_in_the_top() {
    let mixed: Vec<Sketch> = (0..200)
        .map(|hour| Sketch {
            intent: if hour % 10 == 0 { 0.99 } else { 0.02 },
            ..Sketch::at(hour)
        })
        .collect();
    let mixed = fold(&mixed);
    assert!(value_of(&mixed, "any_intent_mean") < 0.15);
    assert!(value_of(&mixed, "intent_tail") > 4.0);
}

#[test]
fn several_answers_to_a_prompt_and_prompts_brought_to_another_model_are_seen() {
    let sweep: Vec<Sketch> = (0..40)
        .map(|hour| Sketch {
            hour,
            content: hour as u64 / 2,
            model: hour as u64 % 2,
            ..Sketch::at(0)
        })
        .collect();
    let moved = fold(&sweep);
    assert!(value_of(&moved, "prompt_moved_share") > 0.4);
    assert!((value_of(&moved, "models_in_use") - 2.0).abs() < 1e-9);
    assert!(value_of(&moved, "n_best_share").abs() < 1e-9);
    let at_once: Vec<Sketch> = (0..40)
        .map(|i| Sketch {
            content: i / 4,
            ..Sketch::at(i as i64 / 4)
        })
        .collect();
    assert!(value_of(&fold(&at_once), "n_best_share") > 0.7);
}

/// Measures that need names of clients or conversations, refusals, turns that are near in time, or a past to compare
/// with: these streams have none.
const NOT_IN_EVERY_LOG: [&str; 16] = [
    "suite_rerun_share",
    "refused_then_switched_share",
    "clients_in_use",
    "conversation_return_share",
    "relayed_spread",
    "unlike_minute_share",
    "relayed_minutes",
    "typed_gap_floor",
    "session_crossing_share",
    "client_version_flap_share",
    "devices_in_use",
    "end_users_in_use",
    "end_user_named_share",
    "own_past_change",
    "extraction_refused_share",
    "refusal_retry_share",
];

#[test]
fn a_detector_without_enough_history_says_so_and_gives_no_number() {
    for seen in 0..12 {
        let history: Vec<Sketch> = (0..seen).map(Sketch::at).collect();
        let profile = fold(&history);
        for (measure, value) in measured(&profile) {
            let code = measure.measure().code;
            if (seen as u64) < measure.card().exchanges_needed {
                assert_eq!(value, None, "{code} at {seen}");
            } else if !NOT_IN_EVERY_LOG.contains(&code) {
                assert!(value.is_some_and(f64::is_finite), "{code} at {seen}");
            }
        }
    }
}

#[test]
fn texts_that_are_all_empty_have_no_similarity() {
    let empty: Vec<Sketch> = (0..20)
        .map(|hour| Sketch {
            has_text: false,
            ..Sketch::at(hour)
        })
        .collect();
    let profile = fold(&empty);
    assert!(value_of(&profile, "within_similarity").is_nan());
}

#[test]
fn sentences_of_any_numbers_read_well() {
    let numbers = [-8.0, -1e-9, 0.0, 1e-9, 0.004, 0.5, 0.9999, 1.0, 8.0, 1e9];
    for measure in MeasureIndex::all().map(MeasureIndex::measure) {
        for observed in numbers {
            for typical in numbers.map(Some).into_iter().chain([None]) {
                let sentence = (measure.sentence)(observed, typical);
                assert!(
                    !sentence.contains("NaN") && !sentence.contains("inf"),
                    "{sentence}"
                );
                assert!(
                    !sentence.contains("  ") && !sentence.ends_with('.'),
                    "{sentence}"
                );
            }
        }
    }
}

/// Location, language and clock are not features: no line of code here may name them. Cards and comments may, to state
/// that.
#[test]
fn no_detector_names_a_forbidden_feature() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/detect");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of this file") {
        let path = entry.expect("an entry").path();
        if path.is_dir() || path.ends_with("tests.rs") {
            continue;
        }
        files += 1;
        let code = code_of(&std::fs::read_to_string(&path).expect("a source file")).to_lowercase();
        for word in [
            "script", "language", "zone", "locale", "country", "timing", "hour", "days", "identity",
        ] {
            assert!(!code.contains(word), "{}: {word}", path.display());
        }
    }
    assert!(files >= DETECTORS.len());
}

/// Returns the source without comments and string literals.
fn code_of(source: &str) -> String {
    let mut code = String::new();
    let mut characters = source.chars().peekable();
    let mut in_string = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' if in_string => {
                characters.next();
            }
            '"' => in_string = !in_string,
            _ if in_string => {}
            '/' if characters.peek() == Some(&'/') => {
                for _ in characters.by_ref().take_while(|&skipped| skipped != '\n') {}
                code.push('\n');
            }
            _ => code.push(character),
        }
    }
    code
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn values_keep_to_their_unit(stream in stream(0..120)) {
        for (measure, value) in measured(&fold(&stream)) {
            let (least, most) = measure.measure().unit.range();
            prop_assert!(value.is_none_or(|value| value.is_finite() && value >= least && value <= most),
                "{}: {value:?}", measure.measure().code);
        }
    }

    /// No measure that accuses may fall when every request resembles an extraction more, and none that clears may rise.
    #[test]
    fn more_intent_never_lowers_what_accuses_nor_raises_what_clears(stream in stream(10..60), more in 0.0..=1.0_f32) {
        let louder: Vec<Sketch> = stream
            .iter()
            .map(|sketch| Sketch { intent: sketch.intent.max(more), ..sketch.clone() })
            .collect();
        let (before, after) = (fold(&stream), fold(&louder));
        for ((measure, before), (_, after)) in measured(&before).zip(measured(&after)) {
            let measure = measure.measure();
            let gained = before.zip(after).map_or(0.0, |(before, after)| after - before);
            // The tail is a mean over part of a bin, half a unit of log-odds wide.
            let slack = if measure.unit == Unit::LogOdds { 0.5 } else { 1e-9 };
            let wrong = match measure.direction {
                Direction::Accuses => gained < -slack,
                Direction::Clears => gained > slack,
                Direction::Context => false,
            };
            prop_assert!(!wrong, "{}: {before:?} to {after:?}", measure.code);
        }
    }

    /// Members whose histories do not overlap in time, so that no exchange of one lies between those of another.
    #[test]
    fn a_merged_profile_measures_as_the_whole_stream(
        first in stream(1..60),
        second in stream(1..60),
        second_comes_first in any::<bool>(),
    ) {
        let month = 30 * 24;
        let mut second = second;
        for sketch in &mut second {
            sketch.hour += first.len() as i64 + month;
            // Each account remembers for itself which texts were judged, so theirs differ.
            sketch.content += 1_000;
        }
        // A change of model between the two would be a switch in one history, and none in two.
        second[0].model = first[first.len() - 1].model;
        let whole = fold(first.iter().chain(&second));
        let (mut merged, mut other) = (fold(&first), fold(&second));
        if second_comes_first {
            std::mem::swap(&mut merged, &mut other);
        }
        merged.merge(&other);
        for ((measure, whole), (_, merged)) in measured(&whole).zip(measured(&merged)) {
            let code = measure.measure().code;
            // A merged profile has no past of its own.
            let own = code == "own_past_change";
            let equal = match (whole, merged) {
                (Some(whole), Some(merged)) => (whole - merged).abs() < 1e-5,
                (whole, merged) => whole == merged,
            };
            prop_assert!(own || equal, "{code}: {whole:?} and {merged:?}");
        }
    }
}
