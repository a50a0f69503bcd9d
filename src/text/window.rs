//! The part of a long text that is read: its head and its tail.

/// Bytes read from either end of a long text.
pub(super) const END_BYTES_MAX: usize = 8 * 1024;

/// The two ends of a text, at most [`END_BYTES_MAX`] each; the second is empty when the first is the whole text.
pub(super) fn ends(text: &str) -> (&str, &str) {
    if text.len() <= 2 * END_BYTES_MAX {
        return (text, "");
    }
    let (head, _) = split_near(text, END_BYTES_MAX);
    let mut tail = text.len() - END_BYTES_MAX;
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    (head, &text[tail..])
}

/// Cuts a text at byte `at`, or up to three bytes before, where a character starts.
pub(super) fn split_near(text: &str, at: usize) -> (&str, &str) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    text.split_at(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_ends_are_kept_and_bounded(unit in "\\PC{1,8}", repeats in 0_usize..6000) {
            let text = unit.repeat(repeats);
            let (head, tail) = ends(&text);
            prop_assert!(head.len() + tail.len() <= 2 * END_BYTES_MAX);
            prop_assert!(text.starts_with(head) && text.ends_with(tail));
            // Nothing is dropped but what the bound forces out, less one character cut at either end.
            prop_assert!(head.len() + tail.len() >= text.len().min(2 * END_BYTES_MAX - 6));
        }
    }
}
