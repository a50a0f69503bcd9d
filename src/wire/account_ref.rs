//! The account that a request names, read from the contract's `oneof subject`.

use super::contract::__buffa::view::oneof::{
    delete_account_request, explain_account_request, get_account_request, submit_label_request,
};
use super::exchange::{bad, required_name};
use super::{Bounds, WireError};
use crate::domain::{AccountKey, AccountRef};

/// The `subject` of a request.
pub(crate) enum AccountSubject<'a> {
    Account(&'a str),
    Pseudonym(&'a str),
}

impl AccountSubject<'_> {
    /// Returns the account that a request names, validated.
    ///
    /// # Errors
    /// When the request names no account, or the name or pseudonym is malformed.
    pub(crate) fn read(
        subject: Option<impl Into<Self>>,
        bounds: &Bounds,
    ) -> Result<AccountRef, WireError> {
        match subject.map(Into::into) {
            None => Err(WireError::MissingField { field: "account" }),
            Some(Self::Account(name)) => {
                required_name("account", name, bounds).map(AccountRef::Name)
            }
            Some(Self::Pseudonym(digits)) => AccountKey::from_hex(digits)
                .map(AccountRef::Pseudonym)
                .ok_or_else(|| bad("pseudonym".to_owned(), "32 hexadecimal digits")),
        }
    }
}

/// Implements the conversion for the generated `Subject` of each request; all have the same form.
macro_rules! subjects {
    ($($request:ident),+) => {$(
        impl<'a> From<&$request::Subject<'a>> for AccountSubject<'a> {
            fn from(subject: &$request::Subject<'a>) -> Self {
                match *subject {
                    $request::Subject::Account(name) => Self::Account(name),
                    $request::Subject::Pseudonym(digits) => Self::Pseudonym(digits),
                }
            }
        }
    )+};
}

subjects!(
    get_account_request,
    explain_account_request,
    delete_account_request,
    submit_label_request
);
