//! `stillwatch.v1.LabelService`: reviewers' labels in the contract's form.

use std::sync::Arc;

use connectrpc::{Encodable, RequestContext, Response, ServiceRequest, ServiceResult};

use crate::domain::{AccountKey, AccountRef, Label, LabelSubject};
use crate::privacy::Pseudonymizer;
use crate::server::queue::dispatcher::Dispatcher;
use crate::server::{Accounts, Labels};
use crate::wire::contract::{
    self, ExportLabelsRequest, ExportLabelsResponse, SubmitLabelRequest, SubmitLabelResponse,
};
use crate::wire::{
    WireError, count_to_contract, label_from_contract, label_to_contract, page_size,
};

/// Maximum and default number of labels per page.
const PAGE_MAX: usize = 1_000;
/// Separates the pseudonym from the conversation in a page token.
const TOKEN_SEPARATOR: char = ':';

/// The service implementation, shared by all protocols.
pub(in crate::server) struct LabelApi {
    pub(in crate::server) dispatcher: Arc<Dispatcher>,
    pub(in crate::server) accounts: Arc<dyn Accounts>,
    pub(in crate::server) pseudonymizer: Pseudonymizer,
    pub(in crate::server) labels: Arc<dyn Labels>,
}

impl LabelApi {
    async fn submitted(&self, label: Label<AccountRef>) -> Result<SubmitLabelResponse, WireError> {
        let (accounts, labels) = (Arc::clone(&self.accounts), Arc::clone(&self.labels));
        let pseudonymizer = self.pseudonymizer.clone();
        let work = move || {
            check_name(&label.account, &pseudonymizer, &*accounts)?;
            labels.submit(label).map_err(WireError::from)
        };
        let submitted = self.dispatcher.ask(work).await??;
        Ok(SubmitLabelResponse {
            labels: Some(count_to_contract(submitted.labels as u64)),
            replaced: Some(submitted.replaced),
        })
    }

    async fn exported(&self, size: u32, token: &str) -> Result<ExportLabelsResponse, WireError> {
        let size = page_size(size, PAGE_MAX, PAGE_MAX)?;
        let after = match token {
            "" => None,
            token => Some(
                subject_from_token(token).ok_or_else(|| WireError::BadValue {
                    field: "page_token".to_owned(),
                    expected: "a `next_page_token` of this call",
                })?,
            ),
        };
        let labels = Arc::clone(&self.labels);
        // One label more than requested shows whether there is another page.
        let work = move || labels.labels_after(after.as_ref(), size + 1);
        let mut found = self.dispatcher.ask(work).await?;
        let more = found.len() > size;
        found.truncate(size);
        let last = found.last().filter(|_| more);
        Ok(ExportLabelsResponse {
            next_page_token: last
                .map(|label| page_token(&label.into()))
                .unwrap_or_default(),
            labels: found.into_iter().map(label_to_contract).collect(),
        })
    }
}

/// Rejects a pseudonym sent as a name, which would label an account that does not exist. If an account of that name has
/// a history, it is accepted as a name.
fn check_name(
    account: &AccountRef,
    pseudonymizer: &Pseudonymizer,
    accounts: &dyn Accounts,
) -> Result<(), WireError> {
    match account {
        AccountRef::Name(name)
            if AccountKey::from_hex(name).is_some()
                && accounts.account(pseudonymizer.account(name)).is_none() =>
        {
            Err(WireError::BadValue {
                field: "account".to_owned(),
                expected: "a name that is not of a pseudonym's form; a pseudonym belongs in `pseudonym`",
            })
        }
        AccountRef::Name(_) | AccountRef::Pseudonym(_) => Ok(()),
    }
}

impl contract::LabelService for LabelApi {
    async fn submit_label<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, SubmitLabelRequest>,
    ) -> ServiceResult<impl Encodable<SubmitLabelResponse> + Send + use<'a>> {
        let label = label_from_contract(&request, self.dispatcher.bounds())
            .map_err(|error| error.to_connect())?;
        let submitted = self.submitted(label).await;
        Response::ok(submitted.map_err(|error| error.to_connect())?)
    }

    async fn export_labels<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, ExportLabelsRequest>,
    ) -> ServiceResult<impl Encodable<ExportLabelsResponse> + Send + use<'a>> {
        let page = self.exported(request.page_size, request.page_token).await;
        Response::ok(page.map_err(|error| error.to_connect())?)
    }
}

/// Formats a page token from the last label of a page: its pseudonym, then its conversation if it has one.
fn page_token(last: &LabelSubject) -> String {
    match &last.conversation {
        None => last.account.to_string(),
        Some(conversation) => format!("{}{TOKEN_SEPARATOR}{conversation}", last.account),
    }
}

fn subject_from_token(token: &str) -> Option<LabelSubject> {
    let (account, conversation) = match token.split_once(TOKEN_SEPARATOR) {
        None => (token, None),
        Some((account, conversation)) => (account, Some(conversation.to_owned())),
    };
    Some(LabelSubject {
        account: AccountKey::from_hex(account)?,
        conversation,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_leads_back_to_its_label(account: u128, conversation: Option<String>) {
            let last = LabelSubject { account: AccountKey(account), conversation };
            prop_assert_eq!(subject_from_token(&page_token(&last)), Some(last));
        }

        #[test]
        fn no_token_panics(text in "\\PC{0,80}") {
            let _ = subject_from_token(&text);
        }
    }
}
