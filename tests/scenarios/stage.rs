//! The stage: accounts that ask, the engine of the shipped bundle that listens, and what is asserted of both sides.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use stillwatch::bundle::Bundle;
use stillwatch::detect::{MeasureIndex, MeasureValues};
use stillwatch::domain::{
    Assessment, Client, Exchange, FinishReason, Message, Parameters, Recommendation, Response,
    Role, Sensitive, Technique, TechniqueRisk, Timestamp,
};
use stillwatch::engine::Engine;
use stillwatch::privacy::PseudonymKey;
use stillwatch::profile::Profile;

const MINUTE_MICROS: i64 = 60_000_000;
/// 2026-05-28T20:26:40Z.
const START: i64 = 1_780_000_000_000_000;

/// One engine for all scenarios: accounts do not touch each other.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let bundle = Bundle::embedded().expect("the shipped bundle loads");
    Engine::new(bundle.into_engine_parts(PseudonymKey::offline()), 10_000)
});

/// A request without anything but its text, answered normally.
pub(crate) fn ask(minute: i64, text: impl Into<String>) -> Exchange {
    Exchange {
        id: None,
        time: Timestamp::from_micros(START + minute * MINUTE_MICROS),
        account: String::new(),
        organization: None,
        conversation: None,
        model: "sonnet-4.6".to_owned(),
        system: None,
        messages: vec![Message {
            role: Role::User,
            content: Sensitive::new(text.into()),
        }],
        tools: Vec::new(),
        parameters: Parameters::default(),
        response: Response {
            finish_reason: Some(FinishReason::Stop),
            status: Some(200),
            ..Response::default()
        },
        client: Client::default(),
    }
}

/// The request under an application's instructions.
pub(crate) fn under(system: &str, mut exchange: Exchange) -> Exchange {
    exchange.system = Some(Sensitive::new(system.to_owned()));
    exchange
}

/// The request, refused.
pub(crate) fn refused(mut exchange: Exchange) -> Exchange {
    exchange.response.finish_reason = Some(FinishReason::ContentFilter);
    exchange
}

/// The request, to another model.
pub(crate) fn to(model: &str, mut exchange: Exchange) -> Exchange {
    model.clone_into(&mut exchange.model);
    exchange
}

/// The request of one program, in one conversation.
pub(crate) fn from(program: &str, conversation: &str, mut exchange: Exchange) -> Exchange {
    exchange.client.user_agent = Some(Sensitive::new(program.to_owned()));
    exchange.conversation = Some(conversation.to_owned());
    exchange
}

/// One request a minute, made of its number.
pub(crate) fn every_minute(count: i64, request: impl Fn(usize) -> String) -> Vec<Exchange> {
    (0..count).map(|n| ask(n, request(n as usize))).collect()
}

/// How an account stands at the end of its play, and what was said of it on the way.
pub(crate) struct Seen {
    name: String,
    profile: Box<Profile>,
    measures: MeasureValues,
    assessments: Vec<Assessment>,
}

/// Plays one account, which nobody played before.
pub(crate) fn play(name: &str, mut exchanges: Vec<Exchange>) -> Seen {
    static PLAYED: AtomicUsize = AtomicUsize::new(0);
    let account = format!("{name} {}", PLAYED.fetch_add(1, Ordering::Relaxed));
    for exchange in &mut exchanges {
        account.clone_into(&mut exchange.account);
    }
    let assessments = ENGINE.score_batch(&exchanges);
    let key = PseudonymKey::offline().account(&account);
    let profile = ENGINE.profile(key).expect("the account was just played");
    Seen {
        name: name.to_owned(),
        measures: MeasureValues::of(&profile),
        profile: Box::new(profile),
        assessments,
    }
}

impl Seen {
    /// The measure `code`; NaN where it could not be taken.
    pub(crate) fn value(&self, code: &str) -> f64 {
        let measure = MeasureIndex::of_code(code);
        let measure = measure.unwrap_or_else(|| panic!("no measure {code}"));
        self.measures.get(measure).unwrap_or(f64::NAN)
    }

    /// What is remembered of the account.
    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// How the account stands at last.
    pub(crate) fn last(&self) -> &Assessment {
        self.assessments.last().expect("a play has a request")
    }

    /// The technique whose risk is the largest, if any is told.
    pub(crate) fn strongest(&self) -> Option<Technique> {
        TechniqueRisk::strongest(&self.last().techniques).map(|found| found.technique)
    }

    /// That no reviewer is ever sent to this account.
    pub(crate) fn is_left_alone(&self) {
        for assessment in &self.assessments {
            assert!(
                assessment.recommendation < Recommendation::Review,
                "{} after {} exchanges: {}",
                self.name,
                assessment.seen,
                assessment.recommendation.name()
            );
        }
    }

    /// That each of `codes` is at least half as much again here as on the benign side.
    pub(crate) fn stands_above(&self, benign: &Self, codes: &[&str]) {
        for code in codes {
            let (here, there) = (self.value(code), benign.value(code));
            assert!(
                here > 1.5 * there,
                "{code}: {} has {here}, {} has {there}",
                self.name,
                benign.name
            );
        }
    }

    /// That the score, which all that weighs adds up to, is higher here.
    pub(crate) fn scores_above(&self, benign: &Self) {
        assert!(
            self.last().score > benign.last().score,
            "{} scores {}, {} scores {}",
            self.name,
            self.last().score,
            benign.name,
            benign.last().score
        );
    }

    /// That the strongest technique, and the first reason that speaks for one, are `technique`.
    pub(crate) fn is_named(&self, technique: Technique) {
        assert_eq!(self.strongest(), Some(technique), "{}", self.name);
        let reason = self
            .last()
            .reasons
            .iter()
            .find(|reason| reason.contribution > 0.0);
        assert_eq!(
            reason.and_then(|reason| reason.technique),
            Some(technique),
            "{}",
            self.name
        );
    }
}
