//! Envoy's external processing: one stream per HTTP request that passes the filter, and its response.
//!
//! The content of a stream is scored once, in the background, when the stream ends. Nothing is ever altered. A filter
//! that waits for answers is told to continue; requests of restricted accounts are declined only for filters that
//! enable it. A filter sends its options as metadata of its streams, so one server can serve several filters.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use connectrpc::{
    ConnectError, Encodable, InboundStream, RequestContext, ServiceResult, ServiceStream,
};
use futures_util::stream::{self, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::gateways::Gateways;
use crate::domain::{Recommendation, Timestamp};
use crate::gateway::envoy::{Caller, ExchangeCapture};
use crate::gateway::{Door, Unread};
use crate::server::clock;
use crate::server::limits::Limits;
use crate::wire::contract::envoy::config::core::v3::header_value_option::HeaderAppendAction;
use crate::wire::contract::envoy::config::core::v3::{HeaderValue, HeaderValueOption};
use crate::wire::contract::envoy::service::ext_proc::v3::processing_request::Request as Piece;
use crate::wire::contract::envoy::service::ext_proc::v3::processing_response::Response as Answer;
use crate::wire::contract::envoy::service::ext_proc::v3::{
    BodyResponse, ExternalProcessor, HeaderMutation, HeadersResponse, HttpHeaders,
    ImmediateResponse, ProcessingRequest, ProcessingResponse, TrailersResponse,
};
use crate::wire::contract::envoy::r#type::v3::{HttpStatus, StatusCode};

/// Metadata key: name of the header whose secret identifies the account if the account has no name; default
/// `authorization`.
const CREDENTIAL_HEADER: &str = "x-stillwatch-credential-header";
/// Metadata key: `restrict` to decline requests of restricted accounts.
const ENFORCE: &str = "x-stillwatch-enforce";
/// Idle timeout of a stream; a model may think for minutes before it answers.
const IDLE_TIMEOUT: Duration = Duration::from_mins(10);
/// Maximum KiB of bodies held by all streams together. A stream that finds no memory left is not scored.
const MEMORY_KIB: usize = 128 * 1024;

/// The external processing service.
pub(in crate::server) struct Envoy {
    shared: Arc<Shared>,
    streams: Arc<Semaphore>,
}

/// State shared by all streams.
struct Shared {
    gateways: Arc<Gateways>,
    /// One permit per KiB of bodies that may still be held.
    memory: Arc<Semaphore>,
    stream_bytes_max: usize,
}

impl Envoy {
    /// Creates the service. It allows as many concurrent streams as concurrent requests.
    pub(in crate::server) fn new(gateways: Arc<Gateways>, limits: &Limits) -> Self {
        let shared = Shared {
            gateways,
            memory: Arc::new(Semaphore::new(MEMORY_KIB)),
            stream_bytes_max: limits.body_bytes_max,
        };
        Self {
            shared: Arc::new(shared),
            streams: Arc::new(Semaphore::new(limits.max_concurrent_requests)),
        }
    }
}

impl ExternalProcessor for Envoy {
    async fn process(
        &self,
        context: RequestContext,
        requests: InboundStream<ProcessingRequest>,
    ) -> ServiceResult<ServiceStream<impl Encodable<ProcessingResponse> + Send + use<>>> {
        // A stream that ends immediately lets its request pass.
        let Ok(permit) = Arc::clone(&self.streams).try_acquire_owned() else {
            self.shared.gateways.record_drop();
            return connectrpc::Response::stream_ok(stream::empty());
        };
        let stream = ExtProcStream {
            requests,
            options: FilterOptions::of(context.headers()),
            capture: ExchangeCapture::within(self.shared.stream_bytes_max),
            account: None,
            received: clock::now(),
            over: false,
            memory: None,
            _permit: permit,
            _tracked: self.shared.gateways.track(),
            shared: Arc::clone(&self.shared),
        };
        connectrpc::Response::stream_ok(stream::unfold(stream, ExtProcStream::next))
    }
}

impl Shared {
    fn account(&self, caller: &Caller) -> String {
        match caller {
            Caller::Named(name) => name.clone(),
            Caller::Credential(secret) => self.gateways.dispatcher().credential(secret.expose()),
        }
    }
}

/// Options of a filter, parsed from the metadata of its streams.
struct FilterOptions {
    credential_header: String,
    enforce: bool,
}

impl FilterOptions {
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

/// One stream: one request and its response.
struct ExtProcStream {
    requests: InboundStream<ProcessingRequest>,
    options: FilterOptions,
    capture: ExchangeCapture,
    account: Option<String>,
    received: Timestamp,
    /// Set when nothing more is read and the stream ends.
    over: bool,
    /// Permits for the memory of bodies.
    memory: Option<OwnedSemaphorePermit>,
    _permit: OwnedSemaphorePermit,
    /// Dropped after the stream has handed over its exchange.
    _tracked: TaskTrackerToken,
    shared: Arc<Shared>,
}

impl ExtProcStream {
    /// Returns the next response, if Envoy waits for one; `None` at the end of the stream.
    async fn next(mut self) -> Option<(Result<ProcessingResponse, ConnectError>, Self)> {
        while !self.over {
            let received = time::timeout(IDLE_TIMEOUT, self.requests.next()).await;
            let Ok(Some(Ok(message))) = received else {
                return None;
            };
            let message = message.to_owned_message();
            // A message of an unknown kind has no answer: the stream ends and the request passes.
            let answer = self.take(message.request?);
            if !message.observability_mode {
                let response = Some(answer);
                return Some((Ok(ProcessingResponse { response }), self));
            }
        }
        None
    }

    fn take(&mut self, piece: Piece) -> Answer {
        match piece {
            Piece::RequestHeaders(head) => {
                let bounds = self.shared.gateways.dispatcher().bounds();
                self.capture
                    .request_head(fields(&head), &self.options.credential_header, bounds);
                self.over |= !self.capture.worthwhile();
                self.account = self
                    .capture
                    .caller()
                    .map(|caller| self.shared.account(caller));
                if let Some(reference) = self.declined() {
                    self.record_drop();
                    return Answer::ImmediateResponse(Box::new(refusal(&reference)));
                }
                Answer::RequestHeaders(Box::<HeadersResponse>::default())
            }
            Piece::RequestBody(body) => {
                self.gather(|capture| capture.request_body(&body.body));
                Answer::RequestBody(Box::<BodyResponse>::default())
            }
            Piece::RequestTrailers(_) => {
                Answer::RequestTrailers(Box::<TrailersResponse>::default())
            }
            Piece::ResponseHeaders(head) => {
                self.capture.response_head(fields(&head));
                self.over |= head.end_of_stream;
                Answer::ResponseHeaders(Box::<HeadersResponse>::default())
            }
            Piece::ResponseBody(body) => {
                self.gather(|capture| capture.response_body(&body.body));
                self.over |= body.end_of_stream;
                Answer::ResponseBody(Box::<BodyResponse>::default())
            }
            Piece::ResponseTrailers(_) => {
                self.over = true;
                Answer::ResponseTrailers(Box::<TrailersResponse>::default())
            }
        }
    }

    /// Returns the reference to report to the caller if the request is to be declined.
    fn declined(&self) -> Option<String> {
        let account = self
            .account
            .as_deref()
            .filter(|_| self.options.enforce && !self.over)?;
        let dispatcher = self.shared.gateways.dispatcher();
        let status = dispatcher.account_status(account)?;
        (status.recommendation == Recommendation::Restrict).then(|| dispatcher.reference(account))
    }

    fn gather(&mut self, add: impl FnOnce(&mut ExchangeCapture)) {
        if self.over {
            return;
        }
        add(&mut self.capture);
        if !self.reserve() {
            self.shared.gateways.record_drop();
            self.record_drop();
        }
    }

    /// Reserves memory for the captured bodies. Returns whether there is enough.
    fn reserve(&mut self) -> bool {
        let held = self.capture.held();
        let taken = self
            .memory
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = (held.div_ceil(1024)).saturating_sub(taken);
        let Ok(more) = u32::try_from(missing).map_err(drop).and_then(|more| {
            Arc::clone(&self.shared.memory)
                .try_acquire_many_owned(more)
                .map_err(drop)
        }) else {
            return false;
        };
        match &mut self.memory {
            Some(permit) => permit.merge(more),
            none => *none = Some(more),
        }
        true
    }

    fn record_drop(&mut self) {
        self.capture.record_drop();
        self.over = true;
    }
}

impl Drop for ExtProcStream {
    /// Scores whatever was received, once, however the stream ended: at its end, or because Envoy or the client
    /// disconnected.
    fn drop(&mut self) {
        let (capture, account) = (std::mem::take(&mut self.capture), self.account.take());
        let Some(account) = account.filter(|_| capture.worthwhile()) else {
            return;
        };
        let gateways = &self.shared.gateways;
        // Anybody can make up a credential: a refused one is no account.
        if capture.is_refused_stranger() {
            return gateways.record_unread(Door::Envoy, Unread::Stranger);
        }
        let (received, memory) = (self.received, self.memory.take());
        let bounds = *gateways.dispatcher().bounds();
        gateways.read_later(move || {
            let calls = capture.exchanges(&account, received, &bounds);
            drop(memory);
            (Door::Envoy, calls)
        });
    }
}

/// Returns the names and values of headers. Envoy sends values as bytes or as text, depending on its configuration.
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

/// Builds a 403 response with a reference and nothing else, in the error format of model APIs.
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
