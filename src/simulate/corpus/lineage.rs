//! Links between sources that keep them on one side of a split: template lineages, content groups, and records derived
//! from another source.

use std::collections::BTreeMap;

/// The label that merely announces origins given record by record; [`derived_from`] reads those more precisely.
const PER_RECORD_LABEL: &str = "organic chats (note \"from <id>\")";

/// Returns the keys that decide a source's side: its lineage labels, or its name if it has none.
pub(crate) fn keys_of(source: &str, lineage: &[String]) -> Vec<String> {
    let labels: Vec<String> = lineage
        .iter()
        .filter(|label| *label != PER_RECORD_LABEL)
        .cloned()
        .collect();
    if labels.is_empty() {
        vec![source.to_owned()]
    } else {
        labels
    }
}

/// Keys joined into groups; each group is named after its alphabetically first key.
#[derive(Default)]
pub(crate) struct Groups {
    parents: BTreeMap<String, String>,
}

impl Groups {
    /// Joins all of `keys` into one group.
    pub(crate) fn join(&mut self, keys: &[String]) {
        for pair in keys.windows(2) {
            let (left, right) = (self.group(&pair[0]), self.group(&pair[1]));
            if left != right {
                let (first, second) = if left < right {
                    (left, right)
                } else {
                    (right, left)
                };
                self.parents.insert(second, first);
            }
        }
    }

    /// Returns the group of a key; a key that was never joined is its own group.
    pub(crate) fn group(&self, key: &str) -> String {
        let mut root = key;
        while let Some(parent) = self.parents.get(root) {
            root = parent;
        }
        root.to_owned()
    }
}

/// Returns the source named by a note of the form `from <source>-<number>`.
pub(crate) fn derived_from(note: &str) -> Option<&str> {
    let (source, number) = note.strip_prefix("from ")?.rsplit_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(source)
}

#[cfg(test)]
mod tests {
    use super::{Groups, derived_from};

    #[test]
    fn groups_are_transitive_and_independent_of_order() {
        let pairs =
            [["d", "c"], ["b", "a"], ["c", "b"], ["x", "y"]].map(|pair| pair.map(str::to_owned));
        let mut forward = Groups::default();
        let mut backward = Groups::default();
        for pair in &pairs {
            forward.join(pair);
        }
        for [left, right] in pairs.iter().rev() {
            backward.join(&[right.clone(), left.clone()]);
        }
        for key in ["a", "b", "c", "d"] {
            assert_eq!(forward.group(key), "a");
            assert_eq!(backward.group(key), "a");
        }
        assert_eq!(forward.group("y"), "x");
        assert_eq!(forward.group("alone"), "alone");
    }

    #[test]
    fn only_notes_of_origin_name_a_source() {
        assert_eq!(derived_from("from oasst_zh-12"), Some("oasst_zh"));
        assert_eq!(derived_from("from a-b-7"), Some("a-b"));
        assert_eq!(derived_from("taken from oasst_zh-12"), None);
        assert_eq!(derived_from("from here to there"), None);
        assert_eq!(derived_from("from a-"), None);
    }
}
