//! Defaults < file < environment < flags, and where each effective value came from.

use std::collections::BTreeMap;
use std::fmt;

use toml::{Table, Value};

use super::value::Kind;
use super::{SETTINGS, Setting, SettingError, Settings};

/// What variables of settings begin with.
const PREFIX: &str = "STILLWATCH_";
/// What a secret's variable ends with when it names a file.
const FILE: &str = "_FILE";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said.
    Default,
    /// The file of this name.
    File(String),
    /// This variable of the environment.
    Environment(String),
    /// This flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File(name) | Self::Environment(name) | Self::Flag(name) => {
                formatter.write_str(name)
            }
        }
    }
}

/// Values with their origins. Later layers replace what earlier ones said: call in the order of the methods.
#[derive(Clone, Debug)]
pub struct Layers {
    values: BTreeMap<&'static str, (Value, Origin)>,
}

impl Default for Layers {
    fn default() -> Self {
        let values = SETTINGS.iter().filter_map(|setting| {
            let value = setting.kind.read(setting.default?)?;
            Some((setting.name, (value, Origin::Default)))
        });
        Self {
            values: values.collect(),
        }
    }
}

impl Layers {
    /// Lays a TOML file over what is there; `file` is its name for errors.
    ///
    /// # Errors
    /// When it is not TOML, or holds what is no setting, a value of another kind or a secret.
    pub fn file(&mut self, text: &str, file: &str) -> Result<(), SettingError> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let begin = error.span().map_or(0, |span| span.start.min(text.len()));
            SettingError::Syntax {
                file: file.to_owned(),
                line: text.as_bytes()[..begin]
                    .split(|&byte| byte == b'\n')
                    .count(),
                reason: error.message().to_owned(),
            }
        })?;
        let origin = Origin::File(file.to_owned());
        for (section, keys) in table {
            let Value::Table(keys) = keys else {
                return Err(unknown(section, origin));
            };
            for (key, value) in keys {
                let name = format!("{section}.{key}");
                let Some(setting) = Setting::of(&name) else {
                    return Err(unknown(name, origin));
                };
                refuse_secret(setting, &origin)?;
                let shown = setting.kind.shown(&value);
                self.set(setting, setting.kind.admit(value), shown, origin.clone())?;
            }
        }
        Ok(())
    }

    /// Lays variables over what is there. Those that do not begin with `STILLWATCH_` or have no `__` are not ours, but
    /// for the few short names. `read` gives the contents of a secret's file.
    ///
    /// # Errors
    /// When one names no setting, has a value of another kind, or names a file that cannot be read.
    pub fn environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
        read: impl Fn(&str) -> Result<String, String>,
    ) -> Result<(), SettingError> {
        // Ordered, so that the same environment gives the same error; short names first, so that full ones win.
        let ours = variables.into_iter().filter_map(|(variable, value)| {
            let short = SETTINGS
                .iter()
                .find(|setting| setting.short_variable() == Some(&variable));
            let name = match (short, variable.strip_prefix(PREFIX)) {
                (Some(setting), _) => setting.name.to_owned(),
                (None, Some(rest)) if rest.contains("__") => {
                    rest.replacen("__", ".", 1).to_lowercase()
                }
                _ => return None,
            };
            Some(((short.is_none(), variable), (name, value)))
        });
        let ours: BTreeMap<_, _> = ours.collect();
        for ((_, variable), (name, value)) in &ours {
            let origin = Origin::Environment(variable.clone());
            if let Some(setting) = Setting::of(name) {
                self.set_word(setting, value, origin)?;
                continue;
            }
            let secret = variable.strip_suffix(FILE).and_then(|variable| {
                let secrets = SETTINGS.iter().filter(|row| row.kind == Kind::Secret);
                secrets.clone().find(|row| row.variable() == variable)
            });
            let Some(setting) = secret else {
                return Err(unknown(name.clone(), origin));
            };
            let variable = setting.variable();
            if ours.contains_key(&(true, variable.clone())) {
                return Err(SettingError::TwoSecrets { variable });
            }
            let text =
                read(value).map_err(|reason| SettingError::SecretFile { variable, reason })?;
            self.set_word(setting, text.trim(), origin)?;
        }
        Ok(())
    }

    /// Lays one flag over what is there; `flag` is its name on the command line.
    ///
    /// # Errors
    /// When it names no setting, a secret, or has a value of another kind.
    pub fn flag(&mut self, name: &str, word: &str, flag: &str) -> Result<(), SettingError> {
        let origin = Origin::Flag(flag.to_owned());
        let Some(setting) = Setting::of(name) else {
            return Err(unknown(name.to_owned(), origin));
        };
        refuse_secret(setting, &origin)?;
        self.set_word(setting, word, origin)
    }

    /// The effective settings.
    ///
    /// # Errors
    /// When they contradict each other.
    ///
    /// # Panics
    /// Never: a row of the table is a field of [`Settings`], which a test holds.
    pub fn settings(&self) -> Result<Settings, SettingError> {
        let mut sections = Table::new();
        for setting in SETTINGS {
            let (section, key) = setting.parts();
            let keys = sections
                .entry(section)
                .or_insert_with(|| Value::Table(Table::new()));
            if let (Value::Table(keys), Some((value, _))) = (keys, self.values.get(setting.name)) {
                keys.insert(key.to_owned(), value.clone());
            }
        }
        let settings: Settings = sections
            .try_into()
            .expect("every row of the table is a field of the settings");
        settings.check()?;
        Ok(settings)
    }

    /// Every setting that has a value, as it may be shown, and where it came from.
    pub fn effective(&self) -> impl Iterator<Item = (&'static Setting, String, &Origin)> {
        SETTINGS.iter().filter_map(|setting| {
            let (value, origin) = self.values.get(setting.name)?;
            Some((setting, setting.kind.shown(value), origin))
        })
    }

    /// A word's value; an empty word takes back what has no default, as empty variables in containers mean it.
    fn set_word(
        &mut self,
        setting: &'static Setting,
        word: &str,
        origin: Origin,
    ) -> Result<(), SettingError> {
        if word.is_empty() && setting.default.is_none() {
            self.values.remove(setting.name);
            return Ok(());
        }
        let shown = setting.kind.shown(&Value::String(word.to_owned()));
        self.set(setting, setting.kind.read(word), shown, origin)
    }

    fn set(
        &mut self,
        setting: &'static Setting,
        value: Option<Value>,
        came: String,
        origin: Origin,
    ) -> Result<(), SettingError> {
        let Some(value) = value else {
            return Err(SettingError::BadValue {
                name: setting.name,
                origin,
                expected: setting.kind.expected(),
                came,
            });
        };
        self.values.insert(setting.name, (value, origin));
        Ok(())
    }
}

fn refuse_secret(setting: &'static Setting, origin: &Origin) -> Result<(), SettingError> {
    if setting.kind == Kind::Secret {
        return Err(SettingError::OpenSecret {
            name: setting.name,
            origin: origin.clone(),
            variable: setting.variable(),
        });
    }
    Ok(())
}

fn unknown(name: String, origin: Origin) -> SettingError {
    let near = |setting: &Setting| {
        let whole = strsim::jaro_winkler(&name, setting.name);
        // A key without its section, or in another one, is the commonest mistake.
        let key = name.rsplit('.').next().unwrap_or(&name);
        whole.max(strsim::jaro_winkler(key, setting.parts().1))
    };
    let nearest = SETTINGS
        .iter()
        .map(|setting| (near(setting), setting.name))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    SettingError::Unknown {
        name,
        origin,
        nearest: nearest.map(|(_, name)| name),
    }
}
