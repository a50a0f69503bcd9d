//! Keeps request text out of errors.
//!
//! A decoder's own message may quote the input it could not parse, and that may be a prompt. Every error that does not
//! come from the error table is therefore replaced by a row of it.

use connectrpc::interceptor::{UnaryRequest, UnaryResponse};
use connectrpc::{CodecFormat, ConnectError, ErrorCode, Interceptor, Next, async_trait};

use crate::wire::WireError;

const JSON: &str = "JSON of the contract";

/// Interceptor that redacts errors of unary methods.
pub(in crate::server) struct ErrorRedaction;

#[async_trait]
impl Interceptor for ErrorRedaction {
    async fn intercept_unary(
        &self,
        request: UnaryRequest,
        next: Next<'_>,
    ) -> Result<UnaryResponse, ConnectError> {
        let format = request.payload.format();
        if format == CodecFormat::Json && !is_object(request.payload.bytes()) {
            let encoding = JSON;
            let position = None;
            return Err(WireError::MalformedBody { encoding, position }.to_connect());
        }
        next.run(request)
            .await
            .map_err(|error| redacted(error, format))
    }
}

/// Returns the row of the error table for a stream message that could not be decoded.
pub(in crate::server) fn of_message(error: &ConnectError, bound: usize) -> WireError {
    match error.code {
        ErrorCode::InvalidArgument => WireError::MalformedBody {
            encoding: "a message of the contract",
            position: error.message.as_deref().and_then(position),
        },
        ErrorCode::ResourceExhausted => WireError::BodyTooLarge { bound },
        _ => WireError::Internal,
    }
}

fn redacted(error: ConnectError, format: CodecFormat) -> ConnectError {
    if WireError::made(&error) {
        return error;
    }
    let replacement = match error.code {
        // Only health checks use this code, for an unknown service, with a fixed message.
        ErrorCode::NotFound => return error,
        // Outside the error table, only decoding fails with this code.
        ErrorCode::InvalidArgument => WireError::MalformedBody {
            encoding: match format {
                CodecFormat::Json => JSON,
                CodecFormat::Proto => "protobuf of the contract",
                _ => "a message of the contract",
            },
            position: error.message.as_deref().and_then(position),
        },
        _ => WireError::Internal,
    };
    replacement.to_connect()
}

/// Returns whether the JSON is an object. The decoder would accept a list as a message, field by field in the order of
/// the contract.
fn is_object(json: &[u8]) -> bool {
    json.trim_ascii_start().first() == Some(&b'{')
}

/// Returns line and column if `message` ends in ` at line N column M`; nothing else of it is used.
fn position(message: &str) -> Option<(usize, usize)> {
    let (_, tail) = message.rsplit_once(" at line ")?;
    let (line, column) = tail.split_once(" column ")?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_survive_of_a_decoders_message() {
        let canary = "canary at line 3 column x at line 1 column 2 canary";
        for code in [
            ErrorCode::InvalidArgument,
            ErrorCode::Internal,
            ErrorCode::Unknown,
        ] {
            let error = ConnectError::new(code, canary);
            let shown = format!("{:?}", redacted(error, CodecFormat::Json));
            assert!(!shown.contains("canary"), "{shown}");
        }
        assert_eq!(position("expected `,` at line 4 column 17"), Some((4, 17)));
        assert_eq!(position(canary), None);
    }
}
