//! The contents of the chosen sides of the split, sorted by the population that would send them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::blend::common_affixes;
use super::topic::Topic;
use crate::domain::PoolRecord;
use crate::simulate::corpus::{Application, Corpus, CorpusView};
use crate::simulate::prompt::request_sequence::Donor;
use crate::simulate::prompt::request_spec::{RecordRef, Unit, last_text};

/// Minimum number of records of a separate stage.
const STAGE_RECORDS: usize = 40;

/// Number of leading characters by which templates are distinguished.
const HEAD_CHARACTERS: usize = 24;

/// Families of benign sources, and categories of applications, that translate or label a corpus from end to end.
const BATCH_FAMILIES: [&str; 4] = ["app_translate", "app_classify", "app_extract", "moderation"];
const BATCH_CATEGORIES: [&str; 4] = ["translation", "classification", "extraction", "moderation"];

/// Records that one account could work through: one template, one language, or one kind of conversation.
#[derive(Clone)]
pub(crate) struct RecordSet {
    pub(crate) unit: Unit,
    /// Unit of splitting.
    pub(crate) group: String,
    /// Name of the pipeline, application group or source, for labels.
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) records: Arc<[u32]>,
}

/// An extraction pipeline, divided into its stages.
pub(crate) struct StagedPipeline {
    pub(crate) stages: Vec<RecordSet>,
}

/// All requests that may be assigned to accounts of a scenario, in a fixed order.
pub(crate) struct RecordSets<'c> {
    pub(crate) corpus: &'c Corpus,
    /// Pipelines by lineage group.
    pub(crate) pipelines: Vec<Vec<StagedPipeline>>,
    /// Applications by group, each group equally likely.
    pub(crate) tenants: Vec<Vec<RecordSet>>,
    pub(crate) consumers: Vec<RecordSet>,
    pub(crate) developers: Vec<RecordSet>,
    pub(crate) evaluators: Vec<RecordSet>,
    pub(crate) classrooms: Vec<RecordSet>,
    /// Applications that translate or label; tenants run them too.
    pub(crate) batches: Vec<RecordSet>,
    around: Vec<Option<(u32, u32)>>,
    inputs: BTreeMap<(String, String), Arc<[Donor]>>,
}

impl<'c> RecordSets<'c> {
    /// Sorts the units of a view.
    pub(crate) fn new(view: CorpusView<'c>) -> Self {
        let mut record_sets = Self {
            corpus: view.corpus(),
            pipelines: pipelines(view),
            tenants: Vec::new(),
            consumers: Vec::new(),
            developers: Vec::new(),
            evaluators: Vec::new(),
            classrooms: Vec::new(),
            batches: Vec::new(),
            around: Vec::new(),
            inputs: BTreeMap::new(),
        };
        record_sets.add_sources(view);
        record_sets.add_applications(view);
        record_sets
    }

    /// Returns the number of bytes before and after an application's input, if its message has one input and nothing
    /// else varies.
    pub(crate) fn around(&self, unit: Unit) -> Option<(u32, u32)> {
        let Unit::Application(position) = unit else {
            return None;
        };
        self.around[position as usize]
    }

    /// Returns the unit of splitting of a unit of the corpus.
    pub(crate) fn group(&self, unit: Unit) -> &'c str {
        let corpus = self.corpus;
        match unit {
            Unit::Pipeline(index) => &corpus.pipelines[index as usize].group,
            Unit::Harness(index) => &corpus.harnesses[index as usize].group,
            Unit::Source(index) => &corpus.sources[index as usize].group,
            Unit::Application(index) => &corpus.applications[index as usize].group,
        }
    }

    /// Returns the inputs of applications of the same kind and language.
    pub(crate) fn inputs_like(&self, unit: Unit) -> Arc<[Donor]> {
        let Unit::Application(position) = unit else {
            return Arc::default();
        };
        let application = &self.corpus.applications[position as usize];
        let inputs = self.inputs.get(&kind(application));
        inputs.map_or_else(Arc::default, Arc::clone)
    }

    /// Returns the subject of a record's question.
    pub(crate) fn topic(&self, unit: Unit, record: u32) -> Topic {
        let first = &self.corpus.records(unit)[record as usize];
        let asked = first.messages.first();
        Topic::of(asked.map_or("", |message| message.content.expose()))
    }

    fn add_sources(&mut self, view: CorpusView<'_>) {
        for (position, source) in self.corpus.sources.iter().enumerate() {
            if !view.has_source(source) {
                continue;
            }
            let unit = Unit::Source(position as u32);
            for (family, records) in by(&source.records, |record| record.family.clone()) {
                let record_sets =
                    split_by_language(unit, &source.group, &source.name, &source.records, &records);
                match family.as_str() {
                    "organic_chat" | "organic_qa" => self.consumers.extend(record_sets),
                    "organic_dev" => self.developers.extend(record_sets),
                    "tutoring" => self.classrooms.extend(record_sets),
                    "app_agent_code" | "app_agent_tools" => {
                        self.developers
                            .extend(stages_of_all(self.corpus, &record_sets));
                    }
                    "app_judge_eval" | "bench_reasoning" | "bench_mcq" | "bench_code" => {
                        self.evaluators
                            .extend(stages_of_all(self.corpus, &record_sets));
                    }
                    _ => {
                        let stages = stages_of_all(self.corpus, &record_sets);
                        if BATCH_FAMILIES.contains(&family.as_str()) {
                            self.batches.extend(stages.iter().cloned());
                        }
                        self.tenants
                            .extend(stages.into_iter().map(|stage| vec![stage]));
                    }
                }
            }
        }
        for (position, harness) in self.corpus.harnesses.iter().enumerate() {
            if view.has_pipeline(harness) {
                let unit = Unit::Harness(position as u32);
                let all: Vec<u32> = (0..harness.records.len() as u32).collect();
                let record_sets =
                    split_by_language(unit, &harness.group, &harness.name, &harness.records, &all);
                self.evaluators
                    .extend(stages_of_all(self.corpus, &record_sets));
            }
        }
    }

    fn add_applications(&mut self, view: CorpusView<'_>) {
        let mut groups = BTreeMap::<&str, Vec<RecordSet>>::new();
        let mut inputs = BTreeMap::<(String, String), Vec<Donor>>::new();
        for (position, application) in self.corpus.applications.iter().enumerate() {
            let used = view.has_application(application) && !application.records.is_empty();
            let around = used.then(|| around_input(application)).flatten();
            self.around.push(around);
            if !used {
                continue;
            }
            let unit = Unit::Application(position as u32);
            let record_set = || RecordSet {
                unit,
                group: application.group.clone(),
                name: application.group.clone(),
                language: application.language.clone(),
                records: (0..application.records.len() as u32).collect(),
            };
            if let Some(around) = around {
                let records = 0..application.records.len() as u32;
                let donors = records.map(|record| Donor {
                    source: RecordRef { unit, record },
                    around,
                });
                inputs.entry(kind(application)).or_default().extend(donors);
            }
            match application.category.as_str() {
                "code_agent" => self.developers.push(record_set()),
                "judge_own_product" => self.evaluators.push(record_set()),
                "tutoring" => self.classrooms.push(record_set()),
                category if BATCH_CATEGORIES.contains(&category) => self.batches.push(record_set()),
                _ => {}
            }
            groups
                .entry(&application.group)
                .or_default()
                .push(record_set());
        }
        self.tenants.extend(groups.into_values());
        let inputs = inputs.into_iter();
        self.inputs = inputs.map(|(kind, donors)| (kind, donors.into())).collect();
    }
}

fn pipelines(view: CorpusView<'_>) -> Vec<Vec<StagedPipeline>> {
    let corpus = view.corpus();
    let mut groups = BTreeMap::<&str, Vec<StagedPipeline>>::new();
    for (position, pipeline) in corpus.pipelines.iter().enumerate() {
        if !view.has_pipeline(pipeline) || pipeline.records.is_empty() {
            continue;
        }
        let unit = Unit::Pipeline(position as u32);
        let families = by(&pipeline.records, |record| record.family.clone());
        let mut stages = Vec::new();
        for records in families.into_values() {
            let whole = RecordSet {
                unit,
                group: pipeline.group.clone(),
                name: pipeline.name.clone(),
                language: main_language(&pipeline.records, &records),
                records: records.into(),
            };
            stages.extend(stages_of(corpus, &whole));
        }
        let group = groups.entry(&pipeline.group).or_default();
        group.push(StagedPipeline { stages });
    }
    groups.into_values().collect()
}

fn split_by_language(
    unit: Unit,
    group: &str,
    name: &str,
    all: &[PoolRecord],
    records: &[u32],
) -> Vec<RecordSet> {
    let mut languages = BTreeMap::<&str, Vec<u32>>::new();
    for record in records {
        let language = all[*record as usize].language.as_str();
        languages.entry(language).or_default().push(*record);
    }
    languages
        .into_iter()
        // A few records in another language are noise in the language tags.
        .filter(|(_, records)| records.len() >= 10)
        .map(|(language, records)| RecordSet {
            unit,
            group: group.to_owned(),
            name: name.to_owned(),
            language: language.to_owned(),
            records: records.into(),
        })
        .collect()
}

fn stages_of_all(corpus: &Corpus, record_sets: &[RecordSet]) -> Vec<RecordSet> {
    record_sets
        .iter()
        .flat_map(|record_set| stages_of(corpus, record_set))
        .collect()
}

/// Splits a record set by the start of its prompts; records without a template of their own stay together.
fn stages_of(corpus: &Corpus, record_set: &RecordSet) -> Vec<RecordSet> {
    let all = corpus.records(record_set.unit);
    let mut heads = BTreeMap::<String, Vec<u32>>::new();
    for record in record_set.records.iter() {
        heads
            .entry(head(&all[*record as usize]))
            .or_default()
            .push(*record);
    }
    let (stages, rest): (Vec<Vec<u32>>, Vec<Vec<u32>>) = heads
        .into_values()
        .partition(|records| records.len() >= STAGE_RECORDS);
    let mut rest: Vec<u32> = rest.into_iter().flatten().collect();
    rest.sort_unstable();
    let mut stages = stages;
    if rest.len() >= STAGE_RECORDS || stages.is_empty() {
        stages.push(rest);
    }
    stages
        .into_iter()
        .map(|records| RecordSet {
            unit: record_set.unit,
            group: record_set.group.clone(),
            name: record_set.name.clone(),
            language: main_language(all, &records),
            records: records.into(),
        })
        .collect()
}

fn head(record: &PoolRecord) -> String {
    let system = record.system.as_ref().map_or("", |text| text.expose());
    let first = record.messages.first();
    let first = first.map_or("", |message| message.content.expose());
    let characters = system.chars().chain(first.chars());
    characters.take(HEAD_CHARACTERS).collect()
}

fn main_language(all: &[PoolRecord], records: &[u32]) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for record in records {
        *counts.entry(&all[*record as usize].language).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map(|(language, _)| language.to_owned())
        .unwrap_or_default()
}

fn by<K: Ord>(records: &[PoolRecord], key: impl Fn(&PoolRecord) -> K) -> BTreeMap<K, Vec<u32>> {
    let mut groups = BTreeMap::<K, Vec<u32>>::new();
    for (position, record) in records.iter().enumerate() {
        groups.entry(key(record)).or_default().push(position as u32);
    }
    groups
}

fn kind(application: &Application) -> (String, String) {
    (application.input_kind.clone(), application.language.clone())
}

/// Returns the number of bytes before and after the input of an application's messages, or `None` if more than one part
/// of them varies.
fn around_input(application: &Application) -> Option<(u32, u32)> {
    let slots = application.user_template.as_deref().map_or(1, slots_of);
    if slots != 1 {
        return None;
    }
    let texts: Vec<&str> = application.records.iter().map(last_text).collect();
    if texts.len() < 3 {
        // Too few messages to determine the fixed part; with a system prompt, the message is the input alone.
        return application.system.as_ref().map(|_| (0, 0));
    }
    let (before, after) = common_affixes(&texts);
    Some((before as u32, after as u32))
}

/// Returns the number of different `{name}` slots of a template.
fn slots_of(template: &str) -> usize {
    let mut names: Vec<&str> = template
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.trim())
        .filter(|name| !name.is_empty() && name.len() <= 40)
        .filter(|name| {
            name.chars()
                .all(|c| c.is_alphanumeric() || "_.-".contains(c))
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

#[cfg(test)]
mod tests {
    use super::slots_of;

    #[test]
    fn slots_are_counted_by_name() {
        assert_eq!(slots_of("Translate {text} into {language}: {text}"), 2);
        assert_eq!(slots_of("Answer {{question}}."), 1);
        assert_eq!(slots_of("Give JSON like {\"a\": 1}"), 0);
    }
}
