//! Layers of settings (defaults < file < environment < flags), and the origin of each effective value.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{Origin, Setting, SettingError, Settings};

/// Prefix of the environment variables of settings.
const PREFIX: &str = "STILLWATCH_";
/// Suffix of a secret's variable that names a file instead.
const FILE: &str = "_FILE";

/// Values with their origins. A later layer replaces the values of earlier ones, so call the methods in their order.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    values: BTreeMap<&'static str, (Value, Origin)>,
}

impl Default for Layers {
    fn default() -> Self {
        let values = Setting::all().filter_map(|setting| {
            let value = setting.default.clone()?;
            Some((&*setting.name, (value, Origin::Default)))
        });
        Self {
            values: values.collect(),
        }
    }
}

impl Layers {
    /// Adds the layer of a TOML file; `file` is its name for errors.
    ///
    /// # Errors
    /// When it is not TOML, or holds an unknown name, a value that its setting cannot have, or a secret.
    pub(crate) fn file(&mut self, text: &str, file: &str) -> Result<(), SettingError> {
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
                let shown = setting.shown(&value);
                self.set(setting, Some(value), shown, origin.clone())?;
            }
        }
        Ok(())
    }

    /// Adds the layer of environment variables. Those that do not begin with `STILLWATCH_` or have no `__` are not
    /// ours, except for the few short names. `read` reads a secret's file.
    ///
    /// # Errors
    /// When one has an unknown name, a value that its setting cannot have, or the path of a file that cannot be read.
    pub(crate) fn environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
        read: impl Fn(&str) -> Result<String, String>,
    ) -> Result<(), SettingError> {
        // Ordered, so that the same environment gives the same error; short names first, so that full ones win.
        let ours = variables.into_iter().filter_map(|(variable, value)| {
            let short = Setting::all().find(|setting| setting.short_variable() == Some(&variable));
            let name = match (short, variable.strip_prefix(PREFIX)) {
                (Some(setting), _) => setting.name.clone(),
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
                let mut secrets = Setting::all().filter(|setting| setting.secret);
                secrets.find(|setting| setting.variable() == variable)
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

    /// Adds the layer of one flag; `flag` is its name on the command line.
    ///
    /// # Errors
    /// When it has an unknown name, names a secret, or has a value that its setting cannot have.
    pub(crate) fn flag(&mut self, name: &str, word: &str, flag: &str) -> Result<(), SettingError> {
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
    /// Never: [`Settings`] has read each value before.
    pub(crate) fn settings(&self) -> Result<Settings, SettingError> {
        let mut sections = Table::new();
        for (name, (value, _)) in &self.values {
            let (section, key) = name.split_once('.').unwrap_or((*name, ""));
            let keys = sections
                .entry(section)
                .or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(keys) = keys {
                keys.insert(key.to_owned(), value.clone());
            }
        }
        let settings: Settings = sections
            .try_into()
            .expect("every value was read when it was set");
        settings.check()?;
        Ok(settings)
    }

    /// Every setting that has a value, with the value as it may be shown and its origin.
    pub(crate) fn effective(&self) -> impl Iterator<Item = (&'static Setting, String, &Origin)> {
        Setting::all().filter_map(|setting| {
            let (value, origin) = self.values.get(&*setting.name)?;
            Some((setting, setting.shown(value), origin))
        })
    }

    /// Sets a word's value. An empty word unsets a setting without a default: empty variables in containers mean that.
    fn set_word(
        &mut self,
        setting: &'static Setting,
        word: &str,
        origin: Origin,
    ) -> Result<(), SettingError> {
        if word.is_empty() && setting.default.is_none() {
            self.values.remove(&*setting.name);
            return Ok(());
        }
        let shown = setting.shown(&Value::String(word.to_owned()));
        self.set(setting, setting.parse(word), shown, origin)
    }

    fn set(
        &mut self,
        setting: &'static Setting,
        value: Option<Value>,
        got: String,
        origin: Origin,
    ) -> Result<(), SettingError> {
        let Some(value) = value.filter(|value| setting.admits(value)) else {
            return Err(SettingError::BadValue {
                name: &setting.name,
                origin,
                expected: setting.expected(),
                got,
            });
        };
        self.values.insert(&setting.name, (value, origin));
        Ok(())
    }
}

fn refuse_secret(setting: &'static Setting, origin: &Origin) -> Result<(), SettingError> {
    if setting.secret {
        return Err(SettingError::OpenSecret {
            name: &setting.name,
            origin: origin.clone(),
            variable: setting.variable(),
        });
    }
    Ok(())
}

fn unknown(name: String, origin: Origin) -> SettingError {
    let near = |setting: &Setting| {
        let whole = strsim::jaro_winkler(&name, &setting.name);
        // A key without its section, or in another one, is the commonest mistake.
        let key = name.rsplit('.').next().unwrap_or(&name);
        whole.max(strsim::jaro_winkler(key, setting.parts().1))
    };
    let nearest = Setting::all()
        .map(|setting| (near(setting), &*setting.name))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    SettingError::Unknown {
        name,
        origin,
        nearest: nearest.map(|(_, name)| name),
    }
}
