//! Shared helpers of the scenarios: exchanges, the engine of the shipped bundle that scores them, and the assertions on
//! both classes.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use stillwatch::internals::bundle::Bundle;
use stillwatch::internals::detect::{MeasureIndex, MeasureValues};
use stillwatch::internals::domain::{
    Assessment, Client, Exchange, FinishReason, Message, Parameters, Recommendation, Response,
    Role, Sensitive, Technique, TechniqueRisk, Timestamp,
};
use stillwatch::internals::engine::Engine;
use stillwatch::internals::privacy::PseudonymKey;
use stillwatch::internals::profile::Profile;

const MINUTE_MICROS: i64 = 60_000_000;
/// 2026-05-28T20:26:40Z.
const START: i64 = 1_780_000_000_000_000;

/// One engine for all scenarios; accounts do not affect each other.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let bundle = Bundle::embedded().expect("the shipped bundle loads");
    Engine::new(bundle.into_engine_parts(PseudonymKey::offline()), 10_000)
});

/// Creates a request with only a text, answered normally.
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
        ..Exchange::default()
    }
}

/// Adds an application's instructions to the request.
pub(crate) fn under(system: &str, mut exchange: Exchange) -> Exchange {
    exchange.system = Some(Sensitive::new(system.to_owned()));
    exchange
}

/// Marks the request as refused.
pub(crate) fn refused(mut exchange: Exchange) -> Exchange {
    exchange.response.finish_reason = Some(FinishReason::ContentFilter);
    exchange
}

/// Sends the request to another model.
pub(crate) fn to(model: &str, mut exchange: Exchange) -> Exchange {
    model.clone_into(&mut exchange.model);
    exchange
}

/// Sends the request from one program, in one conversation.
pub(crate) fn from(program: &str, conversation: &str, mut exchange: Exchange) -> Exchange {
    exchange.client.user_agent = Some(Sensitive::new(program.to_owned()));
    exchange.conversation = Some(conversation.to_owned());
    exchange
}

/// Creates one request per minute, generated from its number.
pub(crate) fn every_minute(count: i64, request: impl Fn(usize) -> String) -> Vec<Exchange> {
    (0..count).map(|n| ask(n, request(n as usize))).collect()
}

/// The result of playing an account: its final profile and measures, and all its assessments.
pub(crate) struct Played {
    name: String,
    profile: Box<Profile>,
    measures: MeasureValues,
    assessments: Vec<Assessment>,
}

/// Scores the exchanges as those of a new account.
pub(crate) fn play(name: &str, mut exchanges: Vec<Exchange>) -> Played {
    static PLAYED: AtomicUsize = AtomicUsize::new(0);
    let account = format!("{name} {}", PLAYED.fetch_add(1, Ordering::Relaxed));
    for exchange in &mut exchanges {
        account.clone_into(&mut exchange.account);
    }
    let assessments = ENGINE.score_batch(&exchanges);
    let key = PseudonymKey::offline().account(&account);
    let profile = ENGINE.profile(key).expect("the account was just played");
    Played {
        name: name.to_owned(),
        measures: MeasureValues::of(&profile),
        profile: Box::new(profile),
        assessments,
    }
}

impl Played {
    /// Returns the measure `code`; NaN if it could not be taken.
    pub(crate) fn value(&self, code: &str) -> f64 {
        let measure = MeasureIndex::of_code(code);
        let measure = measure.unwrap_or_else(|| panic!("no measure {code}"));
        self.measures.get(measure).unwrap_or(f64::NAN)
    }

    /// Returns the account's profile.
    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Returns the last assessment.
    pub(crate) fn last(&self) -> &Assessment {
        self.assessments
            .last()
            .expect("every account has at least one request")
    }

    /// Returns the technique with the highest risk, if any has one.
    pub(crate) fn strongest(&self) -> Option<Technique> {
        TechniqueRisk::strongest(&self.last().techniques).map(|found| found.technique)
    }

    /// Asserts that the account is never recommended for review.
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

    /// Asserts that the account is at least watched after its last exchange.
    pub(crate) fn is_at_least_watched(&self) {
        let recommendation = self.last().recommendation;
        assert!(
            recommendation >= Recommendation::Watch,
            "{}: {}",
            self.name,
            recommendation.name()
        );
    }

    /// Asserts that each of `codes` is more than 1.5 times as high here as for the benign account.
    pub(crate) fn exceeds(&self, benign: &Self, codes: &[&str]) {
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

    /// Asserts that the score, the sum of all weighted evidence, is higher here.
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

    /// Asserts that the strongest technique, and the first reason that supports a technique, are `technique`.
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
