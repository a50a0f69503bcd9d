//! Everything in an exchange other than its text: parameters, client and outcome. There is one distribution per
//! population, shared by both classes: an extracting account has the client profile of a benign population. Must not
//! know an account's label.

use super::machines::{Machines, SessionIds};
use super::population::Population;
use super::priors::{CONSUMER_OUTPUT_TOKENS, DEVELOPER_OUTPUT_TOKENS};
use crate::domain::{Client, FinishReason, Parameters, Response, ResponseFormat, Sensitive};
use crate::simulate::rng::SeededRng;

const BROWSERS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/144.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1",
    "Mozilla/5.0 (Linux; Android 15) Chrome/144.0 Mobile",
    "Mozilla/5.0 (X11; Linux x86_64) Firefox/146.0",
];
const AGENTS: [&str; 3] = [
    "coding-agent/2.1",
    "editor-plugin/0.48",
    "terminal-agent/1.0",
];
const LIBRARIES: [&str; 5] = [
    "python-sdk/0.75",
    "typescript-sdk/0.68",
    "python-httpx/0.28",
    "java-sdk/2.11",
    "go-http-client/2.0",
];
const TOOLS: [&str; 8] = [
    "read_file",
    "write_file",
    "edit",
    "shell",
    "search",
    "fetch",
    "list_files",
    "run_tests",
];
const TEMPERATURES: [f32; 8] = [0.0, 0.0, 0.2, 0.3, 0.5, 0.7, 1.0, 1.0];
const TOKEN_LIMITS: [u32; 7] = [256, 512, 1_024, 2_048, 4_096, 8_192, 16_384];

/// Categories of refusals of benign requests, each equally likely. Benign requests are refused as extraction too, as
/// their users report; how often is an assumption.
const REFUSED_AS: [&str; 8] = [
    "cyber",
    "cyber",
    "bio",
    "self_harm",
    "violence",
    "other",
    "reasoning_extraction",
    "frontier_llm",
];

/// Categories of refusals of attempts at extraction.
const EXTRACTION_REFUSED_AS: [&str; 4] = [
    "reasoning_extraction",
    "reasoning_extraction",
    "reasoning_extraction",
    "frontier_llm",
];

/// Share of the deployments whose benign requests are often refused: a subject or a wording that triggers a filter.
const OFTEN_REFUSED: f64 = 0.03;

/// Maximum length of a refusal, in tokens.
const REFUSAL_TOKENS: u64 = 120;

/// Bytes of text per token, averaged over languages and code.
const BYTES_PER_TOKEN: f64 = 3.7;

/// The values shared by a household, an organisation or a campaign.
#[derive(Clone)]
pub(crate) struct Site {
    organization: String,
    address: String,
    payment: String,
}

/// The values common to all exchanges of one account, or of one of its end users.
#[derive(Clone)]
pub(crate) struct ClientProfile {
    /// The organisation, if the deployment sends it.
    pub(crate) organization: Option<String>,
    /// Client fields.
    pub(crate) client: Client,
    /// Parameters of every exchange.
    pub(crate) parameters: Parameters,
    /// Tools offered.
    pub(crate) tools: Vec<String>,
    /// Whether the deployment sends conversation ids.
    pub(crate) names_conversations: bool,
    /// The machines that the requests come from.
    pub(crate) machines: Machines,
    pub(crate) session_ids: SessionIds,
    /// The user, if the account's holder names them.
    pub(crate) end_user: Option<Sensitive<String>>,
    /// Which fields about machines, sessions and refusals the deployment sends.
    pub(crate) states: States,
    software: &'static str,
    logs_tokens: bool,
    failure_rate: f64,
    refusal_rate: f64,
    output: Output,
}

/// Optional fields that a deployment sends.
#[derive(Clone, Copy)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each field is stated or not, whatever the others are"
)]
pub(crate) struct States {
    pub(crate) device: bool,
    pub(crate) session: bool,
    pub(crate) version: bool,
    refusals: bool,
}

#[derive(Clone, Copy)]
enum Output {
    Consumer,
    Developer,
    Program { mean_tokens: f64, variation: f64 },
}

impl Site {
    pub(crate) fn new(rng: &mut SeededRng) -> Self {
        // Addresses from the benchmarking range 198.18.0.0/15, which is assigned to nobody.
        let host = rng.below(1 << 17);
        Self {
            organization: rng.name("org"),
            address: format!(
                "198.{}.{}.{}",
                18 + (host >> 16),
                (host >> 8) & 255,
                host & 255
            ),
            payment: rng.name("pay"),
        }
    }

    /// Returns the address.
    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

impl ClientProfile {
    /// Draws the client profile of an account of `population` at `site`.
    pub(crate) fn new(population: Population, site: &Site, rng: &mut SeededRng) -> Self {
        let software = software(population, rng);
        // Which fields are sent depends on the deployment alone, so they are equally likely for every account.
        let mut sent = |value: &str, probability: f64| {
            rng.chance(probability)
                .then(|| Sensitive::new(value.to_owned()))
        };
        let client = Client {
            ip: sent(&site.address, 0.8),
            user_agent: sent(software, 0.8),
            tls_fingerprint: sent(&fingerprint(software), 0.5),
            api_key: None,
            payment: sent(&site.payment, 0.5),
            ..Client::default()
        };
        let api_key = rng.chance(0.5).then(|| Sensitive::new(rng.name("key")));
        let client = Client { api_key, ..client };
        Self {
            organization: rng.chance(0.5).then(|| site.organization.clone()),
            client,
            parameters: parameters(population, rng),
            tools: tools(population, rng),
            names_conversations: population.chats() || rng.chance(0.4),
            logs_tokens: rng.chance(0.9),
            machines: Machines::new(
                population.chats() || population.codes(),
                population == Population::TwoMachines,
                rng,
            ),
            session_ids: SessionIds::Own,
            end_user: None,
            states: States {
                device: rng.chance(0.4),
                session: rng.chance(0.4),
                version: rng.chance(0.4),
                refusals: rng.chance(0.6),
            },
            software,
            failure_rate: rng.log_between(0.001, 0.05),
            refusal_rate: if rng.chance(OFTEN_REFUSED)
                || population == Population::ChunkedExtraction
            {
                rng.log_between(0.02, 0.15)
            } else {
                rng.log_between(0.0005, 0.02)
            },
            output: match population {
                _ if population.codes() => Output::Developer,
                Population::Reseller | Population::Company => Output::Consumer,
                _ if population.chats() => Output::Consumer,
                _ => Output::Program {
                    mean_tokens: rng.log_between(15.0, 3_000.0),
                    variation: rng.log_between(0.1, 1.5),
                },
            },
        }
    }

    /// Returns the client software.
    pub(super) const fn software(&self) -> &'static str {
        self.software
    }

    /// Returns the TLS fingerprint of the client software.
    pub(super) fn fingerprint(&self) -> String {
        fingerprint(self.software)
    }

    /// Returns the profile of `user`, with what depends on this account's deployment and not on its users.
    pub(super) fn with_deployment_of(&self, user: Self) -> Self {
        Self {
            names_conversations: self.names_conversations,
            logs_tokens: self.logs_tokens,
            states: self.states,
            failure_rate: self.failure_rate,
            ..user
        }
    }

    /// Returns the input tokens of a request of `prompt_bytes` bytes, if the deployment logs them.
    pub(crate) fn input_tokens(&self, prompt_bytes: usize) -> Option<u64> {
        let tokens = (prompt_bytes as f64 / BYTES_PER_TOKEN) as u64 + 5;
        self.logs_tokens.then_some(tokens)
    }

    /// Draws the outcome of a request, without its input tokens.
    pub(crate) fn response(&self, rng: &mut SeededRng) -> Response {
        if rng.chance(self.failure_rate) {
            return Response {
                status: Some([429, 429, 500, 529][rng.below(4)]),
                ..Response::default()
            };
        }
        let written = match self.output {
            Output::Consumer => CONSUMER_OUTPUT_TOKENS.draw(rng),
            Output::Developer => DEVELOPER_OUTPUT_TOKENS.draw(rng),
            Output::Program {
                mean_tokens,
                variation,
            } => rng.log_normal(mean_tokens, variation),
        };
        let limit = f64::from(self.parameters.max_tokens.unwrap_or(32_000));
        let refused = rng.chance(self.refusal_rate);
        let finish_reason = if refused {
            FinishReason::ContentFilter
        } else if written >= limit {
            FinishReason::Length
        } else if !self.tools.is_empty() && rng.chance(0.7) {
            FinishReason::ToolCalls
        } else {
            FinishReason::Stop
        };
        Response {
            text: None,
            finish_reason: Some(finish_reason),
            status: Some(200),
            input_tokens: None,
            output_tokens: self.logs_tokens.then_some(written.clamp(1.0, limit) as u64),
            refused: self.states.refusals.then_some(refused),
            refusal_category: (refused && self.states.refusals)
                .then(|| (*rng.pick(&REFUSED_AS)).to_owned()),
        }
    }

    /// Turns a response into a short refusal of an attempt at extraction.
    pub(crate) fn refuse(&self, response: &mut Response, rng: &mut SeededRng) {
        response.finish_reason = Some(FinishReason::ContentFilter);
        response.output_tokens = response
            .output_tokens
            .map(|tokens| tokens.min(REFUSAL_TOKENS));
        if self.states.refusals {
            response.refused = Some(true);
            response.refusal_category = Some((*rng.pick(&EXTRACTION_REFUSED_AS)).to_owned());
        }
    }
}

fn software(population: Population, rng: &mut SeededRng) -> &'static str {
    let known: &[&'static str] = if population.chats() {
        &BROWSERS
    } else if population.codes() {
        &AGENTS
    } else {
        &LIBRARIES
    };
    rng.pick::<&str>(known)
}

fn fingerprint(software: &str) -> String {
    format!("t13d{:02x}", software.len())
}

/// Returns whether the request failed; the client then retries it.
pub(crate) fn failed(response: &Response) -> bool {
    response.status.is_some_and(|status| status >= 400)
}

fn parameters(population: Population, rng: &mut SeededRng) -> Parameters {
    // Users of a chat window rarely set parameters.
    let asks = if population.chats() { 0.1 } else { 1.0 };
    let temperature = rng.chance(0.6 * asks).then(|| *rng.pick(&TEMPERATURES));
    let max_tokens = rng.chance(0.7 * asks).then(|| *rng.pick(&TOKEN_LIMITS));
    let response_format = rng.chance(0.25 * asks).then(|| {
        *rng.pick(&[
            ResponseFormat::Text,
            ResponseFormat::JsonObject,
            ResponseFormat::JsonSchema,
        ])
    });
    let reasoning_effort = rng
        .chance(0.15 * asks)
        .then(|| (*rng.pick(&["low", "medium", "high"])).to_owned());
    Parameters {
        temperature,
        max_tokens,
        n: rng.chance(0.1 * asks).then(|| *rng.pick(&[1, 1, 2, 4])),
        response_format,
        reasoning_effort,
        logprobs: rng.chance(0.03 * asks).then_some(true),
    }
}

fn tools(population: Population, rng: &mut SeededRng) -> Vec<String> {
    let offered = match population {
        _ if population.codes() => rng.between(3, TOOLS.len()),
        _ if population.chats() => 0,
        _ if rng.chance(0.15) => rng.between(1, 4),
        _ => 0,
    };
    TOOLS[..offered]
        .iter()
        .map(|tool| (*tool).to_owned())
        .collect()
}
