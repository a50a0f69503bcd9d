//! A body that arrives in pieces, kept within a bound: whole if it fits, else what matters of it.
//!
//! A request that the model accepted must be readable however large it is, or whoever wants to go unseen would only
//! have to attach a picture. Beyond the bound, long strings keep their ends, the lists and objects inside a top-level
//! field keep their beginning, and every top-level field keeps its place; the result is JSON if the body is.

/// Bytes kept of each end of a long string.
const STRING_END: usize = 32 * 1024;
/// Nesting that is kept; readers look less deep.
const DEPTH_MAX: usize = 48;
/// Each top-level field keeps this part of the bound.
const FIELD_PARTS: usize = 8;

/// A body that is being received.
#[derive(Default)]
pub(crate) struct Gather {
    bound: usize,
    whole: Vec<u8>,
    skim: Option<Box<Skim>>,
}

impl Gather {
    /// Creates an empty body that keeps at most `bound` bytes.
    pub(crate) fn within(bound: usize) -> Self {
        Self {
            bound,
            ..Self::default()
        }
    }

    /// Appends a piece.
    pub(crate) fn add(&mut self, piece: &[u8]) {
        if self.skim.is_none() && self.whole.len() + piece.len() > self.bound {
            let mut skim = Skim::new(self.bound);
            skim.add(&std::mem::take(&mut self.whole));
            self.skim = Some(Box::new(skim));
        }
        match &mut self.skim {
            Some(skim) => skim.add(piece),
            None => self.whole.extend_from_slice(piece),
        }
    }

    /// Returns the bytes held now.
    pub(crate) fn held(&self) -> usize {
        self.skim
            .as_ref()
            .map_or(self.whole.len(), |skim| skim.held())
    }

    /// Returns whether something was left out.
    pub(crate) const fn is_shortened(&self) -> bool {
        self.skim.is_some()
    }

    /// Returns what was kept; `None` if even that is over the bound.
    pub(crate) fn finish(self) -> Option<Vec<u8>> {
        match self.skim {
            None => Some(self.whole),
            Some(skim) => (!skim.over).then_some(skim.out),
        }
    }
}

/// Shortens JSON as it arrives.
struct Skim {
    out: Vec<u8>,
    bound: usize,
    /// Set when what is kept is over the bound; nothing is held from then on.
    over: bool,
    /// The brackets that close what is open.
    open: Vec<u8>,
    /// While a value is left out: the depth at which it began, and the depth now.
    left_out: Option<(usize, usize)>,
    /// Length of `out` where the current top-level field began.
    field: usize,
    string: Option<Ends>,
}

/// The string that is being received.
#[derive(Default)]
struct Ends {
    head: usize,
    before: Vec<u8>,
    latest: Vec<u8>,
    dropped: bool,
    /// Bytes left of an escape, which is not cut.
    escape: u8,
}

impl Skim {
    fn new(bound: usize) -> Self {
        Self {
            out: Vec::new(),
            bound,
            over: false,
            open: Vec::new(),
            left_out: None,
            field: 0,
            string: None,
        }
    }

    fn held(&self) -> usize {
        let string = self.string.as_ref();
        self.out.len() + string.map_or(0, |string| string.before.len() + string.latest.len())
    }

    fn add(&mut self, piece: &[u8]) {
        for &byte in piece {
            if self.over {
                return;
            }
            match &mut self.string {
                Some(string) if string.ends(byte) => self.end_string(),
                Some(string) => {
                    if string.keep(byte) && self.left_out.is_none() {
                        self.out.push(byte);
                    }
                }
                None => self.structure(byte),
            }
            if self.out.len() > self.bound {
                self.over = true;
                self.out = Vec::new();
            }
        }
    }

    fn end_string(&mut self) {
        let string = self.string.take().unwrap_or_default();
        if self.left_out.is_some() {
            return;
        }
        if string.dropped {
            self.out.push(b' ');
        }
        self.out.extend_from_slice(&string.before);
        self.out.extend_from_slice(&string.latest);
        self.out.push(b'"');
    }

    /// Takes a byte from outside strings.
    fn structure(&mut self, byte: u8) {
        if byte == b'"' {
            self.string = Some(Ends::default());
        }
        if let Some((from, depth)) = self.left_out {
            let depth = match byte {
                b'{' | b'[' => depth + 1,
                b'}' | b']' => depth.saturating_sub(1),
                _ => depth,
            };
            self.left_out = (depth > from).then_some((from, depth));
            return;
        }
        let depth = self.open.len();
        match byte {
            b'{' | b'[' if depth == DEPTH_MAX => {
                self.out.extend_from_slice(b"null");
                self.left_out = Some((depth, depth + 1));
                return;
            }
            b'{' => self.open.push(b'}'),
            b'[' => self.open.push(b']'),
            b'}' | b']' => drop(self.open.pop()),
            b':' if depth == 1 => self.field = self.out.len(),
            b',' if depth > 1 && self.is_field_full() => {
                // The rest of the field is left out, and what is open in it closed.
                self.out.extend(self.open.drain(1..).rev());
                self.left_out = Some((1, depth));
                return;
            }
            _ => {}
        }
        self.out.push(byte);
    }

    fn is_field_full(&self) -> bool {
        self.open[0] == b'}' && self.out.len() - self.field > self.bound / FIELD_PARTS
    }
}

impl Ends {
    /// Returns whether this byte ends the string.
    const fn ends(&self, byte: u8) -> bool {
        byte == b'"' && self.escape == 0
    }

    /// Takes a byte of the string. Returns whether it belongs to the head.
    fn keep(&mut self, byte: u8) -> bool {
        let within = self.escape > 0;
        self.escape = match (self.escape, byte) {
            (0, b'\\') => 1,
            (1, b'u') => 5,
            (left, _) => left.saturating_sub(1),
        };
        if self.latest.is_empty() && self.before.is_empty() && (self.head < STRING_END || within) {
            self.head += 1;
            return true;
        }
        if self.latest.len() >= STRING_END && !within {
            self.dropped |= !self.before.is_empty();
            self.before = std::mem::take(&mut self.latest);
        }
        self.latest.push(byte);
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn gathered(body: &[u8], bound: usize, piece: usize) -> Option<Vec<u8>> {
        let mut gather = Gather::within(bound);
        for piece in body.chunks(piece.max(1)) {
            gather.add(piece);
            assert!(gather.held() <= bound + 4 * STRING_END);
        }
        gather.finish()
    }

    fn read(body: &Value, bound: usize) -> Value {
        let kept = gathered(body.to_string().as_bytes(), bound, 1_000).expect("it is kept");
        assert!(kept.len() <= bound);
        serde_json::from_slice(&kept).expect("JSON")
    }

    #[test]
    fn a_picture_is_shortened_and_what_stands_around_it_stays() {
        let picture = "\\\u{1f600}".repeat(400_000);
        let body = json!({"messages": [{"content": "asked"}, {"content": picture}, {"content": "again"}], "who": "k"});
        let read = read(&body, 1_000_000);
        assert_eq!(
            (&read["messages"][0], &read["messages"][2]),
            (&body["messages"][0], &body["messages"][2])
        );
        assert_eq!(read["who"], "k");
        let kept = read["messages"][1]["content"].as_str().expect("a text");
        assert!((STRING_END..4 * STRING_END).contains(&kept.len()) && kept.ends_with("\u{1f600}"));
    }

    #[test]
    fn an_endless_list_keeps_its_beginning_and_what_follows_it_is_read() {
        let messages: Vec<Value> = (0..50_000).map(|n| json!({"n": [n, {"m": "x"}]})).collect();
        let read = read(
            &json!({"messages": messages, "texts": ["y"], "who": {"key": "k"}}),
            100_000,
        );
        let kept = read["messages"].as_array().expect("a list");
        assert!(kept.len() > 300 && kept[..300] == messages[..300]);
        assert_eq!(
            (&read["texts"][0], &read["who"]["key"]),
            (&json!("y"), &json!("k"))
        );
        let deep = format!(
            "{{\"deep\":{}1{},\"who\":\"k\"}}",
            "[".repeat(9_000),
            "]".repeat(9_000)
        );
        let kept = gathered(deep.as_bytes(), 10_000, 7).expect("it is kept");
        let read: Value = serde_json::from_slice(&kept).expect("JSON");
        assert_eq!(read["who"], "k");
    }

    proptest! {
        #[test]
        fn what_fits_is_kept_as_it_is_and_nothing_panics(body: Vec<u8>, bound in 0_usize..300, piece in 1_usize..40) {
            let kept = gathered(&body, bound, piece);
            if body.len() <= bound {
                prop_assert_eq!(kept, Some(body));
            } else if let Some(kept) = kept {
                prop_assert!(kept.len() <= bound.max(body.len()));
            }
        }
    }
}
