//! Decompression of gzip bodies, within the limit on a body.

use std::io::Read;

use axum::body;
use axum::extract::Request;
use axum::http::header;
use flate2::read::MultiGzDecoder;
use tokio::task;

use super::body::{SHORTENED_FROM, with_gathered};
use super::content_type::content_type;
use crate::json::Gather;
use crate::wire::WireError;

/// Decompresses the body of `request` to at most `bound` bytes; JSON that is longer is shortened to them.
///
/// # Errors
/// If the body is compressed with anything but gzip, corrupt, or longer and not to be shortened.
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
    if plain.is_shortened() && content_type(&parts.headers) == "application/x-protobuf" {
        return Err(WireError::BodyTooLarge { bound });
    }
    with_gathered(parts, plain).ok_or(WireError::BodyTooLarge { bound })
}

fn gunzip(packed: &[u8], bound: usize) -> Result<Gather, WireError> {
    let mut plain = Gather::within(bound);
    let most = bound.saturating_mul(SHORTENED_FROM);
    let mut limited = MultiGzDecoder::new(packed).take(most as u64 + 1);
    let (mut piece, mut received) = (vec![0; 64 * 1024], 0);
    loop {
        let read = limited.read(&mut piece);
        let length = read.map_err(|_| WireError::MalformedBody {
            encoding: "gzip",
            position: None,
        })?;
        received += length;
        match length {
            0 => return Ok(plain),
            _ if received > most => return Err(WireError::BodyTooLarge { bound }),
            _ => plain.add(&piece[..length]),
        }
    }
}
