//! The one error table: every error that a caller can receive, under one name on every protocol.
//!
//! An error contains only field names, numbers and fixed text. No variant can hold text of a request.

use connectrpc::{ConnectError, ErrorCode, ErrorDetail};
use strum::VariantArray;

use super::contract;
use crate::json::JsonError;

/// The kind of an error; one row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub enum ErrorKind {
    /// A required field is absent or empty.
    MissingField,
    /// A field's value is not allowed by the contract.
    BadValue,
    /// A field is longer than its bound, or has too many elements.
    OverBound,
    /// The body is not a valid message of the contract in its declared encoding.
    MalformedBody,
    /// The body is larger than the server accepts.
    BodyTooLarge,
    /// The route does not accept the content type.
    UnsupportedMediaType,
    /// The route exists, but not for this HTTP method.
    MethodNotAllowed,
    /// The route or procedure does not exist.
    UnknownRoute,
    /// The request has no valid API key.
    Unauthenticated,
    /// The API key lacks the scope that the request needs.
    Forbidden,
    /// The account has no stored history.
    UnknownAccount,
    /// The bundle does not exist.
    UnknownBundle,
    /// The bundle's files are invalid.
    UnfitBundle,
    /// The bundle's text model differs from that of the histories.
    OtherTextModel,
    /// The label store is full.
    LabelsFull,
    /// The store of marks is full.
    MarksFull,
    /// The API key is over its rate limit.
    RateLimited,
    /// The server's queue is full.
    Overloaded,
    /// The caller's deadline, or the server's, has passed.
    DeadlineExceeded,
    /// The server cannot score yet, or is shutting down.
    NotReady,
    /// An internal error of the server.
    Internal,
}

/// The representation of one kind of error, the same on every protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorRow {
    /// Stable name; the `reason` in the error's details.
    pub reason: &'static str,
    /// Connect and gRPC code.
    pub code: ErrorCode,
    /// HTTP status over Connect and plain HTTP.
    pub http_status: u16,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Location of its explanation, relative to the documentation.
    pub documentation: &'static str,
}

impl ErrorKind {
    /// All kinds, in the order of the documentation.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the row of the table.
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
            Self::MarksFull => ("marks_full", Code::FailedPrecondition, 400, false, "errors#marks_full"),
            Self::RateLimited => ("rate_limited", Code::ResourceExhausted, 429, true, "errors#rate_limited"),
            Self::Overloaded => ("overloaded", Code::ResourceExhausted, 429, true, "errors#overloaded"),
            Self::DeadlineExceeded => ("deadline_exceeded", Code::DeadlineExceeded, 504, true, "errors#deadline_exceeded"),
            Self::NotReady => ("not_ready", Code::Unavailable, 503, true, "errors#not_ready"),
            Self::Internal => ("internal", Code::Internal, 500, false, "errors#internal"),
        };
        ErrorRow { reason, code, http_status, retryable, documentation }
    }
}

/// Why a request, or one exchange of a batch, failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A required field is absent or empty.
    #[error("`{field}` is required")]
    MissingField {
        /// The field.
        field: &'static str,
    },
    /// A field's value is not allowed by the contract.
    #[error("`{field}` must be {expected}")]
    BadValue {
        /// The field, with the position in its list.
        field: String,
        /// The allowed values.
        expected: &'static str,
    },
    /// A field is longer than its bound, or has too many elements.
    #[error("`{field}`: expected at most {bound} {unit}, got {got}")]
    OverBound {
        /// The field, with the position in its list.
        field: String,
        /// Actual number of units.
        got: usize,
        /// Maximum number of units.
        bound: usize,
        /// The unit counted.
        unit: &'static str,
    },
    /// The body is not a valid message of the contract in its declared encoding.
    #[error("the body cannot be read as {encoding}{}", at(.position.as_ref()))]
    MalformedBody {
        /// The declared encoding.
        encoding: &'static str,
        /// Line and column, both from 1, where parsing stopped; known for JSON.
        position: Option<(usize, usize)>,
    },
    /// The body is larger than the server accepts.
    #[error("the body has more than {bound} bytes")]
    BodyTooLarge {
        /// Maximum bytes.
        bound: usize,
    },
    /// The route does not accept the content type.
    #[error("the content type must be {expected}")]
    UnsupportedMediaType {
        /// The accepted types.
        expected: &'static str,
    },
    /// The route exists, but not for this HTTP method.
    #[error("the route only accepts {allowed}")]
    MethodNotAllowed {
        /// The accepted methods.
        allowed: &'static str,
    },
    /// The route or procedure does not exist.
    #[error("the route does not exist")]
    UnknownRoute,
    /// The request has no API key, or an unknown one.
    #[error("expected a valid API key in `authorization: Bearer` or `x-api-key`")]
    Unauthenticated,
    /// The API key lacks the scope that the request needs.
    #[error("the API key lacks the scope `{scope}`, which this request needs")]
    Forbidden {
        /// The scope that the request needs.
        scope: &'static str,
    },
    /// The account has no stored history.
    #[error("no history is stored for the account")]
    UnknownAccount,
    /// The bundle does not exist.
    #[error("the bundle does not exist; ListModels returns those available")]
    UnknownBundle,
    /// The bundle's files are invalid.
    #[error("the bundle cannot be used: {problem}")]
    UnfitBundle {
        /// Fixed text that describes the problem.
        problem: &'static str,
    },
    /// The bundle's text model differs from that of the histories.
    #[error(
        "the bundle has another text model; activating it deletes all histories, so `forget_histories` must be set"
    )]
    OtherTextModel,
    /// The label store is full.
    #[error("the label store is full at {bound} labels; export them and start with an empty file")]
    LabelsFull {
        /// Maximum number of labels.
        bound: usize,
    },
    /// The store of marks is full.
    #[error(
        "the store of marks is full at {bound} changes; start with a file of the marks in force"
    )]
    MarksFull {
        /// Maximum number of changes.
        bound: usize,
    },
    /// The API key is over its rate limit.
    #[error("the API key is over its rate limit; retry in {retry_after_seconds} s")]
    RateLimited {
        /// Seconds after which to retry.
        retry_after_seconds: u32,
    },
    /// The server's queue is full.
    #[error("too many requests are waiting; retry in {retry_after_seconds} s")]
    Overloaded {
        /// Seconds after which to retry.
        retry_after_seconds: u32,
    },
    /// The caller's deadline, or the server's, has passed.
    #[error("the deadline has passed")]
    DeadlineExceeded,
    /// The server cannot score yet, or is shutting down.
    #[error("not ready: {waiting_for}")]
    NotReady {
        /// Fixed text that names what the server is waiting for.
        waiting_for: &'static str,
    },
    /// An internal error of the server.
    #[error("internal error; the exchange may not have been counted")]
    Internal,
}

impl From<JsonError> for WireError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Syntax { line, column } => Self::MalformedBody {
                encoding: "JSON",
                position: Some((line, column)),
            },
            JsonError::Incomplete => Self::MalformedBody {
                encoding: "JSON",
                position: None,
            },
            JsonError::TooManyValues { bound } => Self::OverBound {
                field: "body".to_owned(),
                got: bound + 1,
                bound,
                unit: "values",
            },
        }
    }
}

fn at(position: Option<&(usize, usize)>) -> String {
    position.map_or_else(String::new, |(line, column)| {
        format!(": line {line}, column {column}")
    })
}

impl WireError {
    /// Returns the kind of the error.
    pub(crate) const fn kind(&self) -> ErrorKind {
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
            Self::MarksFull { .. } => ErrorKind::MarksFull,
            Self::RateLimited { .. } => ErrorKind::RateLimited,
            Self::Overloaded { .. } => ErrorKind::Overloaded,
            Self::DeadlineExceeded => ErrorKind::DeadlineExceeded,
            Self::NotReady { .. } => ErrorKind::NotReady,
            Self::Internal => ErrorKind::Internal,
        }
    }

    /// Returns the seconds after which a caller should retry; `None` when unknown.
    pub(crate) const fn retry_after_seconds(&self) -> Option<u32> {
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

    /// Converts to the error of one exchange of a batch.
    pub(crate) fn to_contract(&self) -> contract::Error {
        contract::Error {
            code: self.kind().row().code.as_str().to_owned(),
            message: self.to_string(),
            details: vec![self.info()],
        }
    }

    /// Converts to the error of a whole request, for every protocol.
    pub(crate) fn to_connect(&self) -> ConnectError {
        let row = self.kind().row();
        let info = self.info();
        let mut detail = ErrorDetail::from_message(Self::DETAIL, &info);
        // The Connect protocol's readable copy of the encoded detail.
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

    /// Returns whether `error` was created by [`WireError::to_connect`].
    pub(crate) fn made(error: &ConnectError) -> bool {
        error
            .details
            .iter()
            .any(|detail| detail.type_url == Self::DETAIL)
    }
}
