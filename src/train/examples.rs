//! Labels requests: combines corpus and manifest into training examples.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::example::{Example, Target};
use super::manifest::CueManifest;
use crate::domain::{CUE_COUNT, Cue, PoolRecord, Technique};
use crate::encoder::{Scratch, Vocabulary, read_rows};
use crate::simulate::corpus::{
    Application, BenignSource, Corpus, LicenceClass, Partition, Pipeline, techniques_of_family,
};
use crate::text::TextView;

/// The origin of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A published extraction pipeline.
    Pipeline,
    /// An evaluation harness: neither a positive nor a benign negative.
    Harness,
    /// A pool of benign requests.
    Pool,
    /// A real application.
    Application,
    /// One of our own authors, extracting or benign.
    Own,
}

/// One labeled request of the corpus.
#[derive(Clone)]
pub struct LabeledRequest<'a> {
    /// The request.
    pub record: &'a PoolRecord,
    /// Name of the pipeline, benign source or application.
    pub unit: &'a str,
    /// Unit of splitting.
    pub group: &'a str,
    /// Whether a published extraction pipeline sent it.
    pub extraction: bool,
    /// Origin.
    pub origin: Origin,
    /// Whether the text is word for word that of a benign user or an evaluation harness, which makes it no positive at
    /// prompt level.
    pub bare: bool,
    /// Side of the split.
    pub partition: Partition,
    /// What the licence allows.
    pub licence: LicenceClass,
    /// Number of requests of the same unit.
    pub unit_size: usize,
    /// Weight of its unit, where a unit of the same size weighs 1.
    pub weight: f32,
    /// Label of each cue.
    pub targets: [Target; CUE_COUNT],
}

/// Returns the intent cue that a technique shows in text, if any.
pub(crate) const fn intent_of(technique: Technique) -> Option<Cue> {
    match technique {
        Technique::ReasoningHarvest => Some(Cue::ReasoningIntent),
        Technique::RewardModelHarvest => Some(Cue::RewardIntent),
        Technique::DatasetSynthesis => Some(Cue::SynthesisIntent),
        Technique::TrajectoryHarvest => Some(Cue::TrajectoryIntent),
        Technique::SafeRewrite => Some(Cue::RewriteIntent),
        _ => None,
    }
}

/// Labels every request of the corpus. Form cues are unknown for sources described neither by the manifest nor by one
/// of our authors.
pub fn labeled_requests<'a>(corpus: &'a Corpus, manifest: &CueManifest) -> Vec<LabeledRequest<'a>> {
    let mut requests = Vec::new();
    for pipeline in corpus.pipelines.iter().chain(&corpus.harnesses) {
        requests.extend(
            pipeline
                .records
                .iter()
                .map(|record| of_pipeline(pipeline, record, manifest)),
        );
    }
    for source in &corpus.sources {
        requests.extend(
            source
                .records
                .iter()
                .map(|record| of_source(source, record, manifest)),
        );
    }
    for application in &corpus.applications {
        let records = application.records.iter();
        requests.extend(records.map(|record| of_application(application, record, manifest)));
    }
    describe_own(&mut requests, corpus);
    requests
}

/// Applies the labels that our own authors state; an author counts as one unit, whatever its editions.
fn describe_own(requests: &mut [LabeledRequest<'_>], corpus: &Corpus) {
    let mut sizes = BTreeMap::<&str, usize>::new();
    for request in requests.iter() {
        if corpus.authors.contains_key(request.group) {
            *sizes.entry(request.group).or_default() += 1;
        }
    }
    for request in requests {
        let Some(author) = corpus.authors.get(request.group) else {
            continue;
        };
        request.unit_size = sizes[request.group];
        request.weight = author.weight;
        request.origin = Origin::Own;
        request.targets = [Target::Absent; CUE_COUNT];
        for (cues, target) in [
            (&author.optional_cues, Target::Unknown),
            (&author.cues, Target::Carried),
        ] {
            for cue in cues {
                request.targets[cue.index()] = target;
            }
        }
        if let Some(intent) = author.technique.and_then(intent_of) {
            request.targets[intent.index()] = Target::Carried;
        }
    }
}

fn of_pipeline<'a>(
    pipeline: &'a Pipeline,
    record: &'a PoolRecord,
    manifest: &CueManifest,
) -> LabeledRequest<'a> {
    let entry = manifest.source(true, &pipeline.name, record);
    let mut targets = entry.map_or([Target::Unknown; CUE_COUNT], |entry| entry.targets);
    let bare = pipeline.ambiguous || entry.is_some_and(|entry| entry.bare);
    let technique = entry
        .and_then(|entry| entry.technique)
        .or_else(|| techniques_of_family(&record.family).first().copied());
    let intent = technique.and_then(intent_of);
    for cue in Cue::INTENT {
        targets[cue.index()] = match (bare, intent == Some(cue)) {
            (true, _) => Target::Unknown,
            (false, true) => Target::Carried,
            (false, false) => Target::Absent,
        };
    }
    LabeledRequest {
        record,
        unit: &pipeline.name,
        group: &pipeline.group,
        extraction: true,
        origin: if pipeline.ambiguous {
            Origin::Harness
        } else {
            Origin::Pipeline
        },
        bare,
        partition: pipeline.partition,
        licence: pipeline.licence,
        unit_size: pipeline.records.len(),
        weight: 1.0,
        targets,
    }
}

fn of_source<'a>(
    source: &'a BenignSource,
    record: &'a PoolRecord,
    manifest: &CueManifest,
) -> LabeledRequest<'a> {
    let entry = manifest.source(false, &source.name, record);
    LabeledRequest {
        record,
        unit: &source.name,
        group: &source.group,
        extraction: false,
        origin: Origin::Pool,
        bare: false,
        partition: source.partition,
        licence: source.licence,
        unit_size: source.records.len(),
        weight: 1.0,
        targets: without_intent(entry.map_or([Target::Unknown; CUE_COUNT], |entry| entry.targets)),
    }
}

fn of_application<'a>(
    application: &'a Application,
    record: &'a PoolRecord,
    manifest: &CueManifest,
) -> LabeledRequest<'a> {
    let entry = manifest.application(
        &application.id,
        &application.category,
        application.confusable.as_deref(),
    );
    LabeledRequest {
        record,
        unit: &application.id,
        group: &application.group,
        extraction: false,
        origin: Origin::Application,
        bare: false,
        partition: application.partition,
        licence: application.licence,
        unit_size: application.records.len(),
        weight: 1.0,
        targets: without_intent(entry.map_or([Target::Unknown; CUE_COUNT], |entry| entry.targets)),
    }
}

fn without_intent(mut targets: [Target; CUE_COUNT]) -> [Target; CUE_COUNT] {
    for cue in Cue::INTENT {
        targets[cue.index()] = Target::Absent;
    }
    targets
}

/// Minimum weight of a pipeline or benign pool, in requests of weight 1: a way of asking for which we could only write
/// a few examples must still be learned.
const SOURCE_WEIGHT_MIN: f32 = 25.0;
/// The same of an application. With about a third of a pool's weight, applications that were left out were told from
/// pipelines better than with an eighth; more made no difference.
const APPLICATION_WEIGHT_MIN: f32 = 8.0;

/// Balances languages: makes pipelines' requests as rare among the benign ones of each language as they are overall, so
/// that no language becomes evidence of extraction (reweighing: Kamiran & Calders 2012).
struct LanguageBalance<'a> {
    /// Total weight of benign requests and of pipelines' requests, by language.
    totals: BTreeMap<&'a str, [f32; 2]>,
    overall: f32,
}

/// Maximum correction factor, for languages whose few sources say little about their balance.
const LANGUAGE_FACTOR_MAX: f32 = 4.0;

impl<'a> LanguageBalance<'a> {
    fn of(requests: &[LabeledRequest<'a>], weight: impl Fn(&LabeledRequest<'a>) -> f32) -> Self {
        let mut totals = BTreeMap::<&str, [f32; 2]>::new();
        for request in requests.iter().filter(|request| !request.bare) {
            let total = totals.entry(&request.record.language).or_default();
            total[usize::from(request.extraction)] += weight(request);
        }
        let sum = |kind: usize| totals.values().map(|total| total[kind]).sum::<f32>();
        let overall = sum(1) / sum(0).max(f32::MIN_POSITIVE);
        Self { totals, overall }
    }

    /// Returns the factor of a request: 1 for benign requests, and in languages that occur on one side only.
    fn factor(&self, request: &LabeledRequest<'_>) -> f32 {
        let total = self.totals.get(request.record.language.as_str());
        match total {
            Some([benign, extraction])
                if request.extraction && *benign > 0.0 && *extraction > 0.0 =>
            {
                let wanted = self.overall * benign / extraction;
                wanted.clamp(1.0 / LANGUAGE_FACTOR_MAX, LANGUAGE_FACTOR_MAX)
            }
            _ => 1.0,
        }
    }
}

/// Returns the requests as training examples: rows of the table, and a weight by which a unit counts as the square root
/// of its size, so that neither a large source nor a handful of requests dominates. Weights average to 1.
pub(crate) fn examples(requests: &[LabeledRequest<'_>], vocabulary: &Vocabulary) -> Vec<Example> {
    let weight = |request: &LabeledRequest<'_>| {
        let size = request.unit_size as f32;
        let floor = match request.origin {
            Origin::Own => 0.0,
            Origin::Application => APPLICATION_WEIGHT_MIN,
            Origin::Pipeline | Origin::Harness | Origin::Pool => SOURCE_WEIGHT_MIN,
        };
        request.weight * (1.0 / size.sqrt()).max(floor / size)
    };
    let balance = LanguageBalance::of(requests, weight);
    let weight = |request: &LabeledRequest<'_>| weight(request) * balance.factor(request);
    let mean = requests.iter().map(weight).sum::<f32>() / requests.len().max(1) as f32;
    requests
        .par_iter()
        .map_init(Scratch::default, |scratch, request| {
            let record = request.record;
            let system = record.system.as_ref().map(|text| text.expose().as_str());
            let messages = record
                .messages
                .iter()
                .map(|message| (message.role, message.content.expose().as_str()));
            read_rows(vocabulary, &TextView::new(system, messages), scratch);
            Example {
                rows: scratch.rows().clone(),
                targets: request.targets,
                weight: weight(request) / mean,
            }
        })
        .collect()
}
