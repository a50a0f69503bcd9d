//! Renders the script of an account: forms with names in braces, on a clock.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::disguise::Disguise;
use super::file::{Cover, Line, answered};
use crate::domain::{Exchange, FinishReason, Message, Response, Role, Timestamp, Tool};
use crate::simulate::own::file::Text;
use crate::simulate::own::parts::Parts;
use crate::simulate::own::render::{Missing, Renderer, Wording};
use crate::simulate::rng::SeededRng;

/// Draws for a request that the account has not sent; then one is sent again.
const PATIENCE: usize = 40;
/// Time of the first request of the earliest account: 2026-09-01, 06:00 UTC.
const START: i64 = 1_788_242_400_000_000;
/// Hours over which accounts begin.
const SPREAD: f64 = 12.0;
/// Shortest time between two requests, in seconds.
const GAP_MIN: f64 = 4.0;
const SECOND: f64 = 1_000_000.0;
/// The model that is asked.
const MODEL: &str = "opus-4.6";
/// Stands for the harvest in a form until it has been disguised; no text of the set has this character.
const PLACE: &str = "\u{e000}";

/// Everything that an account sends.
pub(super) struct Script {
    pub(super) system: Option<String>,
    pub(super) messages: Vec<Line>,
    /// Parts, of which the account keeps one each.
    pub(super) parts: Parts,
    /// Inputs, which each request draws.
    pub(super) inputs: Arc<Parts>,
    /// Number of requests without cover.
    pub(super) count: usize,
    /// Mean time between requests.
    pub(super) minutes: f64,
    pub(super) tools: Vec<String>,
    /// What `{harvest}` in a form stands for, and what is done to it.
    pub(super) harvest: Option<(String, Disguise)>,
    /// Honest requests among them, and their texts.
    pub(super) cover: Option<(Cover, Vec<String>)>,
}

/// A rendered request.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    system: Option<String>,
    messages: Vec<(Role, String)>,
}

impl Script {
    pub(super) fn len(&self) -> usize {
        let cover = self.cover.as_ref().map_or(0, |(cover, _)| {
            cover.before + cover.each * self.count + cover.after
        });
        self.count + cover
    }

    pub(super) fn exchanges(&self, account: &str) -> Result<Vec<Exchange>, Missing> {
        let mut rng = SeededRng::new(0, account);
        let text = Text {
            language: String::new(),
            system: Vec::new(),
            user: vec![String::new()],
            turns: Vec::new(),
            parts: self.parts.clone(),
        };
        let wording = Wording::draw(&text, &mut rng);
        let mut sheet = Sheet::new(account, self.minutes, &mut rng);
        let mut sent = BTreeSet::new();
        let amounts = self.cover.as_ref().map(|(cover, _)| cover);
        let [before, each, after] = amounts.map_or([0; 3], |c| [c.before, c.each, c.after]);
        self.covered(before, &mut sheet, &mut rng)?;
        for _ in 0..self.count {
            let mut request = self.request(&wording, &mut rng)?;
            for _ in 0..PATIENCE {
                if !sent.contains(&request) {
                    break;
                }
                request = self.request(&wording, &mut rng)?;
            }
            sheet.add(request.clone(), &self.tools, answered(), &mut rng);
            sent.insert(request);
            self.covered(each, &mut sheet, &mut rng)?;
        }
        self.covered(after, &mut sheet, &mut rng)?;
        Ok(sheet.exchanges)
    }

    /// Adds honest requests.
    fn covered(
        &self,
        count: usize,
        sheet: &mut Sheet<'_>,
        rng: &mut SeededRng,
    ) -> Result<(), Missing> {
        let Some((cover, texts)) = &self.cover else {
            return Ok(());
        };
        for _ in 0..count {
            let text = self.drawn(texts, rng)?;
            let request = Request {
                system: None,
                messages: vec![(Role::User, text)],
            };
            sheet.add(request, &[], cover.status, rng);
        }
        Ok(())
    }

    /// Renders one of `texts` with inputs alone.
    fn drawn(&self, texts: &[String], rng: &mut SeededRng) -> Result<String, Missing> {
        let text = rng.pick(texts);
        Renderer::new(&Wording::default(), &self.inputs, rng).render(text)
    }

    fn request(&self, wording: &Wording<'_>, rng: &mut SeededRng) -> Result<Request, Missing> {
        let mut renderer = Renderer::new(wording, &self.inputs, rng);
        let system = self.system.as_deref();
        let mut system = system.map(|text| renderer.render(text)).transpose()?;
        let render = |line: &Line| {
            let (role, text) = match line {
                Line::User(text) => (Role::User, text),
                Line::Assistant(text) => (Role::Assistant, text),
                Line::Tool(text) => (Role::Tool, text),
            };
            Ok((role, renderer.render(text)?))
        };
        let messages = self.messages.iter().map(render);
        let mut messages: Vec<(Role, String)> = messages.collect::<Result<_, _>>()?;
        if let Some((harvest, disguise)) = &self.harvest {
            let plain = renderer.render(harvest)?;
            let filler = self.inputs.get("filler").map_or(&[][..], Vec::as_slice);
            let harvest = disguise.apply(&plain, || {
                if filler.is_empty() {
                    return Err(Missing("filler".to_owned()));
                }
                self.drawn(filler, rng)
            })?;
            let texts = messages.iter_mut().map(|(_, text)| text);
            for text in texts.chain(system.as_mut()) {
                *text = text.replace(PLACE, &harvest);
            }
        }
        Ok(Request { system, messages })
    }

    /// Returns the part that stands for the harvest in a form.
    pub(super) fn place() -> Vec<String> {
        vec![PLACE.to_owned()]
    }
}

/// The exchanges of an account so far, and its clock.
struct Sheet<'a> {
    account: &'a str,
    seconds: f64,
    now: f64,
    exchanges: Vec<Exchange>,
}

impl<'a> Sheet<'a> {
    fn new(account: &'a str, minutes: f64, rng: &mut SeededRng) -> Self {
        Self {
            account,
            seconds: 60.0 * minutes,
            now: 3_600.0 * SPREAD * rng.unit(),
            exchanges: Vec::new(),
        }
    }

    fn add(&mut self, request: Request, tools: &[String], status: u16, rng: &mut SeededRng) {
        let message = |(role, text): (Role, String)| Message {
            role,
            content: text.into(),
        };
        let answered = status < 400;
        self.exchanges.push(Exchange {
            id: Some(format!("{}-{}", self.account, self.exchanges.len())),
            time: Timestamp::from_micros(START + (self.now * SECOND) as i64),
            account: self.account.to_owned(),
            model: MODEL.to_owned(),
            system: request.system.map(Into::into),
            messages: request.messages.into_iter().map(message).collect(),
            tools: tools.iter().map(|name| Tool::from(name.as_str())).collect(),
            response: Response {
                status: Some(status),
                finish_reason: answered.then_some(FinishReason::Stop),
                ..Response::default()
            },
            ..Exchange::default()
        });
        self.now += rng.exponential(self.seconds).max(GAP_MIN);
    }
}
