//! Popular honest templates: agents, defaults of libraries, front ends and prompts that people copy, each used by many
//! unrelated accounts with inputs of their own. Without them "many accounts share it" would convict without a look at
//! what is asked. Must not know extraction.

use crate::domain::GroupKind;
use crate::simulate::behaviour::population::Population;
use crate::simulate::plan::group::Group;
use crate::simulate::prompt::record_sets::{RecordSet, RecordSets};
use crate::simulate::prompt::request_spec::{RecordRef, Unit};
use crate::simulate::rng::SeededRng;
use crate::simulate::scenario::Benign;

/// Kinds of input that a person or a developer would type, so that their questions fit the template.
const TYPED: [&str; 10] = [
    "q",
    "task",
    "chatmsg",
    "chat",
    "prompt",
    "q_code",
    "task_code",
    "codeq",
    "message",
    "question",
];

/// Maximum number of templates of one circle of users.
const TEMPLATES_MOST: usize = 1_000;

/// Share of the templates of people that are prompts copied from each other; the others are front ends.
const COPIED: f64 = 0.4;

/// The templates of one circle of users, the most popular first.
#[derive(Default)]
pub(crate) struct PopularTemplates {
    pub(crate) templates: Vec<Template>,
    /// Relative number of users of each, Zipf with exponent 1 up to the largest group.
    weights: Vec<f64>,
}

/// An application's template: everything of its first request but the input.
pub(crate) struct Template {
    pub(crate) group: Group,
    /// Unit of splitting of the application.
    pub(crate) unit: String,
    pub(crate) language: String,
    pub(crate) frame: RecordRef,
    /// Bytes of the frame's last message before and after its input.
    pub(crate) around: (u32, u32),
}

/// The circles whose members share templates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Circle {
    People,
    Developers,
    Programs,
}

/// The popular templates of a stream, one list for each circle of users.
#[derive(Default)]
pub(crate) struct Popular {
    pub(crate) people: PopularTemplates,
    pub(crate) developers: PopularTemplates,
    pub(crate) programs: PopularTemplates,
}

impl Circle {
    pub(crate) const fn of(population: Population) -> Option<Self> {
        match population {
            Population::Consumer => Some(Self::People),
            Population::Developer => Some(Self::Developers),
            Population::Tenant | Population::Organisation => Some(Self::Programs),
            _ => None,
        }
    }
}

impl Popular {
    /// Draws the templates of a stream. They depend on its benign accounts alone, so that extraction changes none.
    pub(crate) fn new(benign: &Benign, record_sets: &RecordSets<'_>, seed: u64) -> Self {
        let mut rng = SeededRng::new(seed, "popular templates");
        let mut candidates = candidates(record_sets);
        rng.shuffle(&mut candidates);
        let weights = benign.populations.weights();
        let all: f64 = weights.iter().sum();
        let mut draw = |circle: Circle, prefix: &str| {
            let users = Population::ALL.iter().zip(&weights);
            let users = users.filter(|(population, _)| Circle::of(**population) == Some(circle));
            let users = users.map(|(population, weight)| {
                f64::from(benign.accounts) * share(benign, *population) * weight / all
            });
            let users: f64 = users.sum();
            let sizes = sizes(users, benign.popular.least, benign.popular.most);
            let count = sizes.len().min(candidates.len());
            let drawn = candidates.split_off(candidates.len() - count).into_iter();
            let drawn = drawn.enumerate();
            PopularTemplates {
                templates: drawn
                    .map(|(position, (record_set, around))| Template {
                        group: Group {
                            name: format!("{prefix}-{}", position + 1),
                            kind: if circle == Circle::People && rng.chance(COPIED) {
                                GroupKind::Viral
                            } else {
                                GroupKind::Tool
                            },
                        },
                        unit: record_set.group.clone(),
                        language: record_set.language.clone(),
                        frame: shortest(record_sets, record_set),
                        around,
                    })
                    .collect(),
                weights: sizes[..count].to_vec(),
            }
        };
        Self {
            people: draw(Circle::People, "front-end"),
            developers: draw(Circle::Developers, "agent"),
            programs: draw(Circle::Programs, "library"),
        }
    }
}

impl PopularTemplates {
    /// Draws a template by its popularity, among those in `language` if there are any.
    pub(crate) fn draw(&self, language: Option<&str>, rng: &mut SeededRng) -> usize {
        let speaks = |template: &Template| Some(template.language.as_str()) == language;
        let some = self.templates.iter().any(speaks);
        let weights: Vec<f64> = self
            .templates
            .iter()
            .zip(&self.weights)
            .map(|(template, weight)| {
                if some && !speaks(template) {
                    0.0
                } else {
                    *weight
                }
            })
            .collect();
        rng.weighted(&weights)
    }
}

/// Returns the share of a population's accounts that use a popular template.
pub(crate) const fn share(benign: &Benign, population: Population) -> f64 {
    let popular = &benign.popular;
    match population {
        Population::Consumer => popular.consumer,
        Population::Developer => popular.developer,
        Population::Tenant => popular.tenant,
        Population::Organisation => popular.organisation,
        _ => 0.0,
    }
}

/// Divides `users` into groups whose sizes follow Zipf's law: as many as leave `least` users to the smallest, none
/// larger than `most`; no group without users.
fn sizes(users: f64, least: f64, most: f64) -> Vec<f64> {
    if users < 1.0 {
        return Vec::new();
    }
    let mut harmonic = 0.0;
    let mut groups = 0;
    while groups < TEMPLATES_MOST {
        let more = harmonic + 1.0 / (groups as f64 + 1.0);
        if groups > 0 && users / more / (groups as f64 + 1.0) < least {
            break;
        }
        harmonic = more;
        groups += 1;
    }
    let ranks = (1..=groups).map(|rank| users / harmonic / rank as f64);
    ranks.map(|size| size.min(most)).collect()
}

/// Returns the applications whose one input a person could have typed, one of each group.
fn candidates<'a>(record_sets: &'a RecordSets<'_>) -> Vec<(&'a RecordSet, (u32, u32))> {
    let typed = |record_set: &&RecordSet| match record_set.unit {
        Unit::Application(position) => {
            let application = &record_sets.corpus.applications[position as usize];
            TYPED.contains(&application.input_kind.as_str()) && application.confusable.is_none()
        }
        _ => false,
    };
    let of_group = |group: &'a Vec<RecordSet>| {
        let usable = group.iter().filter(typed);
        let mut around = usable.filter_map(|record_set| {
            let around = record_sets.around(record_set.unit)?;
            Some((record_set, around))
        });
        around.next()
    };
    record_sets.tenants.iter().filter_map(of_group).collect()
}

/// Returns the application's request with the fewest messages, so that no history is repeated with the template.
fn shortest(record_sets: &RecordSets<'_>, record_set: &RecordSet) -> RecordRef {
    let unit = record_set.unit;
    let reference = |record: &u32| RecordRef {
        unit,
        record: *record,
    };
    let requests = record_set.records.iter().map(reference);
    let fewest = requests.min_by_key(|request| record_sets.corpus.record(*request).messages.len());
    fewest.unwrap_or(RecordRef { unit, record: 0 })
}

#[cfg(test)]
mod tests {
    use super::sizes;

    #[test]
    fn groups_follow_zipf_between_the_bounds() {
        let groups = sizes(900.0, 50.0, 10_000.0);
        assert_eq!(groups.len(), 6);
        assert!((groups.iter().sum::<f64>() - 900.0).abs() < 1e-6);
        assert!((groups[0] / groups[5] - 6.0).abs() < 1e-9);
        assert!(groups[5] >= 50.0);
        assert_eq!(sizes(7.0, 50.0, 10_000.0).len(), 1);
        assert!(sizes(0.0, 50.0, 10_000.0).is_empty());
        assert!(
            sizes(1e6, 50.0, 10_000.0)
                .iter()
                .all(|size| *size <= 10_000.0)
        );
    }
}
