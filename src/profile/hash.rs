//! One fixed mixing of 64 bits, so that sketches see uniform values whatever digests they are given.

/// The finaliser of `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014): a bijection with good avalanche.
pub(super) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
