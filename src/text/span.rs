//! Spans that fill a template as a unit: quotations, code, formulas, addresses.

/// Maximum length of a span on one line, in bytes.
const LINE_SPAN_BYTES_MAX: usize = 1024;

/// Maximum length of a JSON key, in bytes.
const KEY_BYTES_MAX: usize = 40;

/// Finds spans in one text, from left to right.
///
/// The work is bounded: a span on one line is searched for over [`LINE_SPAN_BYTES_MAX`] bytes, and once a kind of fence
/// was not closed, it is not searched for again.
pub(super) struct Spans<'t> {
    text: &'t str,
    unclosed: [bool; FENCES.len()],
}

/// Opening and closing delimiters of spans over several lines.
const FENCES: [(&str, &str); 5] = [
    ("```", "```"),
    ("\"\"\"", "\"\"\""),
    ("'''", "'''"),
    ("$$", "$$"),
    ("\\[", "\\]"),
];

impl<'t> Spans<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            unclosed: [false; FENCES.len()],
        }
    }

    /// Returns the end of the span that starts at byte `at`, if there is one. `at` is the start of a character.
    pub(super) fn end_of_span_at(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let opener = rest.chars().next()?;
        match opener {
            '`' => self.fence(at).or_else(|| on_line(rest, 1, "`")),
            '"' => self.fence(at).or_else(|| self.quotation(at, "\"")),
            '\'' => self.fence(at).or_else(|| self.quotation(at, "'")),
            '$' => self.fence(at).or_else(|| formula(rest)),
            '\\' if rest.starts_with("\\(") => on_line(rest, 2, "\\)"),
            '\\' => self.fence(at),
            '“' => on_line(rest, opener.len_utf8(), "”"),
            '‘' => on_line(rest, opener.len_utf8(), "’"),
            '「' => on_line(rest, opener.len_utf8(), "」"),
            '『' => on_line(rest, opener.len_utf8(), "』"),
            '«' => on_line(rest, opener.len_utf8(), "»"),
            '《' => on_line(rest, opener.len_utf8(), "》"),
            '/' | '~' => self.path(at),
            _ => None,
        }
        .map(|bytes| at + bytes)
    }

    /// Returns the end of the address that continues after a word ending at byte `at`: `https` of a URL, a name before
    /// `@`, a drive before `:\`.
    pub(super) fn end_of_address_after(&self, at: usize) -> Option<usize> {
        let rest = &self.text.as_bytes()[at..];
        let is_address = match rest.first()? {
            b':' => rest.starts_with(b"://") || rest.starts_with(b":\\"),
            b'@' => rest.get(1).is_some_and(u8::is_ascii_alphanumeric),
            b'.' => self.text[..at].ends_with("www"),
            _ => false,
        };
        is_address.then(|| at + address_bytes(rest))
    }

    fn fence(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let kind = FENCES.iter().position(|(open, _)| rest.starts_with(open))?;
        let (open, close) = FENCES[kind];
        if self.unclosed[kind] {
            return None;
        }
        let inner = memchr::memmem::find(&rest.as_bytes()[open.len()..], close.as_bytes());
        self.unclosed[kind] = inner.is_none();
        inner.map(|bytes| open.len() + bytes + close.len())
    }

    /// Returns the length of a quotation in straight quotes, unless it is a JSON key or an apostrophe.
    fn quotation(&self, at: usize, quote: &str) -> Option<usize> {
        let before = self.text.as_bytes()[..at].last();
        if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || b".!?%)".contains(byte)) {
            return None;
        }
        let rest = &self.text[at..];
        let end = on_line(rest, 1, quote)?;
        let after = rest[end..].trim_start_matches(' ');
        let is_key = after.starts_with(':') && end <= KEY_BYTES_MAX;
        let is_apostrophe = quote == "'"
            && after.len() == rest.len() - end
            && after.starts_with(|c: char| c.is_alphanumeric());
        (!is_key && !is_apostrophe).then_some(end)
    }

    /// Returns the length of a path of two or more names at the start of a word.
    fn path(&self, at: usize) -> Option<usize> {
        let before = self.text.as_bytes()[..at].last();
        if before.is_some_and(|byte| !byte.is_ascii_whitespace() && !b"\"'`(=:".contains(byte)) {
            return None;
        }
        let rest = &self.text.as_bytes()[at..];
        let bytes = address_bytes(rest);
        (memchr::memchr(b'/', &rest[1..bytes.max(1)]).is_some() && bytes > 3).then_some(bytes)
    }
}

/// Returns the length of a formula between single dollar signs, as opposed to prices.
fn formula(rest: &str) -> Option<usize> {
    let end = on_line(rest, 1, "$")?;
    let inner = &rest[1..end - 1];
    let is_price = inner.ends_with(' ') || inner.starts_with(' ');
    let digit_follows = rest[end..].starts_with(|character: char| character.is_ascii_digit());
    (!is_price && !digit_follows).then_some(end)
}

/// Returns the end of a span whose closing delimiter is on the same line.
fn on_line(rest: &str, open_bytes: usize, close: &str) -> Option<usize> {
    let window = &rest.as_bytes()[open_bytes..rest.len().min(LINE_SPAN_BYTES_MAX)];
    let line = &window[..memchr::memchr(b'\n', window).unwrap_or(window.len())];
    let inner = memchr::memmem::find(line, close.as_bytes())?;
    (inner > 0).then_some(open_bytes + inner + close.len())
}

/// Returns the length of an address in bytes, without the punctuation of the sentence around it.
fn address_bytes(rest: &[u8]) -> usize {
    let end = rest
        .iter()
        .position(|byte| !byte.is_ascii_graphic() || b"\"'`<>()[]{},;".contains(byte))
        .unwrap_or(rest.len());
    rest[..end]
        .iter()
        .rposition(|byte| !b".:!?".contains(byte))
        .map_or(end, |last| last + 1)
}
