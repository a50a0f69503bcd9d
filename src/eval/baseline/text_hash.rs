//! The hash of characters used by every baseline that hashes text.

/// FNV-1a over characters, with a final mixing step because its low bits alone are poor.
pub(super) fn hash_characters(kind: u64, characters: impl Iterator<Item = char>) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ kind;
    let mut hash = characters.fold(start, |hash, character| {
        (hash ^ u64::from(u32::from(character))).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash ^ (hash >> 32)
}
