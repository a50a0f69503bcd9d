//! `stillwatch.v1.LabelService`: what reviewers said, in the contract's form.

use std::sync::Arc;

use connectrpc::{Encodable, RequestContext, Response, ServiceRequest, ServiceResult};

use super::Labels;
use super::desk::Dispatcher;
use crate::domain::Label;
use crate::wire::contract::{
    self, ExportLabelsRequest, ExportLabelsResponse, SubmitLabelRequest, SubmitLabelResponse,
};
use crate::wire::json::ToLine;
use crate::wire::{WireError, label_from_contract, page_size, seen_to_contract};

/// Labels of a page at most, and when the caller does not say.
const PAGE_MAX: usize = 1_000;

/// The service behind every protocol.
pub(super) struct LabelBook {
    pub(super) desk: Arc<Dispatcher>,
    pub(super) labels: Arc<dyn Labels>,
}

impl LabelBook {
    async fn submitted(&self, label: Label) -> Result<SubmitLabelResponse, WireError> {
        let labels = Arc::clone(&self.labels);
        let submitted = self.desk.ask(move || labels.submit(label)).await??;
        Ok(SubmitLabelResponse {
            labels: Some(seen_to_contract(submitted.labels as u64)),
            replaced: Some(submitted.replaced),
        })
    }

    async fn exported(&self, size: u32, token: &str) -> Result<ExportLabelsResponse, WireError> {
        let size = page_size(size, PAGE_MAX, PAGE_MAX)?;
        let from = match token {
            "" => 0,
            token => position(token).ok_or_else(|| WireError::BadValue {
                field: "page_token".to_owned(),
                expected: "a `next_page_token` of this call",
            })?,
        };
        let labels = Arc::clone(&self.labels);
        // One more than wanted tells whether there is another page.
        let found = self.desk.ask(move || labels.labels(from, size + 1)).await?;
        let mut lines = Vec::new();
        for label in found.iter().take(size) {
            label.to_line(&mut lines);
        }
        let more = found.len() > size;
        Ok(ExportLabelsResponse {
            lines: String::from_utf8_lossy(&lines).into_owned(),
            next_page_token: if more {
                (from + size).to_string()
            } else {
                String::new()
            },
        })
    }
}

impl contract::LabelService for LabelBook {
    async fn submit<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, SubmitLabelRequest>,
    ) -> ServiceResult<impl Encodable<SubmitLabelResponse> + Send + use<'a>> {
        let label = label_from_contract(&request, self.desk.bounds())
            .map_err(|error| error.to_connect())?;
        let submitted = self.submitted(label).await;
        Response::ok(submitted.map_err(|error| error.to_connect())?)
    }

    async fn export<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, ExportLabelsRequest>,
    ) -> ServiceResult<impl Encodable<ExportLabelsResponse> + Send + use<'a>> {
        let page = self.exported(request.page_size, request.page_token).await;
        Response::ok(page.map_err(|error| error.to_connect())?)
    }
}

/// A position in the list, as a token states it: digits alone.
fn position(token: &str) -> Option<usize> {
    let digits = token.bytes().all(|byte| byte.is_ascii_digit());
    let position: u32 = digits.then(|| token.parse().ok())??;
    Some(position as usize)
}
