//! API keys: made, written as a line of the keys file, and found again by what a caller brings.
//!
//! The file holds hashes. A plain fast hash is right here: slow, salted ones protect secrets that people choose and
//! that can be guessed, while these are 256 random bits, which no speed of guessing finds. A slow hash would only let
//! callers with wrong keys occupy the processor.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use super::Scope;
use super::pace::{Pace, PaceRule};

/// Keys in one file at most, since all are compared with each key that comes.
pub const KEYS_MAX: usize = 1_000;
/// The longest key that is looked at.
const KEY_BYTES_MAX: usize = 256;
/// What the hash is for: the same key hashed elsewhere gives another digest.
const CONTEXT: &str = "stillwatch 2026 API key";
/// How the file marks the hash.
const HASH: &str = "blake3:";

/// A key as its caller has it. Shown once, kept nowhere.
pub struct ApiKey(String);

impl ApiKey {
    /// The key of 32 random bytes.
    pub fn from_bytes(random: [u8; 32]) -> Self {
        Self(format!("sw_{}", blake3::Hash::from_bytes(random).to_hex()))
    }

    /// The key, to show it to whoever asked for it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// One line of the keys file: `NAME SCOPE[,SCOPE...] blake3:HASH [per_second=N] [burst=N] [at_once=N]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLine {
    /// Whose it is, for people: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// How much it may call, where that differs from the general rule.
    pub pace: PaceRule,
    // Compared in constant time by its own equality.
    hash: blake3::Hash,
}

/// Why a keys file is refused. Never holds a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// A line is not one of a key.
    #[error("line {line}: expected {expected}")]
    Line {
        /// From 1.
        line: usize,
        /// What it should be.
        expected: &'static str,
    },
    /// Two lines have the same name or the same key.
    #[error("line {line}: the {what} stands on line {before} already")]
    Twice {
        /// From 1.
        line: usize,
        /// The first of the two.
        before: usize,
        /// `name` or `key`.
        what: &'static str,
    },
    /// The file has too many keys.
    #[error("expected at most {KEYS_MAX} keys, came {came}")]
    TooMany {
        /// How many.
        came: usize,
    },
}

impl KeyLine {
    /// The line of a key.
    ///
    /// # Errors
    /// What the name must be, or that there is no scope.
    pub fn new(name: &str, scopes: &[Scope], key: &ApiKey) -> Result<Self, &'static str> {
        let mut scopes = scopes.to_vec();
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err("a scope");
        }
        Ok(Self {
            name: name_of(name)?,
            scopes,
            pace: PaceRule::default(),
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
        let PaceRule {
            calls_per_second,
            burst,
            calls_at_once,
        } = self.pace;
        let mut option = |name: &str, value: Option<String>| match value {
            Some(value) => write!(formatter, " {name}={value}"),
            None => Ok(()),
        };
        option("per_second", calls_per_second.map(|n| n.to_string()))?;
        option("burst", burst.map(|n| n.to_string()))?;
        option("at_once", calls_at_once.map(|n| n.to_string()))
    }
}

impl FromStr for KeyLine {
    type Err = &'static str;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let mut words = line.split_whitespace();
        let name = name_of(words.next().unwrap_or_default())?;
        let scopes = words.next().unwrap_or_default().split(',').map(Scope::of);
        let scopes: Option<Vec<Scope>> = scopes.collect();
        let scopes = scopes
            .ok_or("scopes after the name: score, read, review, admin, with commas between")?;
        let hash = words.next().and_then(|word| word.strip_prefix(HASH));
        let hash = hash
            .and_then(|hex| blake3::Hash::from_hex(hex).ok())
            .ok_or("`blake3:` and 64 hexadecimal digits after the scopes, as `stillwatch key new` prints them")?;
        let mut pace = PaceRule::default();
        for word in words {
            let option = word.split_once('=');
            let known = match option {
                Some(("per_second", n)) => set(&mut pace.calls_per_second, n),
                Some(("burst", n)) => set(&mut pace.burst, n),
                Some(("at_once", n)) => set(&mut pace.calls_at_once, n),
                _ => None,
            };
            known.ok_or("per_second=N, burst=N or at_once=N after the hash, N at least 1")?;
        }
        if pace.burst.is_some() && pace.calls_per_second.is_none() {
            return Err("per_second=N beside burst=N");
        }
        Ok(Self {
            name,
            scopes,
            pace,
            hash,
        })
    }
}

fn set<T: FromStr>(place: &mut Option<T>, word: &str) -> Option<()> {
    *place = Some(word.parse().ok()?);
    Some(())
}

fn name_of(word: &str) -> Result<String, &'static str> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if word.is_empty() || word.len() > 64 || !word.bytes().all(legal) {
        return Err("a name of at most 64 letters, digits, `-`, `_` and `.`");
    }
    Ok(word.to_owned())
}

fn hash(key: &str) -> blake3::Hash {
    blake3::Hash::from_bytes(blake3::derive_key(CONTEXT, key.as_bytes()))
}

/// The keys that the server knows. Can be replaced while it serves.
pub struct Keys {
    general: PaceRule,
    known: RwLock<Arc<Vec<Arc<Key>>>>,
}

/// One known key.
pub(super) struct Key {
    line: KeyLine,
    pub(super) pace: Pace,
}

impl Key {
    /// Whether the key is good for `scope`.
    pub(super) fn is_good_for(&self, scope: Scope) -> bool {
        self.line.scopes.contains(&scope)
    }
}

impl Keys {
    /// The keys of a file: one a line, `#` begins a comment. `general` is how much a key may call whose line does not
    /// say. A file without keys is legal: nobody may call.
    ///
    /// # Errors
    /// The first line that is wrong.
    pub fn parse(file: &str, general: PaceRule) -> Result<Self, KeysError> {
        let keys = Self {
            general,
            known: RwLock::default(),
        };
        keys.replace(file)?;
        Ok(keys)
    }

    /// Takes the keys of `file` from now on. A key that stays keeps what it has used of its rate.
    ///
    /// # Errors
    /// The first line that is wrong; the keys are then as before.
    pub fn replace(&self, file: &str) -> Result<(), KeysError> {
        let mut lines: Vec<(usize, KeyLine)> = Vec::new();
        for (number, line) in (1..).zip(file.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let key: KeyLine = line.parse().map_err(|expected| KeysError::Line {
                line: number,
                expected,
            })?;
            for (before, earlier) in &lines {
                let what = match (earlier.name == key.name, earlier.hash == key.hash) {
                    (true, _) => "name",
                    (_, true) => "key",
                    _ => continue,
                };
                return Err(KeysError::Twice {
                    line: number,
                    before: *before,
                    what,
                });
            }
            lines.push((number, key));
            if lines.len() > KEYS_MAX {
                return Err(KeysError::TooMany { came: lines.len() });
            }
        }
        let before = self.known();
        let keys = lines.into_iter().map(|(_, line)| {
            let rule = line.pace.or(self.general);
            let same = before.iter().find(|key| key.line.hash == line.hash);
            match same {
                Some(key) if key.line == line && key.pace.rule() == rule => Arc::clone(key),
                _ => Arc::new(Key {
                    line,
                    pace: Pace::new(rule),
                }),
            }
        });
        let keys = Arc::new(keys.collect());
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// How many are known.
    pub fn count(&self) -> usize {
        self.known().len()
    }

    /// The known key that `presented` is. Takes the same time whichever it is, and whether it is one.
    pub(super) fn find(&self, presented: &str) -> Option<Arc<Key>> {
        if presented.len() > KEY_BYTES_MAX {
            return None;
        }
        let hash = hash(presented);
        let known = self.known();
        let mut found = None;
        for key in known.iter() {
            if key.line.hash == hash {
                found = Some(key);
            }
        }
        found.cloned()
    }

    fn known(&self) -> Arc<Vec<Arc<Key>>> {
        let known = self.known.read();
        Arc::clone(&known.unwrap_or_else(PoisonError::into_inner))
    }
}
