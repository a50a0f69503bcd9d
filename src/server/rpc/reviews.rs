//! `stillwatch.v1.ReviewService`: the review queue and its marks in the contract's form.

use std::sync::Arc;

use connectrpc::{Encodable, RequestContext, Response, ServiceRequest, ServiceResult};

use crate::domain::{AccountKey, Digest, Mark, MarkSubject, Reason};
use crate::policy::{PolicyMode, Rank};
use crate::privacy::Pseudonymizer;
use crate::server::clock;
use crate::server::queue::dispatcher::Dispatcher;
use crate::server::{QueuedAccount, Reviews};
use crate::wire::contract::{
    self, ListMarksRequest, ListMarksResponse, ListQueueRequest, ListQueueResponse, QueueRow,
    RemoveMarkRequest, RemoveMarkResponse, SubmitMarkRequest, SubmitMarkResponse,
};
use crate::wire::{
    MarkTarget, WireError, count_to_contract, format_time, mark_from_contract, mark_to_contract,
    page_size, reason_to_contract, required_name,
};

/// Default number of rows of the queue per page.
const ROWS: usize = 100;
/// Maximum number of rows of the queue per page.
const ROWS_MAX: usize = 500;
/// Maximum and default number of marks per page.
const MARKS_MAX: usize = 1_000;

/// The service implementation, shared by all protocols.
pub(in crate::server) struct ReviewApi {
    pub(in crate::server) dispatcher: Arc<Dispatcher>,
    pub(in crate::server) pseudonymizer: Pseudonymizer,
    pub(in crate::server) reviews: Arc<dyn Reviews>,
}

impl ReviewApi {
    async fn queue(&self, size: u32, token: &str) -> Result<ListQueueResponse, WireError> {
        let size = page_size(size, ROWS, ROWS_MAX)?;
        let after = read_token(token, Rank::from_token)?;
        let reviews = Arc::clone(&self.reviews);
        // One account more than requested shows whether there is another page.
        let work = move || (reviews.state(), reviews.queue_after(after, size + 1));
        let (state, mut found) = self.dispatcher.ask(work).await?;
        let more = found.len() > size;
        found.truncate(size);
        let last = found.last().filter(|_| more);
        let next_page_token = last.map(|last| last.queued.rank.to_token());
        let mode = match state.settings.mode {
            PolicyMode::Budget => "budget",
            PolicyMode::Thresholds => "thresholds",
        };
        Ok(ListQueueResponse {
            next_page_token: next_page_token.unwrap_or_default(),
            accounts: found.into_iter().filter_map(row).collect(),
            mode: mode.to_owned(),
            reviews_per_day: Some(state.settings.reviews_per_day),
            reviewed_today: Some(count_to_contract(state.reviewed_today as u64)),
            waiting: Some(count_to_contract(state.waiting as u64)),
            as_of: state.as_of.map(format_time).unwrap_or_default(),
        })
    }

    async fn submitted(&self, mark: Mark) -> Result<SubmitMarkResponse, WireError> {
        let reviews = Arc::clone(&self.reviews);
        let submitted = self.dispatcher.ask(move || reviews.submit(mark)).await??;
        Ok(SubmitMarkResponse {
            marks: Some(count_to_contract(submitted.marks as u64)),
            replaced: Some(submitted.replaced),
            reviewed: Some(submitted.reviewed),
        })
    }

    async fn removed(
        &self,
        target: Result<MarkTarget, WireError>,
        reviewer: &str,
    ) -> Result<RemoveMarkResponse, WireError> {
        let subject = target?.resolved(|name| self.pseudonymizer.account(name));
        let reviewer = required_name("reviewer", reviewer, self.dispatcher.bounds())?;
        let (reviews, now) = (Arc::clone(&self.reviews), clock::now());
        let work = move || reviews.remove(subject, reviewer, now);
        Ok(RemoveMarkResponse {
            removed: Some(self.dispatcher.ask(work).await??),
        })
    }

    async fn marks(&self, size: u32, token: &str) -> Result<ListMarksResponse, WireError> {
        let size = page_size(size, MARKS_MAX, MARKS_MAX)?;
        let after = read_token(token, subject_from_token)?;
        let reviews = Arc::clone(&self.reviews);
        let work = move || reviews.marks_after(after, size + 1);
        let mut found = self.dispatcher.ask(work).await?;
        let more = found.len() > size;
        found.truncate(size);
        let last = found.last().filter(|_| more);
        let next_page_token = last.map(|mark| subject_to_token(mark.subject));
        Ok(ListMarksResponse {
            next_page_token: next_page_token.unwrap_or_default(),
            marks: found.into_iter().map(mark_to_contract).collect(),
        })
    }
}

impl contract::ReviewService for ReviewApi {
    async fn list_queue<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, ListQueueRequest>,
    ) -> ServiceResult<impl Encodable<ListQueueResponse> + Send + use<'a>> {
        let page = self.queue(request.page_size, request.page_token).await;
        Response::ok(page.map_err(|error| error.to_connect())?)
    }

    async fn submit_mark<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, SubmitMarkRequest>,
    ) -> ServiceResult<impl Encodable<SubmitMarkResponse> + Send + use<'a>> {
        let bounds = self.dispatcher.bounds();
        let pseudonym = |name: &str| self.pseudonymizer.account(name);
        let mark = mark_from_contract(&request, clock::now(), bounds, pseudonym)
            .map_err(|error| error.to_connect())?;
        let submitted = self.submitted(mark).await;
        Response::ok(submitted.map_err(|error| error.to_connect())?)
    }

    async fn remove_mark<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, RemoveMarkRequest>,
    ) -> ServiceResult<impl Encodable<RemoveMarkResponse> + Send + use<'a>> {
        let target = MarkTarget::read(request.subject.as_ref(), self.dispatcher.bounds());
        let removed = self.removed(target, request.reviewer).await;
        Response::ok(removed.map_err(|error| error.to_connect())?)
    }

    async fn list_marks<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, ListMarksRequest>,
    ) -> ServiceResult<impl Encodable<ListMarksResponse> + Send + use<'a>> {
        let page = self.marks(request.page_size, request.page_token).await;
        Response::ok(page.map_err(|error| error.to_connect())?)
    }
}

/// Converts an account of the queue; `None` if its history was evicted.
fn row(account: QueuedAccount) -> Option<QueueRow> {
    let (queued, state) = (account.queued, account.state?);
    let judgement = state.judgement;
    let reasons = &judgement.reasons;
    let written = |reason: &Reason| reason_to_contract(reason.clone());
    Some(QueueRow {
        pseudonym: state.account.to_string(),
        exchange_count: Some(count_to_contract(state.seen)),
        risk: Some(judgement.calibrated.risk.value()),
        risk_low: Some(judgement.calibrated.low.value()),
        risk_high: Some(judgement.calibrated.high.value()),
        band: judgement.band.name().to_owned(),
        recommendation: judgement.recommendation.name().to_owned(),
        since: format_time(queued.since),
        last_seen: format_time(state.last_seen),
        main_reason: Reason::main(reasons).map(written).into(),
        clearing_reason: Reason::clearing(reasons).map(written).into(),
        template: queued
            .template
            .map(|template| template.to_string())
            .unwrap_or_default(),
    })
}

/// Reads a page token; an empty one is the start.
fn read_token<T>(
    token: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, WireError> {
    if token.is_empty() {
        return Ok(None);
    }
    let position = read(token).ok_or_else(|| WireError::BadValue {
        field: "page_token".to_owned(),
        expected: "a `next_page_token` of this call",
    })?;
    Ok(Some(position))
}

fn subject_to_token(subject: MarkSubject) -> String {
    match subject {
        MarkSubject::Account(account) => account.to_string(),
        MarkSubject::Template(template) => template.to_string(),
    }
}

/// Accounts and templates have different numbers of digits.
fn subject_from_token(token: &str) -> Option<MarkSubject> {
    let account = AccountKey::from_hex(token).map(MarkSubject::Account);
    account.or_else(|| Digest::from_hex(token).map(MarkSubject::Template))
}
