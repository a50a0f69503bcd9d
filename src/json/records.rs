//! The records of a list, cut out without reading them: what is broken in one does not affect the others.

/// Returns the objects directly inside the list that `body` begins with, as they stand; none when it is no list.
///
/// Only strings and brackets are looked at, so a record may be anything else but JSON. One whose brackets do not match
/// is the last: where the next begins is then unknown.
pub(crate) fn records(body: &[u8]) -> Vec<&[u8]> {
    let start = body.iter().position(|byte| !byte.is_ascii_whitespace());
    let Some(start) = start.filter(|start| body[*start] == b'[') else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let (mut depth, mut began, mut inside, mut escaped) = (0_usize, None, false, false);
    for (at, byte) in body.iter().enumerate().skip(start + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ if inside => {}
            b'{' | b'[' => {
                if depth == 0 {
                    began = Some(at);
                }
                depth += 1;
            }
            b'}' | b']' => {
                let Some(left) = depth.checked_sub(1) else {
                    return found;
                };
                depth = left;
                if depth == 0 {
                    found.extend(began.take().map(|from| &body[from..=at]));
                }
            }
            _ => {}
        }
    }
    found.extend(began.map(|from| &body[from..]));
    found.retain(|record| record[0] == b'{');
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_broken_record_loses_itself_alone() {
        let body = br#" [{"a":"]}\""}, {"b":nan}, 7, ["x"], {"c":[{}]} ,{"cut":"#;
        let expected: [&[u8]; 4] = [
            br#"{"a":"]}\""}"#,
            b"{\"b\":nan}",
            br#"{"c":[{}]}"#,
            b"{\"cut\":",
        ];
        assert_eq!(records(body), expected);
        assert!(records(b"{\"a\":[{}]}").is_empty());
    }

    proptest! {
        #[test]
        fn records_of_a_list_are_found_as_they_are(texts in prop::collection::vec("\\PC{0,12}", 0..6), bytes: Vec<u8>) {
            let whole: Vec<String> =
                texts.iter().map(|text| serde_json::json!({"t": [text, {"{": text}]}).to_string()).collect();
            let list = format!("[{}]", whole.join(" ,\n"));
            let found: Vec<&str> = records(list.as_bytes())
                .into_iter()
                .filter_map(|record| std::str::from_utf8(record).ok())
                .collect();
            prop_assert_eq!(found, whole);
            records(&bytes);
        }
    }
}
