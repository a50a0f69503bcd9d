//! Decompression of gzip bodies, within the limit on a body.

use std::io::Read;

use axum::body::{self, Body};
use axum::extract::Request;
use axum::http::header;
use flate2::read::MultiGzDecoder;
use tokio::task;

use crate::wire::WireError;

/// Decompresses the body of `request`, up to `bound` bytes.
///
/// # Errors
/// If the body is compressed with anything but gzip, corrupt, or longer than `bound`.
pub(super) async fn gunzipped(request: Request, bound: usize) -> Result<Request, WireError> {
    let encoding = request.headers().get(header::CONTENT_ENCODING);
    match encoding
        .map(|value| value.as_bytes().to_ascii_lowercase())
        .as_deref()
    {
        None | Some(b"" | b"identity") => return Ok(request),
        Some(b"gzip" | b"x-gzip") => {}
        Some(_) => {
            return Err(WireError::UnsupportedMediaType {
                expected: "as it stands, and compressed by gzip if at all",
            });
        }
    }
    let (mut parts, packed) = request.into_parts();
    // The body is in memory already, within the limit.
    let packed = body::to_bytes(packed, bound).await;
    let packed = packed.map_err(|_| WireError::BodyTooLarge { bound })?;
    let plain = task::spawn_blocking(move || gunzip(&packed, bound)).await;
    parts.headers.remove(header::CONTENT_ENCODING);
    parts.headers.remove(header::CONTENT_LENGTH);
    let plain = plain.map_err(|_| WireError::Internal)??;
    Ok(Request::from_parts(parts, Body::from(plain)))
}

fn gunzip(packed: &[u8], bound: usize) -> Result<Vec<u8>, WireError> {
    let mut plain = Vec::new();
    let mut limited = MultiGzDecoder::new(packed).take(bound as u64 + 1);
    limited
        .read_to_end(&mut plain)
        .map_err(|_| WireError::MalformedBody {
            encoding: "gzip",
            position: None,
        })?;
    if plain.len() > bound {
        return Err(WireError::BodyTooLarge { bound });
    }
    Ok(plain)
}
