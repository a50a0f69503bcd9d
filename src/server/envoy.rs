//! Envoy's external processing: a stream for every HTTP request that passes its filter, and for its answer.
//!
//! Whatever came of a stream is scored once, when the stream is over, with nobody waiting for it. Nothing is ever altered. A
//! filter that waits for answers is told to go on; only one that asks for it has requests of restricted accounts declined.
//! How a filter wants to be served stands in the metadata that it sends along, so one server serves several.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use connectrpc::{
    ConnectError, Encodable, InboundStream, RequestContext, ServiceResult, ServiceStream,
};
use futures_util::stream::{self, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::{task, time};

use super::hooks::Gateways;
use super::{Limits, clock};
use crate::domain::{Recommendation, Timestamp};
use crate::gateway::envoy::{Caller, Tap};
use crate::wire::contract::envoy::config::core::v3::header_value_option::HeaderAppendAction;
use crate::wire::contract::envoy::config::core::v3::{HeaderValue, HeaderValueOption};
use crate::wire::contract::envoy::service::ext_proc::v3::processing_request::Request as Piece;
use crate::wire::contract::envoy::service::ext_proc::v3::processing_response::Response as Answer;
use crate::wire::contract::envoy::service::ext_proc::v3::{
    BodyResponse, ExternalProcessor, HeaderMutation, HeadersResponse, HttpHeaders,
    ImmediateResponse, ProcessingRequest, ProcessingResponse, TrailersResponse,
};
use crate::wire::contract::envoy::r#type::v3::{HttpStatus, StatusCode};

/// Metadata: the header whose secret stands for the account, where the account has no name; `authorization` when absent.
const CREDENTIAL_HEADER: &str = "x-stillwatch-credential-header";
/// Metadata: `restrict` to have requests of restricted accounts declined.
const ENFORCE: &str = "x-stillwatch-enforce";
/// The longest silence of a stream; a model may think for minutes before it answers.
const SILENCE_MAX: Duration = Duration::from_secs(600);
/// KiB of bodies that all streams may hold. A stream that finds no room is not scored.
const ROOM_KIB: usize = 128 * 1024;

/// The service.
pub(super) struct Envoy {
    shared: Arc<Shared>,
    streams: Arc<Semaphore>,
}

/// What all streams use.
struct Shared {
    gateways: Arc<Gateways>,
    room: Arc<Semaphore>,
    /// Held while a body is read: what a JSON value takes in memory may be many times its text.
    reading: Semaphore,
    stream_bytes_max: usize,
}

impl Envoy {
    /// With as many streams at once as there may be calls.
    pub(super) fn new(gateways: Arc<Gateways>, limits: &Limits) -> Self {
        let shared = Shared {
            gateways,
            room: Arc::new(Semaphore::new(ROOM_KIB)),
            reading: Semaphore::new(1),
            stream_bytes_max: limits.body_bytes_max,
        };
        Self {
            shared: Arc::new(shared),
            streams: Arc::new(Semaphore::new(limits.calls_max)),
        }
    }
}

impl ExternalProcessor for Envoy {
    async fn process(
        &self,
        context: RequestContext,
        requests: InboundStream<ProcessingRequest>,
    ) -> ServiceResult<ServiceStream<impl Encodable<ProcessingResponse> + Send + use<>>> {
        // A stream that ends at once lets its request pass.
        let Ok(place) = Arc::clone(&self.streams).try_acquire_owned() else {
            self.shared.gateways.record_drop(None);
            return connectrpc::Response::stream_ok(stream::empty());
        };
        let watch = Watch {
            requests,
            wishes: Wishes::of(context.headers()),
            tap: Tap::default(),
            account: None,
            received: clock::now(),
            over: false,
            held: None,
            _place: place,
            shared: Arc::clone(&self.shared),
        };
        connectrpc::Response::stream_ok(stream::unfold(watch, Watch::next))
    }
}

impl Shared {
    fn account(&self, caller: &Caller) -> String {
        match caller {
            Caller::Named(name) => name.clone(),
            Caller::Credential(secret) => self.gateways.desk().credential(secret.expose()),
        }
    }
}

/// How a filter wants to be served.
struct Wishes {
    credential_header: String,
    enforce: bool,
}

impl Wishes {
    fn of(metadata: &HeaderMap) -> Self {
        let of = |name: &str| metadata.get(name).and_then(|value| value.to_str().ok());
        Self {
            credential_header: of(CREDENTIAL_HEADER)
                .unwrap_or("authorization")
                .to_ascii_lowercase(),
            enforce: of(ENFORCE) == Some(Recommendation::Restrict.name()),
        }
    }
}

/// One stream: one request and its answer.
struct Watch {
    requests: InboundStream<ProcessingRequest>,
    wishes: Wishes,
    tap: Tap,
    account: Option<String>,
    received: Timestamp,
    /// Nothing more is to be learned; the stream ends.
    over: bool,
    /// Room taken for bodies.
    held: Option<OwnedSemaphorePermit>,
    _place: OwnedSemaphorePermit,
    shared: Arc<Shared>,
}

impl Watch {
    /// The next answer that Envoy waits for, if it waits; ends with the stream.
    async fn next(mut self) -> Option<(Result<ProcessingResponse, ConnectError>, Self)> {
        while !self.over {
            let shown = time::timeout(SILENCE_MAX, self.requests.next()).await;
            let Ok(Some(Ok(shown))) = shown else {
                return None;
            };
            let shown = shown.to_owned_message();
            // A piece of a kind that this version does not know has no answer: the stream ends, the request passes.
            let answer = self.take(shown.request?);
            if !shown.observability_mode {
                let response = Some(answer);
                return Some((Ok(ProcessingResponse { response }), self));
            }
        }
        None
    }

    fn take(&mut self, piece: Piece) -> Answer {
        match piece {
            Piece::RequestHeaders(head) => {
                let bounds = self.shared.gateways.desk().bounds();
                self.tap
                    .request_head(fields(&head), &self.wishes.credential_header, bounds);
                self.over |= !self.tap.worthwhile();
                self.account = self.tap.caller().map(|caller| self.shared.account(caller));
                if let Some(reference) = self.declined() {
                    self.give_up();
                    return Answer::ImmediateResponse(Box::new(refusal(&reference)));
                }
                Answer::RequestHeaders(Box::<HeadersResponse>::default())
            }
            Piece::RequestBody(body) => {
                self.gather(|tap| tap.request_body(&body.body));
                Answer::RequestBody(Box::<BodyResponse>::default())
            }
            Piece::RequestTrailers(_) => {
                Answer::RequestTrailers(Box::<TrailersResponse>::default())
            }
            Piece::ResponseHeaders(head) => {
                self.tap.response_head(fields(&head));
                self.over |= head.end_of_stream;
                Answer::ResponseHeaders(Box::<HeadersResponse>::default())
            }
            Piece::ResponseBody(body) => {
                self.gather(|tap| tap.response_body(&body.body));
                self.over |= body.end_of_stream;
                Answer::ResponseBody(Box::<BodyResponse>::default())
            }
            Piece::ResponseTrailers(_) => {
                self.over = true;
                Answer::ResponseTrailers(Box::<TrailersResponse>::default())
            }
        }
    }

    /// What the caller is told when the request is declined.
    fn declined(&self) -> Option<String> {
        let account = self
            .account
            .as_deref()
            .filter(|_| self.wishes.enforce && !self.over)?;
        let dispatcher = self.shared.gateways.desk();
        let status = dispatcher.account_status(account)?;
        (status.recommendation == Recommendation::Restrict).then(|| dispatcher.reference(account))
    }

    fn gather(&mut self, add: impl FnOnce(&mut Tap)) {
        if self.over {
            return;
        }
        add(&mut self.tap);
        if !self.has_room() {
            self.shared.gateways.record_drop(None);
            self.give_up();
        }
    }

    /// Takes as much room as the tap holds.
    fn has_room(&mut self) -> bool {
        let held = self.tap.held();
        let taken = self
            .held
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = (held.div_ceil(1024)).saturating_sub(taken);
        if held > self.shared.stream_bytes_max {
            return false;
        }
        let Ok(more) = u32::try_from(missing).map_err(drop).and_then(|more| {
            Arc::clone(&self.shared.room)
                .try_acquire_many_owned(more)
                .map_err(drop)
        }) else {
            return false;
        };
        match &mut self.held {
            Some(permit) => permit.merge(more),
            none => *none = Some(more),
        }
        true
    }

    fn give_up(&mut self) {
        self.tap.give_up();
        self.over = true;
    }
}

impl Drop for Watch {
    /// However the stream ended, by its end, Envoy's or the client's going away: what came is scored, once.
    fn drop(&mut self) {
        let (tap, account) = (std::mem::take(&mut self.tap), self.account.take());
        let Some(account) = account.filter(|_| tap.worthwhile()) else {
            return;
        };
        let (shared, received, held) = (Arc::clone(&self.shared), self.received, self.held.take());
        tokio::spawn(async move {
            let bounds = *shared.gateways.desk().bounds();
            let one = shared.reading.acquire().await;
            let read = task::spawn_blocking(move || tap.exchange(account, received, &bounds)).await;
            drop(one);
            drop(held);
            match read {
                Ok(Some(exchange)) => shared.gateways.score_later(exchange),
                _ => shared.gateways.record_drop(None),
            }
        });
    }
}

/// Names and values of a head. Envoy sends a value as bytes or as text, as it was told.
fn fields(head: &HttpHeaders) -> impl Iterator<Item = (&str, &[u8])> {
    let fields = head
        .headers
        .as_option()
        .map(|map| map.headers.as_slice())
        .unwrap_or_default();
    fields.iter().map(|field| {
        let raw = &field.raw_value[..];
        (
            &*field.key,
            if raw.is_empty() {
                field.value.as_bytes()
            } else {
                raw
            },
        )
    })
}

/// 403 with a reference and nothing else, in the shape that clients of model APIs read.
fn refusal(reference: &str) -> ImmediateResponse {
    let message = format!("This request was declined. Reference: {reference}");
    let body = serde_json::json!({"error": {"message": message, "type": "permission_error", "code": "declined"}});
    let kind = HeaderValueOption {
        header: HeaderValue {
            key: "content-type".to_owned(),
            raw_value: b"application/json".to_vec(),
            ..HeaderValue::default()
        }
        .into(),
        append_action: HeaderAppendAction::OVERWRITE_IF_EXISTS_OR_ADD.into(),
    };
    ImmediateResponse {
        status: HttpStatus {
            code: StatusCode::Forbidden.into(),
        }
        .into(),
        headers: HeaderMutation {
            set_headers: vec![kind],
        }
        .into(),
        body: body.to_string().into_bytes(),
        details: "stillwatch".to_owned(),
    }
}
