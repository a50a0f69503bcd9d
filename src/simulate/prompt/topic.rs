//! A cheap measure of subject: hashed bags of words, used so that one person keeps to a few subjects.

/// Number of dimensions of a subject vector.
const DIMENSIONS: usize = 64;

/// Number of leading characters that are used; a subject shows early.
const CHARACTERS: usize = 600;

/// A text's subject: a vector of length 1 or 0.
#[derive(Clone, Copy)]
pub(crate) struct Topic([f32; DIMENSIONS]);

impl Topic {
    /// Computes the subject of a text from its words of four letters and more and its pairs of non-Latin characters.
    pub(crate) fn of(text: &str) -> Self {
        let end = text
            .char_indices()
            .nth(CHARACTERS)
            .map_or(text.len(), |(end, _)| end);
        let mut sums = [0.0_f32; DIMENSIONS];
        for word in text[..end].split(|c: char| !c.is_alphanumeric()) {
            if word.is_ascii() {
                if word.len() >= 4 {
                    add(&mut sums, word.bytes().map(|byte| u32::from(byte | 0x20)));
                }
            } else {
                let characters: Vec<u32> = word.chars().map(u32::from).collect();
                for pair in characters.windows(2) {
                    add(&mut sums, pair.iter().copied());
                }
            }
        }
        let length = sums.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length > 0.0 {
            for sum in &mut sums {
                *sum /= length;
            }
        }
        Self(sums)
    }

    /// Returns the cosine similarity of two subjects, -1 to 1.
    pub(crate) fn likeness(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(x, y)| x * y).sum()
    }
}

/// Adds one feature with the sign and position that its hash (FNV-1a) gives.
fn add(sums: &mut [f32; DIMENSIONS], symbols: impl Iterator<Item = u32>) {
    let hash = symbols.fold(0xcbf2_9ce4_8422_2325_u64, |hash, symbol| {
        (hash ^ u64::from(symbol)).wrapping_mul(0x0100_0000_01b3)
    });
    let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
    sums[(hash >> 40) as usize % DIMENSIONS] += sign;
}

#[cfg(test)]
mod tests {
    use super::Topic;

    #[test]
    fn like_subjects_are_nearer() {
        let pairs = [
            (
                "How do I prune tomato plants in the garden?",
                "My garden tomato plants have yellow leaves",
                "Why does my database index slow down inserts?",
            ),
            ("怎么做红烧肉好吃", "红烧肉要做多久", "股票基金怎么开户"),
        ];
        for (anchor, near, far) in pairs {
            let anchor = Topic::of(anchor);
            assert!(anchor.likeness(&Topic::of(near)) > anchor.likeness(&Topic::of(far)));
            assert!((anchor.likeness(&anchor) - 1.0).abs() < 1e-5);
        }
        assert!(Topic::of("").likeness(&Topic::of("")).abs() < 1e-9);
    }
}
