//! `stillwatch.v1.AccountService`: account states in the contract's form.

use std::sync::Arc;

use connectrpc::{
    ConnectError, Encodable, RequestContext, Response, ServiceRequest, ServiceResult,
};

use crate::detect::DETECTORS;
use crate::domain::{AccountKey, AccountRef, Band, Technique};
use crate::engine::AccountState;
use crate::privacy::Pseudonymizer;
use crate::server::Accounts;
use crate::server::queue::dispatcher::Dispatcher;
use crate::wire::contract::{
    self, Account, AccountRow, ContextSentence, DeleteAccountRequest, DeleteAccountResponse,
    ExplainAccountRequest, ExplainAccountResponse, GetAccountRequest, GetAccountResponse,
    ListAccountsRequest, ListAccountsResponse,
};
use crate::wire::{
    AccountSubject, WireError, count_to_contract, format_time, mitigations_to_contract, page_size,
    reasons_to_contract, techniques_to_contract,
};

/// Default number of rows per page.
const ROWS: usize = 100;
/// Maximum number of rows per page.
const ROWS_MAX: usize = 500;
/// Maximum number of accounts examined for one page: bounds the cost of filtering by a rare band.
const EXAMINED_MAX: usize = 2_000;
/// Description of the baseline that reasons are compared with.
const BASELINE: &str = "Honest accounts: `expected` is what is typical of them. Contributions are log-odds and sum, \
    with `base`, to `score`.";

/// The service implementation, shared by all protocols.
pub(in crate::server) struct AccountApi {
    pub(in crate::server) dispatcher: Arc<Dispatcher>,
    pub(in crate::server) accounts: Arc<dyn Accounts>,
    pub(in crate::server) pseudonymizer: Pseudonymizer,
}

/// Returns the pseudonym of the account that a request names.
fn key(account: &AccountRef, pseudonymizer: &Pseudonymizer) -> AccountKey {
    match account {
        AccountRef::Name(name) => pseudonymizer.account(name),
        AccountRef::Pseudonym(key) => *key,
    }
}

impl AccountApi {
    async fn state(&self, account: AccountRef) -> Result<Account, WireError> {
        let accounts = Arc::clone(&self.accounts);
        let key = key(&account, &self.pseudonymizer);
        let state = self.dispatcher.ask(move || accounts.account(key)).await?;
        let state = state.ok_or(WireError::UnknownAccount)?;
        let name = match account {
            AccountRef::Name(name) => name,
            AccountRef::Pseudonym(_) => String::new(),
        };
        Ok(account_to_contract(state, name))
    }

    async fn context(&self, account: &AccountRef) -> Result<Vec<ContextSentence>, WireError> {
        let accounts = Arc::clone(&self.accounts);
        let key = key(account, &self.pseudonymizer);
        let context = self.dispatcher.ask(move || accounts.context(key)).await?;
        let sentence = |(technique, text): (Technique, String)| ContextSentence {
            technique: technique.name().to_owned(),
            text,
        };
        Ok(context.into_iter().map(sentence).collect())
    }

    async fn page(&self, page: Page) -> Result<ListAccountsResponse, WireError> {
        let accounts = Arc::clone(&self.accounts);
        self.dispatcher.ask(move || page.read(&*accounts)).await
    }

    async fn delete(&self, account: AccountRef) -> Result<bool, WireError> {
        let accounts = Arc::clone(&self.accounts);
        let key = key(&account, &self.pseudonymizer);
        self.dispatcher
            .ask(move || accounts.delete_account(key))
            .await
    }

    /// Returns the account that a request names.
    fn subject<'r>(
        &self,
        subject: Option<impl Into<AccountSubject<'r>>>,
    ) -> Result<AccountRef, ConnectError> {
        AccountSubject::read(subject, self.dispatcher.bounds()).map_err(|error| error.to_connect())
    }
}

impl contract::AccountService for AccountApi {
    async fn get_account<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, GetAccountRequest>,
    ) -> ServiceResult<impl Encodable<GetAccountResponse> + Send + use<'a>> {
        let account = self.state(self.subject(request.subject.as_ref())?).await;
        let account = account.map_err(|error| error.to_connect())?;
        Response::ok(GetAccountResponse {
            account: Some(account).into(),
        })
    }

    async fn list_accounts<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, ListAccountsRequest>,
    ) -> ServiceResult<impl Encodable<ListAccountsResponse> + Send + use<'a>> {
        let bands: Vec<&str> = request.bands.iter().copied().collect();
        let page = Page::new(request.page_size, request.page_token, &bands)
            .map_err(|error| error.to_connect())?;
        let page = self.page(page).await;
        Response::ok(page.map_err(|error| error.to_connect())?)
    }

    async fn explain_account<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, ExplainAccountRequest>,
    ) -> ServiceResult<impl Encodable<ExplainAccountResponse> + Send + use<'a>> {
        let subject = self.subject(request.subject.as_ref())?;
        let context = self.context(&subject).await;
        let account = self
            .state(subject)
            .await
            .map_err(|error| error.to_connect())?;
        let context = context.map_err(|error| error.to_connect())?;
        Response::ok(ExplainAccountResponse {
            context,
            ..explained(account)
        })
    }

    async fn delete_account<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, DeleteAccountRequest>,
    ) -> ServiceResult<impl Encodable<DeleteAccountResponse> + Send + use<'a>> {
        let deleted = self.delete(self.subject(request.subject.as_ref())?).await;
        let deleted = deleted.map_err(|error| error.to_connect())?;
        Response::ok(DeleteAccountResponse {
            deleted: Some(deleted),
        })
    }
}

/// One page of accounts, as requested.
struct Page {
    size: usize,
    after: Option<AccountKey>,
    bands: Vec<Band>,
}

impl Page {
    fn new(size: u32, token: &str, bands: &[&str]) -> Result<Self, WireError> {
        let after = match token {
            "" => None,
            token => Some(
                AccountKey::from_hex(token)
                    .ok_or_else(|| bad("page_token", "a `next_page_token` of this call"))?,
            ),
        };
        if bands.len() > Band::ALL.len() {
            return Err(WireError::OverBound {
                field: "bands".to_owned(),
                got: bands.len(),
                bound: Band::ALL.len(),
                unit: "bands",
            });
        }
        let bands = bands.iter().enumerate().map(|(index, name)| {
            Band::from_name(name).ok_or_else(|| {
                bad(
                    &format!("bands[{index}]"),
                    "one of insufficient, low, elevated, high, severe",
                )
            })
        });
        Ok(Self {
            size: page_size(size, ROWS, ROWS_MAX)?,
            after,
            bands: bands.collect::<Result<_, _>>()?,
        })
    }

    fn read(&self, accounts: &dyn Accounts) -> ListAccountsResponse {
        let examined = if self.bands.is_empty() {
            self.size
        } else {
            EXAMINED_MAX
        };
        let (page, mut next) = accounts.accounts_after(self.after, examined);
        let mut rows = Vec::new();
        for account in page {
            if !self.bands.is_empty() && !self.bands.contains(&account.judgement.band) {
                continue;
            }
            if rows.len() == self.size {
                break;
            }
            if rows.len() + 1 == self.size {
                // The page is full, perhaps before the last account examined.
                next = Some(account.account);
            }
            rows.push(row(&account));
        }
        ListAccountsResponse {
            accounts: rows,
            next_page_token: next.map(|key| key.to_string()).unwrap_or_default(),
        }
    }
}

fn row(account: &AccountState) -> AccountRow {
    AccountRow {
        pseudonym: account.account.to_string(),
        exchange_count: Some(count_to_contract(account.seen)),
        last_seen: format_time(account.last_seen),
        risk: Some(account.judgement.calibrated.risk.value()),
        band: account.judgement.band.name().to_owned(),
        recommendation: account.judgement.recommendation.name().to_owned(),
    }
}

fn account_to_contract(account: AccountState, name: String) -> Account {
    let judgement = account.judgement;
    Account {
        account: name,
        pseudonym: account.account.to_string(),
        exchange_count: Some(count_to_contract(account.seen)),
        last_seen: format_time(account.last_seen),
        risk: Some(judgement.calibrated.risk.value()),
        risk_low: Some(judgement.calibrated.low.value()),
        risk_high: Some(judgement.calibrated.high.value()),
        band: judgement.band.name().to_owned(),
        recommendation: judgement.recommendation.name().to_owned(),
        mitigations: mitigations_to_contract(&judgement.mitigations),
        techniques: techniques_to_contract(&judgement.techniques),
        reasons: reasons_to_contract(judgement.reasons),
        base: Some(judgement.base),
        score: Some(judgement.score),
        bundle: account.bundle.to_string(),
    }
}

/// Builds the explanation of an account, with the card of the technique that explains most of its risk.
fn explained(account: Account) -> ExplainAccountResponse {
    let risk = |name: &str| account.techniques.get(name).and_then(|found| found.risk);
    let strongest = Technique::ALL
        .iter()
        .filter_map(|&technique| Some((technique, risk(technique.name())?)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    let mut explanation = ExplainAccountResponse {
        baseline: BASELINE.to_owned(),
        ..ExplainAccountResponse::default()
    };
    if let Some((technique, _)) = strongest {
        let card = DETECTORS[technique.index()];
        let look_alikes = card.false_positives.iter();
        technique.name().clone_into(&mut explanation.technique);
        card.looks_for.clone_into(&mut explanation.looks_for);
        explanation.look_alikes = look_alikes.map(|known| (*known).to_owned()).collect();
        card.not_used.clone_into(&mut explanation.not_used);
        card.contest.clone_into(&mut explanation.contest);
    }
    explanation.account = Some(account).into();
    explanation
}

fn bad(field: &str, expected: &'static str) -> WireError {
    WireError::BadValue {
        field: field.to_owned(),
        expected,
    }
}
