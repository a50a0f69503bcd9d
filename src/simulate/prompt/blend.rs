//! New texts of an existing kind: recombines the inputs of one template by comparing texts alone.

/// Returns the number of bytes that all `texts` share at the start and, after that, at the end; both end at a word or
/// line boundary.
pub(crate) fn common_affixes(texts: &[&str]) -> (usize, usize) {
    let Some((first, others)) = texts.split_first() else {
        return (0, 0);
    };
    let mut prefix = first.len();
    let mut suffix = first.len();
    for other in others {
        prefix = prefix.min(shared(first.bytes(), other.bytes()));
        suffix = suffix.min(shared(first.bytes().rev(), other.bytes().rev()));
    }
    let shortest = texts.iter().map(|text| text.len()).min().unwrap_or(0);
    let prefix = boundary_before(first, prefix.min(shortest));
    let suffix = suffix.min(shortest - prefix);
    (
        prefix,
        first.len() - boundary_after(first, first.len() - suffix),
    )
}

/// Crosses two texts of one template: the start of `left` and the end of `right`.
///
/// Cuts both texts at a common line (template text between two slots) if there is one, otherwise within their slot, at
/// a sentence or word boundary `at` (0 to 1) of the way.
pub(crate) fn cross(left: &str, right: &str, at: f64) -> String {
    let (left_cut, right_cut) =
        shared_line(left, right, at).unwrap_or_else(|| slot_cuts(left, right, at));
    [&left[..left_cut], &right[right_cut..]].concat()
}

/// Returns the offsets of a line that occurs in both texts with different text before and after it.
fn shared_line(left: &str, right: &str, at: f64) -> Option<(usize, usize)> {
    let (prefix, suffix) = common_affixes(&[left, right]);
    let inside = |text: &str| prefix..text.len() - suffix;
    let lines: Vec<(usize, usize)> = lines_with_offsets(left)
        .filter(|(offset, line)| line.len() >= 4 && inside(left).contains(offset))
        .filter_map(|(offset, line)| {
            let mut matches = lines_with_offsets(right).filter(|(_, other)| *other == line);
            let (right_offset, _) = matches.next()?;
            // A line that occurs twice does not determine which slot follows it.
            let unique = matches.next().is_none();
            (unique && inside(right).contains(&right_offset)).then_some((offset, right_offset))
        })
        .collect();
    let position = (at * lines.len() as f64) as usize;
    lines.get(position).copied()
}

fn slot_cuts(left: &str, right: &str, at: f64) -> (usize, usize) {
    let (prefix, suffix) = common_affixes(&[left, right]);
    let cut = |text: &str| {
        let slot = text.len() - suffix - prefix;
        let target = prefix + (slot as f64 * at) as usize;
        boundary_before(text, target).max(prefix)
    };
    (cut(left), cut(right))
}

fn lines_with_offsets(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut offset = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = offset;
        offset += line.len();
        (start, line)
    })
}

fn shared(left: impl Iterator<Item = u8>, right: impl Iterator<Item = u8>) -> usize {
    left.zip(right).take_while(|(l, r)| l == r).count()
}

/// Returns the last boundary at or before `offset`.
fn boundary_before(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len()))
        .rev()
        .find(|candidate| is_boundary(text, *candidate))
        .unwrap_or(0)
}

/// Returns the first boundary at or after `offset`.
fn boundary_after(text: &str, offset: usize) -> usize {
    (offset..=text.len())
        .find(|candidate| is_boundary(text, *candidate))
        .unwrap_or(text.len())
}

/// Returns whether a word can start at `offset`: after white space or punctuation, or at any character that is not
/// Latin (Chinese and Japanese have no spaces).
fn is_boundary(text: &str, offset: usize) -> bool {
    if offset == 0 || offset == text.len() {
        return true;
    }
    if !text.is_char_boundary(offset) {
        return false;
    }
    let before = text.as_bytes()[offset - 1];
    !before.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::{common_affixes, cross};
    use proptest::prelude::*;

    #[test]
    fn the_template_around_one_slot_is_found() {
        let texts = [
            "Summarise: the cat sat down. End",
            "Summarise: a dog ran. End",
            "Summarise: the bird. End",
        ];
        let (prefix, suffix) = common_affixes(&texts);
        assert_eq!(&texts[0][..prefix], "Summarise: ");
        assert_eq!(&texts[0][texts[0].len() - suffix..], " End");
    }

    #[test]
    fn slots_are_swapped_at_the_template_text_between_them() {
        let left = "Question: one?\nAnswer:\n1\nGrade it.";
        let right = "Question: two?\nAnswer:\n2\nGrade it.";
        assert_eq!(
            cross(left, right, 0.5),
            "Question: one?\nAnswer:\n2\nGrade it."
        );
    }

    #[test]
    fn a_single_slot_is_cut_between_words() {
        let left = "Translate: red green blue black";
        let right = "Translate: one two three four";
        assert_eq!(cross(left, right, 0.5), "Translate: red green three four");
    }

    proptest! {
        #[test]
        fn any_two_texts_cross(left in "\\PC{0,80}", right in "[a-z 你好。\n]{0,80}", at in 0.0..1.0) {
            let crossed = cross(&left, &right, at);
            prop_assert!(crossed.len() <= left.len() + right.len());
            prop_assert_eq!(cross(&left, &left, at), left);
        }

        #[test]
        fn affixes_never_overlap(texts in prop::collection::vec("[ab 你\n]{0,12}", 1..5)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let (prefix, suffix) = common_affixes(&texts);
            for text in &texts {
                prop_assert!(prefix + suffix <= text.len());
                prop_assert!(text.is_char_boundary(prefix));
                prop_assert!(text.is_char_boundary(text.len() - suffix));
            }
        }
    }
}
