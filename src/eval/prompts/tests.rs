//! Tests on a corpus whose pipelines share wording that benign users never write, plus one pipeline that shares
//! nothing.

use super::{PromptError, PromptTrial, leave_pipelines_out};
use crate::domain::{Message, PoolRecord, Role, Sensitive};
use crate::encoder::Vocabulary;
use crate::eval::baseline::ngram::NgramRecipe;
use crate::eval::metrics::Figure;
use crate::eval::table::Layout;
use crate::simulate::corpus::{BenignSource, Corpus, LicenceClass, Partition, Pipeline};
use crate::train::initial::Start;
use crate::train::manifest::CueManifest;
use crate::train::recipe::Recipe;
use crate::train::vocabulary::train_vocabulary;

const UNITS: usize = 12;
const SIZE: usize = 60;

fn records(
    source: &str,
    family: &str,
    language: &str,
    text: impl Fn(usize) -> String,
) -> Vec<PoolRecord> {
    let record = |n: usize| PoolRecord {
        id: format!("{source}-{n}"),
        source: source.to_owned(),
        family: family.to_owned(),
        language: language.to_owned(),
        system: None,
        messages: vec![Message {
            role: Role::User,
            content: Sensitive::new(text(n)),
        }],
        note: None,
    };
    (0..SIZE).map(record).collect()
}

/// Pipelines that all ask to "write new questions", each in its own style; benign users who write about the same
/// subjects; one pipeline whose prompts are exactly what users write.
fn corpus() -> Corpus {
    const SUBJECTS: [&str; 6] = ["bread", "rivers", "tax", "football", "moons", "glue"];
    let subject = |n: usize| SUBJECTS[n % SUBJECTS.len()];
    let mut corpus = Corpus::default();
    for unit in 0..UNITS {
        let name = format!("pipeline-{unit:02}");
        let requests = records(&name, "instruction_synthesis", "en", |n| {
            let about = subject(n);
            if unit == 0 {
                format!("tell me about {about} please, number {n}")
            } else {
                format!("Style {unit}: write {n} new questions about {about} for a dataset.")
            }
        });
        corpus.pipelines.push(Pipeline {
            group: name.clone(),
            name,
            licence: LicenceClass::Restricted,
            ambiguous: unit == 1,
            partition: Partition::Test,
            records: requests,
        });
        let name = format!("people-{unit:02}");
        let requests = records(&name, "organic_chat", "en", |n| {
            let about = subject(n);
            format!("tell me about {about} please, number {n}")
        });
        corpus.sources.push(BenignSource {
            group: name.clone(),
            name,
            licence: LicenceClass::Permissive,
            partition: Partition::Fit,
            family: "organic_chat".to_owned(),
            records: requests,
        });
    }
    corpus
}

fn trial<'a>(
    corpus: &'a Corpus,
    manifest: &'a CueManifest,
    vocabulary: &'a Vocabulary,
    recipe: &'a Recipe,
    folds: usize,
) -> PromptTrial<'a> {
    PromptTrial {
        corpus,
        manifest,
        vocabulary,
        recipe,
        ngram: NgramRecipe::default(),
        folds,
    }
}

/// The shipped recipe, with enough steps for so few requests.
fn recipe() -> Recipe {
    let mut recipe = Recipe::shipped();
    // The distilled rows belong to the shipped vocabulary; random ones learn at the full rate.
    recipe.text.start = Start::Random;
    recipe.text.vector_rate = 1.0;
    recipe.text.first_scale = 8.0;
    recipe.text.epochs = 6;
    recipe.text.batch = 64;
    recipe
}

fn vocabulary(corpus: &Corpus) -> Vocabulary {
    let records = corpus
        .pipelines
        .iter()
        .flat_map(|pipeline| &pipeline.records);
    let texts: Vec<&str> = records
        .map(|record| record.messages[0].content.expose().as_str())
        .collect();
    Vocabulary::from_json(&train_vocabulary(texts.into_iter(), 320).unwrap()).unwrap()
}

const MANIFEST: &str = "[[source]]\nname = \"pipeline-00\"\nside = \"extraction\"\nbare = true\n";

#[test]
fn what_pipelines_share_is_found_and_what_people_say_too_is_not() {
    let corpus = corpus();
    let manifest = CueManifest::parse(MANIFEST).unwrap();
    let vocabulary = vocabulary(&corpus);
    let recipe = recipe();
    let trial = trial(&corpus, &manifest, &vocabulary, &recipe, 2);
    let report = leave_pipelines_out(&trial, &|_, _| ()).unwrap();
    for model in &report.models {
        let benign: u64 = model.benign.iter().map(|row| row.n).sum();
        assert_eq!(benign, (UNITS * SIZE) as u64, "each is judged once");
        let flagged: u64 = model.benign.iter().map(|row| row.flagged).sum();
        assert!(flagged <= benign / 100, "{}: {flagged}", model.name);
        let applications = model.applications();
        assert_eq!(applications.len(), UNITS);
        let judged: u64 = applications.iter().map(|row| row.n).sum();
        assert_eq!(judged, benign, "each against the others once");
        // The harness, pipeline-01, is not scored; the bare one only as bare.
        assert_eq!(model.rows.len(), UNITS - 1);
        assert_eq!(model.pipelines.len(), UNITS - 2);
        let shared = model.mean_of_pipelines();
        assert!(shared.area > 0.95, "{}: {shared:?}", model.name);
        let bare = model.rows.iter().find(|row| row.bare).unwrap();
        let Figure::Value(area) = bare.power.area else {
            panic!("{} prompts are enough for an area", bare.power.n);
        };
        assert!((0.4..0.6).contains(&area), "{}: {area}", model.name);
    }
    let text = report.tables()[0].render(Layout::Markdown);
    assert!(text.contains("family instruction_synthesis"), "{text}");
    assert_eq!(report, leave_pipelines_out(&trial, &|_, _| ()).unwrap());
}

#[test]
fn a_fold_without_pipelines_is_an_error() {
    let mut corpus = corpus();
    let manifest = CueManifest::parse("").unwrap();
    let vocabulary = vocabulary(&corpus);
    corpus.pipelines.truncate(1);
    let got = leave_pipelines_out(
        &trial(&corpus, &manifest, &vocabulary, &recipe(), 2),
        &|_, _| (),
    );
    assert!(matches!(got, Err(PromptError::OneSided { .. })));
    let got = leave_pipelines_out(
        &trial(&corpus, &manifest, &vocabulary, &recipe(), 1),
        &|_, _| (),
    );
    assert!(matches!(got, Err(PromptError::Folds(1))));
}
