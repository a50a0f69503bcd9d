//! The one error table: every error that a caller can meet, under one name on every protocol.
//!
//! An error is made of names of fields, numbers and our own words. No variant can hold text of a request.

use connectrpc::{ConnectError, ErrorCode, ErrorDetail};
use strum::VariantArray;

use super::contract;

/// What kind of error it is; the row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub enum ErrorKind {
    /// A required field is absent or empty.
    MissingField,
    /// A field's value is not one that the contract allows.
    BadValue,
    /// A field is longer, or has more elements, than the bounds allow.
    OverBound,
    /// The body is not a message of the contract in the encoding that it claims.
    MalformedBody,
    /// The body has more bytes than the server reads.
    BodyTooLarge,
    /// The content type is none that the route speaks.
    UnsupportedMediaType,
    /// The route exists, but not for this HTTP method.
    MethodNotAllowed,
    /// There is no such route or procedure.
    UnknownRoute,
    /// The call has no key that the server knows.
    Unauthenticated,
    /// The key is not good for this call.
    Forbidden,
    /// The account is not remembered.
    UnknownAccount,
    /// There is no such bundle.
    UnknownBundle,
    /// The bundle's files are not what they should be.
    UnfitBundle,
    /// The bundle has another text model than the histories.
    OtherTextModel,
    /// No more labels are kept.
    LabelsFull,
    /// The key sends more calls than it may.
    RateLimited,
    /// More calls are waiting than the server admits.
    Overloaded,
    /// The caller's deadline, or the server's, has passed.
    DeadlineExceeded,
    /// The server cannot score yet, or no longer.
    NotReady,
    /// A fault of the server.
    Internal,
}

/// What every protocol says of one kind of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorRow {
    /// Stable name; `reason` of the error's details.
    pub reason: &'static str,
    /// Connect and gRPC code.
    pub code: ErrorCode,
    /// HTTP status over Connect and plain HTTP.
    pub http_status: u16,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Where it is explained, relative to the documentation.
    pub documentation: &'static str,
}

impl ErrorKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Its row of the table.
    #[rustfmt::skip]
    pub const fn row(self) -> ErrorRow {
        use ErrorCode as Code;
        let (reason, code, http_status, retryable, documentation) = match self {
            Self::MissingField => ("missing_field", Code::InvalidArgument, 400, false, "errors#missing_field"),
            Self::BadValue => ("bad_value", Code::InvalidArgument, 400, false, "errors#bad_value"),
            Self::OverBound => ("over_bound", Code::InvalidArgument, 400, false, "errors#over_bound"),
            Self::MalformedBody => ("malformed_body", Code::InvalidArgument, 400, false, "errors#malformed_body"),
            Self::BodyTooLarge => ("body_too_large", Code::ResourceExhausted, 413, false, "errors#body_too_large"),
            Self::UnsupportedMediaType => ("unsupported_media_type", Code::InvalidArgument, 415, false, "errors#unsupported_media_type"),
            Self::MethodNotAllowed => ("method_not_allowed", Code::Unimplemented, 405, false, "errors#method_not_allowed"),
            Self::UnknownRoute => ("unknown_route", Code::Unimplemented, 404, false, "errors#unknown_route"),
            Self::Unauthenticated => ("unauthenticated", Code::Unauthenticated, 401, false, "errors#unauthenticated"),
            Self::Forbidden => ("forbidden", Code::PermissionDenied, 403, false, "errors#forbidden"),
            Self::UnknownAccount => ("unknown_account", Code::NotFound, 404, false, "errors#unknown_account"),
            Self::UnknownBundle => ("unknown_bundle", Code::NotFound, 404, false, "errors#unknown_bundle"),
            Self::UnfitBundle => ("unfit_bundle", Code::FailedPrecondition, 400, false, "errors#unfit_bundle"),
            Self::OtherTextModel => ("other_text_model", Code::FailedPrecondition, 400, false, "errors#other_text_model"),
            Self::LabelsFull => ("labels_full", Code::FailedPrecondition, 400, false, "errors#labels_full"),
            Self::RateLimited => ("rate_limited", Code::ResourceExhausted, 429, true, "errors#rate_limited"),
            Self::Overloaded => ("overloaded", Code::ResourceExhausted, 429, true, "errors#overloaded"),
            Self::DeadlineExceeded => ("deadline_exceeded", Code::DeadlineExceeded, 504, true, "errors#deadline_exceeded"),
            Self::NotReady => ("not_ready", Code::Unavailable, 503, true, "errors#not_ready"),
            Self::Internal => ("internal", Code::Internal, 500, false, "errors#internal"),
        };
        ErrorRow { reason, code, http_status, retryable, documentation }
    }
}

/// Why a call, or one exchange of a batch, has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A required field is absent or empty.
    #[error("`{field}` is required")]
    MissingField {
        /// The field.
        field: &'static str,
    },
    /// A field's value is not one that the contract allows.
    #[error("`{field}` must be {expected}")]
    BadValue {
        /// The field, with the position in its list.
        field: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// A field is longer, or has more elements, than the bounds allow.
    #[error("`{field}` has {got} {unit}; at most {bound} are read")]
    OverBound {
        /// The field, with the position in its list.
        field: String,
        /// How many there are.
        got: usize,
        /// How many there may be.
        bound: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// The body is not a message of the contract in the encoding that it claims.
    #[error("the body cannot be read as {encoding}{}", at(.position.as_ref()))]
    MalformedBody {
        /// The encoding claimed.
        encoding: &'static str,
        /// Line and column, both from 1, where reading stopped; known for JSON.
        position: Option<(usize, usize)>,
    },
    /// The body has more bytes than the server reads.
    #[error("the body has more than {bound} bytes")]
    BodyTooLarge {
        /// Bytes that are read.
        bound: usize,
    },
    /// The content type is none that the route speaks.
    #[error("the content type must be {expected}")]
    UnsupportedMediaType {
        /// The types that it speaks.
        expected: &'static str,
    },
    /// The route exists, but not for this HTTP method.
    #[error("the route answers to {allowed} alone")]
    MethodNotAllowed {
        /// The methods that it answers to.
        allowed: &'static str,
    },
    /// There is no such route or procedure.
    #[error("there is no such route")]
    UnknownRoute,
    /// The call brings no key, or none that the server knows.
    #[error("expected an API key that the server knows, in `authorization: Bearer` or `x-api-key`")]
    Unauthenticated,
    /// The key is not good for this call.
    #[error("the key is not good for this call, which needs the scope `{scope}`")]
    Forbidden {
        /// The scope that it needs.
        scope: &'static str,
    },
    /// The account is not remembered.
    #[error("the account is not remembered")]
    UnknownAccount,
    /// There is no such bundle.
    #[error("there is no such bundle; ListModels names those available")]
    UnknownBundle,
    /// The bundle's files are not what they should be.
    #[error("the bundle cannot be used: {problem}")]
    UnfitBundle {
        /// What is wrong with it, in our own words.
        problem: &'static str,
    },
    /// The bundle has another text model than the histories.
    #[error(
        "the bundle has another text model; activating it forgets all histories, which `forget_histories` must allow"
    )]
    OtherTextModel,
    /// No more labels are kept.
    #[error("{bound} labels are kept and no more; export them and start with an empty file")]
    LabelsFull {
        /// How many are kept.
        bound: usize,
    },
    /// The key has made more calls than it may.
    #[error("the key has made more calls than it may; try again in {retry_after_seconds} s")]
    RateLimited {
        /// When to try again.
        retry_after_seconds: u32,
    },
    /// More calls are waiting than the server admits.
    #[error("too many calls are waiting; try again in {retry_after_seconds} s")]
    Overloaded {
        /// When to try again.
        retry_after_seconds: u32,
    },
    /// The caller's deadline, or the server's, has passed.
    #[error("the deadline has passed")]
    DeadlineExceeded,
    /// The server cannot score yet, or no longer.
    #[error("not ready: {waiting_for}")]
    NotReady {
        /// What is awaited, in our own words.
        waiting_for: &'static str,
    },
    /// A fault of the server.
    #[error("a fault of the server; the exchange may not have been counted")]
    Internal,
}

fn at(position: Option<&(usize, usize)>) -> String {
    position.map_or_else(String::new, |(line, column)| {
        format!(": line {line}, column {column}")
    })
}

impl WireError {
    /// Its row of the table.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::MissingField { .. } => ErrorKind::MissingField,
            Self::BadValue { .. } => ErrorKind::BadValue,
            Self::OverBound { .. } => ErrorKind::OverBound,
            Self::MalformedBody { .. } => ErrorKind::MalformedBody,
            Self::BodyTooLarge { .. } => ErrorKind::BodyTooLarge,
            Self::UnsupportedMediaType { .. } => ErrorKind::UnsupportedMediaType,
            Self::MethodNotAllowed { .. } => ErrorKind::MethodNotAllowed,
            Self::UnknownRoute => ErrorKind::UnknownRoute,
            Self::Unauthenticated => ErrorKind::Unauthenticated,
            Self::Forbidden { .. } => ErrorKind::Forbidden,
            Self::UnknownAccount => ErrorKind::UnknownAccount,
            Self::UnknownBundle => ErrorKind::UnknownBundle,
            Self::UnfitBundle { .. } => ErrorKind::UnfitBundle,
            Self::OtherTextModel => ErrorKind::OtherTextModel,
            Self::LabelsFull { .. } => ErrorKind::LabelsFull,
            Self::RateLimited { .. } => ErrorKind::RateLimited,
            Self::Overloaded { .. } => ErrorKind::Overloaded,
            Self::DeadlineExceeded => ErrorKind::DeadlineExceeded,
            Self::NotReady { .. } => ErrorKind::NotReady,
            Self::Internal => ErrorKind::Internal,
        }
    }

    /// Seconds after which a caller should try again, when that is known.
    pub const fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::Overloaded {
                retry_after_seconds,
            }
            | Self::RateLimited {
                retry_after_seconds,
            } => Some(*retry_after_seconds),
            Self::NotReady { .. } => Some(1),
            _ => None,
        }
    }

    fn field(&self) -> &str {
        match self {
            Self::MissingField { field } => field,
            Self::BadValue { field, .. } | Self::OverBound { field, .. } => field,
            _ => "",
        }
    }

    fn info(&self) -> contract::ErrorInfo {
        let row = self.kind().row();
        contract::ErrorInfo {
            reason: row.reason.to_owned(),
            field: self.field().to_owned(),
            retryable: Some(row.retryable),
            documentation: row.documentation.to_owned(),
        }
    }

    /// As the error of one exchange of a batch.
    pub(crate) fn to_contract(&self) -> contract::Error {
        contract::Error {
            code: self.kind().row().code.as_str().to_owned(),
            message: self.to_string(),
            details: vec![self.info()],
        }
    }

    /// As the error of a whole call, for every protocol.
    pub(crate) fn to_connect(&self) -> ConnectError {
        let row = self.kind().row();
        let info = self.info();
        let mut detail = ErrorDetail::from_message(Self::DETAIL, &info);
        // The Connect protocol's readable twin of the encoded detail.
        detail.debug = serde_json::to_value(&info).ok();
        let mut error = ConnectError::new(row.code, self.to_string()).with_detail(detail);
        if let Ok(status) = row.http_status.try_into() {
            error = error.with_http_status(status);
        }
        if let Some(seconds) = self.retry_after_seconds() {
            error
                .response_headers_mut()
                .insert("retry-after", seconds.into());
        }
        error
    }

    const DETAIL: &'static str = "stillwatch.v1.ErrorInfo";

    /// Whether `error` was made by [`WireError::to_connect`].
    pub(crate) fn made(error: &ConnectError) -> bool {
        error
            .details
            .iter()
            .any(|detail| detail.type_url == Self::DETAIL)
    }
}
