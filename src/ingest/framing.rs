//! How a file of records is cut into records, told by its first bytes: line by line, or value by value where a list or
//! indented JSON spans lines. Text that is not JSON is named.

use std::ops::Range;

/// How a file is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// One record a line.
    Lines,
    /// A list of records, or records that span lines.
    Values(Values),
    /// Not JSON: what it looks like.
    Text(&'static str),
}

impl Framing {
    /// Tells the framing of a file by its first bytes, without a byte order mark. A file whose lines are cut at either
    /// end, or which begins with a line of other text, is still one of lines.
    pub(super) fn of(head: &[u8]) -> Self {
        let text = head.trim_ascii_start();
        let values = match text {
            [b'[', rest @ ..] => {
                let next = rest.trim_ascii_start().first();
                matches!(next, None | Some(b'{' | b'[' | b']'))
            }
            [b'{', ..] => spans_lines(text),
            _ => false,
        };
        if values {
            return Self::Values(Values::default());
        }
        let objects = |line: &[u8]| line.trim_ascii_start().starts_with(b"{");
        if text.is_empty() || head.split(|byte| *byte == b'\n').any(objects) {
            return Self::Lines;
        }
        Self::Text(kind_of_text(text))
    }
}

/// Returns whether an object goes on after the end of its first line. A line that a crash cut off does not: the next
/// one begins a new object.
fn spans_lines(text: &[u8]) -> bool {
    let Some(end) = memchr::memchr(b'\n', text) else {
        return false;
    };
    let (line, rest) = text.split_at(end);
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    let next = rest.trim_ascii_start().first();
    depth > 0
        && !quoted
        && match line.trim_ascii_end().last() {
            Some(b'{' | b'[') => true,
            Some(b',') => matches!(next, Some(b'"')),
            _ => false,
        }
}

fn kind_of_text(text: &[u8]) -> &'static str {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let commas = memchr::memchr_iter(b',', line).count();
    let sentence = memchr::memmem::find(line, b": ").is_some() || line.starts_with(b"[");
    let prompt = memchr::memmem::find(text, b"Received request").is_some();
    if prompt {
        "the text log of vLLM: have the gateway in front of it write JSON, or send traces"
    } else if commas >= 2 && !sentence {
        "comma-separated values: convert it to JSON, one object a line"
    } else {
        "text"
    }
}

/// Cuts JSON into its values, however they are broken into lines: the items of lists at the top, and what stands beside
/// them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Values {
    depth: usize,
    /// Depth at which the open value began, if one is open.
    open: Option<usize>,
    quoted: bool,
    escaped: bool,
    /// Complete lines.
    line: u64,
    /// Line on which the open value began, counted from 1.
    first_line: u64,
}

impl Values {
    /// Scans `bytes` from `from` on and calls `take` with the place and the first line of each value that ends there.
    /// `start` is where the open value begins, or the end of the bytes when none is open.
    pub(super) fn scan(
        &mut self,
        bytes: &[u8],
        from: usize,
        start: &mut usize,
        mut take: impl FnMut(Range<usize>, u64),
    ) {
        for (at, byte) in bytes.iter().enumerate().skip(from) {
            self.line += u64::from(*byte == b'\n');
            if self.escaped {
                self.escaped = false;
                continue;
            }
            if self.quoted {
                self.escaped = *byte == b'\\';
                self.quoted = *byte != b'"';
                continue;
            }
            let structural = matches!(byte, b'{' | b'}' | b'[' | b']' | b',');
            let within = self.open.is_some_and(|depth| self.depth > depth);
            // A bare word or number ends where the next thing begins.
            if self.open.is_some() && !within && (structural || byte.is_ascii_whitespace()) {
                take(*start..at, self.first_line);
                self.open = None;
            }
            let container = *byte == b'[' && self.depth == 0;
            let begins = !byte.is_ascii_whitespace() && !matches!(byte, b',' | b']' | b'}');
            if self.open.is_none() && begins && !container {
                self.open = Some(self.depth);
                self.first_line = self.line + 1;
                *start = at;
            }
            match byte {
                b'"' => self.quoted = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            if within && self.open == Some(self.depth) {
                take(*start..at + 1, self.first_line);
                self.open = None;
            }
        }
        if self.open.is_none() {
            *start = bytes.len();
        }
    }

    /// Returns the line on which the open value began.
    pub(super) const fn first_line(&self) -> u64 {
        self.first_line
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(text: &[u8], block: usize) -> Vec<(String, u64)> {
        let mut values = Values::default();
        let (mut start, mut found) = (0, Vec::new());
        let mut end = 0;
        while end < text.len() {
            let from = end;
            end = (end + block).min(text.len());
            let bytes = &text[..end];
            values.scan(bytes, from, &mut start, |range, line| {
                found.push((String::from_utf8_lossy(&bytes[range]).into_owned(), line));
            });
        }
        found
    }

    #[test]
    fn the_first_bytes_tell() {
        let is_values = |text: &str| matches!(Framing::of(text.as_bytes()), Framing::Values(_));
        for text in [
            "[{\"a\":1}]",
            "[\n  {",
            "{\n \"a\": 1\n}",
            "{\"a\": {\n",
            "{\"a\": 1,\n \"b\": 2}",
            "[]",
        ] {
            assert!(is_values(text), "{text}");
        }
        for text in [
            "",
            "{}\n{}",
            "{\"a\": \"cut\n{}",
            "{\"a\": 1,\n{}",
            "banner\n{}\n",
            "{\"a\":[1",
        ] {
            assert_eq!(Framing::of(text.as_bytes()), Framing::Lines, "{text}");
        }
        for (text, kind) in [
            ("time,account,model\n1,2,3\n", "comma-separated"),
            ("INFO Received request chatcmpl-1: prompt: 'x'\n", "vLLM"),
            ("[2026-11-01] GET /\n", "text"),
        ] {
            let Framing::Text(found) = Framing::of(text.as_bytes()) else {
                panic!("{text}");
            };
            assert!(found.contains(kind), "{found}");
        }
    }

    proptest! {
        #[test]
        fn every_value_is_found_wherever_a_block_ends(
            texts in prop::collection::vec("[\\PC\\n\"\\\\{}\\[\\],]{0,12}", 1..6),
            indented: bool,
            listed: bool,
            block in 1_usize..40,
        ) {
            let records: Vec<serde_json::Value> =
                texts.iter().map(|text| serde_json::json!({"t": text, "n": [1, {"m": text}]})).collect();
            let written = |value: &serde_json::Value| if indented {
                serde_json::to_string_pretty(value).expect("JSON")
            } else {
                value.to_string()
            };
            let text = if listed {
                written(&serde_json::Value::Array(records.clone()))
            } else {
                records.iter().map(&written).collect::<Vec<_>>().join("\n")
            };
            let found = values(text.as_bytes(), block).into_iter();
            let found: Vec<serde_json::Value> =
                found.map(|(text, _)| serde_json::from_str(&text).expect("a value")).collect();
            prop_assert_eq!(found, records);
        }
    }

    #[test]
    fn a_value_has_the_line_that_it_begins_on() {
        let text = b"[\n  {\n    \"a\": 1\n  },\n  {\"a\": 2}, 7, \"x\"\n]\n";
        let lines: Vec<_> = values(text, 5).into_iter().map(|(_, line)| line).collect();
        assert_eq!(lines, [2, 5, 5, 5]);
    }
}
