//! One API key, in its plain form and as a line of the keys file.
//!
//! The file holds hashes. A plain fast hash is appropriate: slow, salted hashes protect secrets that people choose and
//! that can be guessed, while these keys are 256 random bits, out of reach at any guessing rate. A slow hash would only
//! let callers with wrong keys occupy the processor.

use std::fmt;
use std::str::FromStr;

use super::api_scope::KeyScope;
use super::rate_limit::RateLimit;

/// Context of the hash: the same key hashed under another context gives another digest.
const CONTEXT: &str = "stillwatch 2026 API key";
/// Prefix of the hash in the file.
const HASH: &str = "blake3:";

/// A key in plain form, as its caller sends it. Shown once, stored nowhere.
pub struct ApiKey(String);

impl ApiKey {
    /// Creates a key from 32 random bytes.
    pub fn from_bytes(random: [u8; 32]) -> Self {
        Self(format!("sw_{}", blake3::Hash::from_bytes(random).to_hex()))
    }

    /// Returns the plain key, to be shown once to the operator.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// One line of the keys file: `NAME SCOPE[,SCOPE...] blake3:HASH [per_second=N] [burst=N] [at_once=N]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLine {
    /// Name for people: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// Scopes of the key.
    pub scopes: Vec<KeyScope>,
    /// Its rate limit, where it differs from the default.
    pub rate_limit: RateLimit,
    // `blake3::Hash` compares in constant time.
    pub(super) hash: blake3::Hash,
}

impl KeyLine {
    /// Creates the line of a key.
    ///
    /// # Errors
    /// If the name is invalid or there is no scope; the error says what was expected.
    pub fn new(name: &str, scopes: &[KeyScope], key: &ApiKey) -> Result<Self, &'static str> {
        let mut scopes = scopes.to_vec();
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err("a scope");
        }
        Ok(Self {
            name: name_of(name)?,
            scopes,
            rate_limit: RateLimit::default(),
            hash: hash(key.expose()),
        })
    }
}

impl fmt::Display for KeyLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scopes: Vec<&str> = self.scopes.iter().map(|scope| scope.name()).collect();
        write!(
            formatter,
            "{} {} {HASH}{}",
            self.name,
            scopes.join(","),
            self.hash.to_hex()
        )?;
        let RateLimit {
            requests_per_second,
            burst,
            max_concurrent_requests,
        } = self.rate_limit;
        let mut option = |name: &str, value: Option<String>| match value {
            Some(value) => write!(formatter, " {name}={value}"),
            None => Ok(()),
        };
        option("per_second", requests_per_second.map(|n| n.to_string()))?;
        option("burst", burst.map(|n| n.to_string()))?;
        option("at_once", max_concurrent_requests.map(|n| n.to_string()))
    }
}

impl FromStr for KeyLine {
    type Err = &'static str;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let mut words = line.split_whitespace();
        let name = name_of(words.next().unwrap_or_default())?;
        let scopes = words
            .next()
            .unwrap_or_default()
            .split(',')
            .map(KeyScope::from_name);
        let scopes: Option<Vec<KeyScope>> = scopes.collect();
        let scopes = scopes
            .ok_or("scopes after the name: score, read, review, admin, with commas between")?;
        let hash = words.next().and_then(|word| word.strip_prefix(HASH));
        let hash = hash
            .and_then(|hex| blake3::Hash::from_hex(hex).ok())
            .ok_or("`blake3:` and 64 hexadecimal digits after the scopes, as `stillwatch key new` prints them")?;
        let mut rate_limit = RateLimit::default();
        for word in words {
            let option = word.split_once('=');
            let known = match option {
                Some(("per_second", n)) => set(&mut rate_limit.requests_per_second, n),
                Some(("burst", n)) => set(&mut rate_limit.burst, n),
                Some(("at_once", n)) => set(&mut rate_limit.max_concurrent_requests, n),
                _ => None,
            };
            known.ok_or("per_second=N, burst=N or at_once=N after the hash, N at least 1")?;
        }
        if rate_limit.burst.is_some() && rate_limit.requests_per_second.is_none() {
            return Err("per_second=N beside burst=N");
        }
        Ok(Self {
            name,
            scopes,
            rate_limit,
            hash,
        })
    }
}

fn set<T: FromStr>(option: &mut Option<T>, value: &str) -> Option<()> {
    *option = Some(value.parse().ok()?);
    Some(())
}

fn name_of(word: &str) -> Result<String, &'static str> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if word.is_empty() || word.len() > 64 || !word.bytes().all(legal) {
        return Err("a name of at most 64 letters, digits, `-`, `_` and `.`");
    }
    Ok(word.to_owned())
}

/// Returns the hash of a key, as stored in the file.
pub(super) fn hash(key: &str) -> blake3::Hash {
    blake3::Hash::from_bytes(blake3::derive_key(CONTEXT, key.as_bytes()))
}
