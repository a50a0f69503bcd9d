//! The accepted API keys: parsed from the keys file, looked up per request, replaceable while the server runs.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api_scope::KeyScope;
use super::key_line::{KeyLine, hash};
use super::rate_limit::{RateLimit, RateLimiter};

/// Maximum number of keys in one file. Bounded because every request is compared with all of them.
pub(crate) const KEYS_MAX: usize = 1_000;
/// Maximum length of a key, in bytes.
const KEY_BYTES_MAX: usize = 256;

/// Settings of the section `auth`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AuthSettings {
    /// File of API keys, hashed, one per line (`stillwatch key new`). If not set, no key is required. Read again at
    /// SIGHUP.
    pub keys_file: Option<PathBuf>,
    /// Allow unauthenticated access from other machines. Anyone who reaches the port can do everything.
    pub allow_unauthenticated: bool,
}

/// Error for an invalid keys file. Never contains a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// A line is malformed.
    #[error("line {line}: expected {expected}")]
    Line {
        /// Line number, from 1.
        line: usize,
        /// What was expected.
        expected: &'static str,
    },
    /// Two lines have the same name or the same key.
    #[error("line {line}: duplicate {what}, first used on line {before}")]
    Twice {
        /// Line number, from 1.
        line: usize,
        /// Line number of the first of the two.
        before: usize,
        /// `name` or `key`.
        what: &'static str,
    },
    /// The file has more than [`KEYS_MAX`] keys.
    #[error("expected at most {KEYS_MAX} keys, got {got}")]
    TooMany {
        /// Number of keys in the file.
        got: usize,
    },
}

/// The accepted keys. They can be replaced while the server runs.
pub struct Keys {
    general: RateLimit,
    known: RwLock<Arc<Vec<Arc<Key>>>>,
}

/// One accepted key and the state of its rate limit.
pub(super) struct Key {
    line: KeyLine,
    pub(super) limiter: RateLimiter,
}

impl Key {
    /// Returns whether the key has `scope`.
    pub(super) fn has_scope(&self, scope: KeyScope) -> bool {
        self.line.scopes.contains(&scope)
    }
}

impl Keys {
    /// Parses a keys file: one key per line, `#` begins a comment. `general` is the rate limit of keys whose line sets
    /// none. A file without keys is valid: every request is then refused.
    ///
    /// # Errors
    /// If a line is malformed or duplicated, or the file has too many keys.
    pub fn parse(file: &str, general: RateLimit) -> Result<Self, KeysError> {
        let keys = Self {
            general,
            known: RwLock::default(),
        };
        keys.replace(file)?;
        Ok(keys)
    }

    /// Replaces the keys by those of `file`. The rate limit of a key present in both keeps its state.
    ///
    /// # Errors
    /// Like [`Self::parse`]; the previous keys then stay in use.
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
                return Err(KeysError::TooMany { got: lines.len() });
            }
        }
        let before = self.known();
        let keys = lines.into_iter().map(|(_, line)| {
            let limit = line.rate_limit.or(self.general);
            let same = before.iter().find(|key| key.line.hash == line.hash);
            match same {
                Some(key) if key.line == line && key.limiter.limit() == limit => Arc::clone(key),
                _ => Arc::new(Key {
                    line,
                    limiter: RateLimiter::new(limit),
                }),
            }
        });
        let keys = Arc::new(keys.collect());
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Returns the number of keys.
    pub fn count(&self) -> usize {
        self.known().len()
    }

    /// Looks up the key `presented`. Takes the same time whichever key it is, and whether or not it is known.
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
