//! Repair of what lenient writers produce: strict JSON out of `json.dumps` and `JSON.stringify` at their loosest.

use std::borrow::Cow;

use memchr::memmem;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Numbers that Python writes and reads, longest first; JSON has no word for them but `null`.
const NOT_NUMBERS: [&[u8]; 4] = [b"-Infinity", b"+Infinity", b"Infinity", b"NaN"];

/// Returns `body` as a strict parser takes it, borrowed when there is nothing to repair.
///
/// - A byte order mark before the value and NULs after it are dropped.
/// - `NaN`, `Infinity` and `-Infinity` become `null`.
/// - A surrogate that is escaped without its other half becomes U+FFFD, as do bytes that are not UTF-8.
/// - Control characters inside a string become blanks.
///
/// What is broken in any other way stays as it is, for the parser to refuse. Costs a few vectorised searches when
/// nothing is found, else one pass.
pub(crate) fn repaired(body: &[u8]) -> Cow<'_, [u8]> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let end = body
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    let body = &body[..end];
    let Ok(text) = std::str::from_utf8(body) else {
        let text = String::from_utf8_lossy(body);
        let fixed = rewritten(text.as_bytes());
        return Cow::Owned(fixed.unwrap_or_else(|| text.clone().into_owned().into_bytes()));
    };
    match rewritten(text.as_bytes()) {
        Some(fixed) => Cow::Owned(fixed),
        None => Cow::Borrowed(body),
    }
}

/// Returns the text with its words and escapes repaired; `None` when nothing in it looks like needing it.
fn rewritten(text: &[u8]) -> Option<Vec<u8>> {
    let suspicious = memmem::find(text, b"NaN").is_some()
        || memmem::find(text, b"Infinity").is_some()
        || memmem::find(text, b"\\ud").is_some()
        || memmem::find(text, b"\\uD").is_some()
        || has_raw_control(text);
    suspicious.then(|| Repair::of(text))
}

/// Returns whether a control character other than the white space of JSON occurs, or white space that could be inside a
/// string. No early exit, so that it compiles to wide instructions.
fn has_raw_control(text: &[u8]) -> bool {
    let is_raw =
        |byte: u8| u8::from(byte < b' ') & u8::from(byte != b'\n') & u8::from(byte != b'\r');
    let found = text.iter().fold(0, |found, &byte| found | is_raw(byte));
    found != 0 || newline_in_string(text)
}

/// Returns whether a line break is inside a string.
fn newline_in_string(text: &[u8]) -> bool {
    if memchr::memchr2(b'\n', b'\r', text).is_none() {
        return false;
    }
    let mut inside = false;
    let mut at = 0;
    while let Some(next) = memchr::memchr3(b'"', b'\\', b'\n', &text[at..]) {
        let position = at + next;
        match text[position] {
            b'"' => inside = !inside,
            b'\\' if inside => {
                at = (position + 2).min(text.len());
                continue;
            }
            b'\n' if inside => return true,
            _ => {}
        }
        at = position + 1;
    }
    false
}

/// One pass over a text, copying it with repairs.
struct Repair {
    out: Vec<u8>,
}

impl Repair {
    fn of(text: &[u8]) -> Vec<u8> {
        let mut repair = Self {
            out: Vec::with_capacity(text.len()),
        };
        let mut rest = text;
        while let Some(&byte) = rest.first() {
            rest = if byte == b'"' {
                repair.string(rest)
            } else {
                repair.word(rest)
            };
        }
        repair.out
    }

    /// Copies one piece from outside a string and returns what follows it.
    fn word<'t>(&mut self, text: &'t [u8]) -> &'t [u8] {
        for name in NOT_NUMBERS {
            if let Some(after) = text.strip_prefix(name) {
                self.out.extend_from_slice(b"null");
                return after;
            }
        }
        self.out.push(text[0]);
        &text[1..]
    }

    /// Copies one string, from its opening quotation mark on, and returns what follows it.
    fn string<'t>(&mut self, text: &'t [u8]) -> &'t [u8] {
        self.out.push(b'"');
        let mut at = 1;
        while let Some(&byte) = text.get(at) {
            match byte {
                b'"' => {
                    self.out.push(b'"');
                    return &text[at + 1..];
                }
                b'\\' => at = self.escape(text, at),
                ..b' ' => {
                    self.out.push(b' ');
                    at += 1;
                }
                _ => {
                    self.out.push(byte);
                    at += 1;
                }
            }
        }
        &[]
    }

    /// Copies the escape at `at`, a pair of surrogates as a whole, and returns the position after it.
    fn escape(&mut self, text: &[u8], at: usize) -> usize {
        let length = match escaped_unit(&text[at..]) {
            Some(0xD800..=0xDBFF) => match escaped_unit(text.get(at + 6..).unwrap_or_default()) {
                Some(0xDC00..=0xDFFF) => 12,
                _ => return self.lone(at),
            },
            Some(0xDC00..=0xDFFF) => return self.lone(at),
            Some(_) => 6,
            None => 2.min(text.len() - at),
        };
        self.out.extend_from_slice(&text[at..at + length]);
        at + length
    }

    fn lone(&mut self, at: usize) -> usize {
        self.out.extend_from_slice("\u{fffd}".as_bytes());
        at + 6
    }
}

/// Returns the UTF-16 unit of a `\uXXXX` at the start of `text`.
fn escaped_unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn read(body: &[u8]) -> Option<Value> {
        serde_json::from_slice(&repaired(body)).ok()
    }

    #[test]
    fn what_python_and_javascript_write_is_read() {
        let cases: [(&[u8], Value); 9] = [
            (
                br#"{"a":NaN,"b":[Infinity,-Infinity]}"#,
                serde_json::json!({"a":null,"b":[null,null]}),
            ),
            (
                br#"{"a":"NaN stays, Infinity too"}"#,
                serde_json::json!({"a":"NaN stays, Infinity too"}),
            ),
            (br#""cut \ud83d""#, serde_json::json!("cut \u{fffd}")),
            (
                br#""\udc00\ud83d x""#,
                serde_json::json!("\u{fffd}\u{fffd} x"),
            ),
            (br#""\ud83d\ude00""#, serde_json::json!("\u{1f600}")),
            (br#""\\ud83d""#, serde_json::json!("\\ud83d")),
            (b"\xef\xbb\xbf{\"a\":1}", serde_json::json!({"a":1})),
            (b"{\"a\":\"\xff\"}\0\0", serde_json::json!({"a":"\u{fffd}"})),
            (b"{\"a\":\n\"x\ty\nz\"}", serde_json::json!({"a":"x y z"})),
        ];
        for (body, expected) in cases {
            assert_eq!(
                read(body),
                Some(expected),
                "{}",
                String::from_utf8_lossy(body)
            );
        }
    }

    #[test]
    fn what_is_broken_otherwise_stays_broken() {
        for body in [
            &b"{\"a\":"[..],
            b"{'a':1}",
            b"nan",
            b"{\"a\":\"\\u12\"}",
            b"",
        ] {
            assert_eq!(read(body), None, "{}", String::from_utf8_lossy(body));
        }
    }

    proptest! {
        #[test]
        fn strict_json_keeps_its_value(text in "\\PC{0,40}", number: f64, pretty: bool) {
            let value = serde_json::json!({"a": [text, number, {"NaN": "Infinity"}], "b": null});
            let body = if pretty {
                serde_json::to_vec_pretty(&value)
            } else {
                serde_json::to_vec(&value)
            };
            let body = body.expect("values are serialisable");
            let strict: Value = serde_json::from_slice(&body).expect("it was just written");
            prop_assert_eq!(read(&body), Some(strict));
        }

        #[test]
        fn any_bytes_are_taken(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let once = repaired(&body).into_owned();
            prop_assert!(std::str::from_utf8(&once).is_ok());
        }
    }
}
