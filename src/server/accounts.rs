//! `stillwatch.v1.AccountService`: what is remembered of accounts, in the contract's form.

use std::sync::Arc;

use connectrpc::{Encodable, RequestContext, Response, ServiceRequest, ServiceResult};

use super::Accounts;
use super::desk::Dispatcher;
use crate::detect::registry;
use crate::domain::{AccountKey, Band, Technique};
use crate::engine::AccountState;
use crate::privacy::Pseudonymizer;
use crate::wire::contract::{
    self, Account, AccountExplanation, AccountRow, ExplainAccountRequest, ForgetAccountRequest,
    ForgetAccountResponse, GetAccountRequest, ListAccountsRequest, ListAccountsResponse,
};
use crate::wire::{
    Bounds, WireError, format_time, mitigations_to_contract, page_size, reasons_to_contract,
    required_name, seen_to_contract, techniques_to_contract,
};

/// Rows of a page, when the caller does not say.
const ROWS: usize = 100;
/// Rows of a page at most.
const ROWS_MAX: usize = 500;
/// Accounts looked at for one page: what a rare band may cost.
const EXAMINED_MAX: usize = 2_000;
/// Whom reasons compare with.
const BASELINE: &str = "Honest accounts: `expected` is what is typical of them. Contributions are log-odds and sum, \
    with `base`, to `score`.";

/// The service behind every protocol.
pub(super) struct AccountBook {
    pub(super) desk: Arc<Dispatcher>,
    pub(super) accounts: Arc<dyn Accounts>,
    pub(super) pseudonymizer: Pseudonymizer,
}

/// An account as a request names it.
enum Named {
    Name(String),
    Pseudonym(AccountKey),
}

impl Named {
    /// # Errors
    /// When there is not exactly one name, or it is not of its form.
    fn read(account: &str, pseudonym: &str, bounds: &Bounds) -> Result<Self, WireError> {
        if pseudonym.is_empty() {
            return required_name("account", account, bounds).map(Self::Name);
        }
        if !account.is_empty() {
            return Err(bad("pseudonym", "absent when `account` is given"));
        }
        key_from_hex(pseudonym)
            .map(Self::Pseudonym)
            .ok_or_else(|| bad("pseudonym", "32 hexadecimal digits"))
    }

    fn key(&self, pseudonymizer: &Pseudonymizer) -> AccountKey {
        match self {
            Self::Name(name) => pseudonymizer.account(name),
            Self::Pseudonym(key) => *key,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Name(name) => name,
            Self::Pseudonym(_) => String::new(),
        }
    }
}

impl AccountBook {
    async fn state(&self, named: Result<Named, WireError>) -> Result<Account, WireError> {
        let named = named?;
        let accounts = Arc::clone(&self.accounts);
        let key = named.key(&self.pseudonymizer);
        let state = self.desk.ask(move || accounts.account(key)).await?;
        let state = state.ok_or(WireError::UnknownAccount)?;
        Ok(account_to_contract(state, named.name()))
    }

    async fn page(&self, page: Page) -> Result<ListAccountsResponse, WireError> {
        let accounts = Arc::clone(&self.accounts);
        self.desk.ask(move || page.read(&*accounts)).await
    }

    async fn delete(&self, named: Result<Named, WireError>) -> Result<bool, WireError> {
        let named = named?;
        let accounts = Arc::clone(&self.accounts);
        let key = named.key(&self.pseudonymizer);
        self.desk.ask(move || accounts.delete_account(key)).await
    }
}

impl contract::AccountService for AccountBook {
    async fn get<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, GetAccountRequest>,
    ) -> ServiceResult<impl Encodable<Account> + Send + use<'a>> {
        let named = Named::read(request.account, request.pseudonym, self.desk.bounds());
        let account = self.state(named).await;
        Response::ok(account.map_err(|error| error.to_connect())?)
    }

    async fn list<'a>(
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

    async fn explain<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, ExplainAccountRequest>,
    ) -> ServiceResult<impl Encodable<AccountExplanation> + Send + use<'a>> {
        let named = Named::read(request.account, request.pseudonym, self.desk.bounds());
        let account = self.state(named).await;
        Response::ok(explained(account.map_err(|error| error.to_connect())?))
    }

    async fn forget<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, ForgetAccountRequest>,
    ) -> ServiceResult<impl Encodable<ForgetAccountResponse> + Send + use<'a>> {
        let named = Named::read(request.account, request.pseudonym, self.desk.bounds());
        let forgotten = self.delete(named).await;
        let forgotten = forgotten.map_err(|error| error.to_connect())?;
        Response::ok(ForgetAccountResponse {
            forgotten: Some(forgotten),
        })
    }
}

/// Which rows are wanted.
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
                key_from_hex(token)
                    .ok_or_else(|| bad("page_token", "a `next_page_token` of this call"))?,
            ),
        };
        if bands.len() > Band::ALL.len() {
            return Err(WireError::OverBound {
                field: "bands".to_owned(),
                came: bands.len(),
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
                // Full; perhaps before the last that was looked at.
                next = Some(account.account);
            }
            rows.push(row(&account));
        }
        ListAccountsResponse {
            accounts: rows,
            next_page_token: next.map(hex).unwrap_or_default(),
        }
    }
}

fn row(account: &AccountState) -> AccountRow {
    AccountRow {
        pseudonym: hex(account.account),
        seen: Some(seen_to_contract(account.seen)),
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
        pseudonym: hex(account.account),
        seen: Some(seen_to_contract(account.seen)),
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

/// The account with the card of the technique that explains most of its risk.
fn explained(account: Account) -> AccountExplanation {
    let risk = |name: &str| account.techniques.get(name).and_then(|found| found.risk);
    let strongest = Technique::ALL
        .into_iter()
        .filter_map(|technique| Some((technique, risk(technique.name())?)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    let mut explanation = AccountExplanation {
        baseline: BASELINE.to_owned(),
        ..AccountExplanation::default()
    };
    if let Some((technique, _)) = strongest {
        let card = registry()[technique.index()].card();
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

fn hex(key: AccountKey) -> String {
    format!("{:032x}", key.0)
}

fn key_from_hex(text: &str) -> Option<AccountKey> {
    let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = digits.then(|| u128::from_str_radix(text, 16).ok())?;
    number.map(AccountKey)
}

fn bad(field: &str, expected: &'static str) -> WireError {
    WireError::BadValue {
        field: field.to_owned(),
        expected,
    }
}
