//! One fixed 64-bit mixing function, for sketches and permutations whose inputs have a pattern.

/// Mixes 64 bits: one step of `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014), a bijection with good avalanche.
///
/// Stored profiles and text models depend on its bits, so they never change.
pub(crate) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::mix;

    #[test]
    fn agrees_with_the_published_sequence() {
        // The first outputs of SplitMix64 seeded with 1234567, whose state grows by the increment at each step.
        let increment = 0x9E37_79B9_7F4A_7C15_u64;
        let state = |step: u64| 1_234_567_u64.wrapping_add(increment.wrapping_mul(step));
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!([0, 1, 2].map(|step| mix(state(step))), published);
    }
}
