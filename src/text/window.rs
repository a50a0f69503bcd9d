//! The part of a long text that is read: its head and its tail.
//!
//! A template shows at its head and at its tail; the payload between them is the customer's. So both ends are kept, and
//! the cost of a request is bounded whatever its length.

/// The numbers of bytes that are read at the two ends of a text.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    head: usize,
    tail: usize,
}

impl Window {
    /// Builds a window of the first `head` and the last `tail` bytes.
    pub(crate) const fn new(head: usize, tail: usize) -> Self {
        Self { head, tail }
    }

    /// Returns the maximum number of bytes that are kept of a text.
    pub(crate) const fn bytes(self) -> usize {
        self.head + self.tail
    }

    /// Passes what is kept of the concatenated `parts` to `take`, piece by piece in reading order.
    ///
    /// A piece never spans two parts and is cut only at character boundaries.
    pub(crate) fn each_piece<'t>(
        self,
        parts: impl DoubleEndedIterator<Item = &'t str> + Clone,
        mut take: impl FnMut(&'t str),
    ) {
        let total: usize = parts.clone().map(str::len).sum();
        if total <= self.bytes() {
            return each_of_head(parts, self.bytes(), take);
        }
        each_of_head(parts.clone(), self.head, &mut take);
        each_of_tail(parts, self.tail, take);
    }
}

/// Passes on the first `room` bytes, without any character that would be cut in two.
fn each_of_head<'t>(
    parts: impl Iterator<Item = &'t str>,
    mut room: usize,
    mut take: impl FnMut(&'t str),
) {
    for part in parts {
        if room == 0 {
            break;
        }
        let kept = part.floor_char_boundary(room);
        take(&part[..kept]);
        room = if kept < part.len() { 0 } else { room - kept };
    }
}

/// Passes on the last `room` bytes, without any character that would be cut in two.
fn each_of_tail<'t>(
    parts: impl DoubleEndedIterator<Item = &'t str> + Clone,
    mut room: usize,
    mut take: impl FnMut(&'t str),
) {
    // Go back from the end to the part in which the tail starts, and to the byte at which it starts.
    let (mut kept, mut start) = (0, 0);
    for part in parts.clone().rev() {
        start = part.ceil_char_boundary(part.len().saturating_sub(room));
        kept += 1;
        room -= part.len() - start;
        if start > 0 || room == 0 {
            break;
        }
    }
    let skipped = parts.clone().count() - kept;
    for (index, part) in parts.skip(skipped).enumerate() {
        take(if index == 0 { &part[start..] } else { part });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces(window: Window, parts: &[String]) -> Vec<&str> {
        let mut pieces = Vec::new();
        window.each_piece(parts.iter().map(String::as_str), |piece| pieces.push(piece));
        pieces
    }

    proptest! {
        #[test]
        fn texts_that_fit_are_kept_unchanged(parts in prop::collection::vec("\\PC{0,8}", 0..6)) {
            let total = parts.iter().map(String::len).sum::<usize>();
            let kept = pieces(Window::new(total, 1), &parts);
            prop_assert_eq!(kept, parts.iter().map(String::as_str).collect::<Vec<_>>());
        }

        #[test]
        fn both_ends_are_kept_and_bounded(
            parts in prop::collection::vec("\\PC{0,30}", 1..8),
            head in 4_usize..60,
            tail in 4_usize..60,
        ) {
            let whole = parts.concat();
            prop_assume!(whole.len() > head + tail);
            let kept = pieces(Window::new(head, tail), &parts).concat();
            let first = &whole[..whole.floor_char_boundary(head)];
            let last = &whole[whole.ceil_char_boundary(whole.len() - tail)..];
            prop_assert_eq!(kept, [first, last].concat());
        }
    }
}
