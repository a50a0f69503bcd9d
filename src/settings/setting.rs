//! One setting as the reference sees it: name, meaning, kind and default, read from the schema of [`Settings`].

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::Value as Json;
use toml::{Table, Value};

use super::Settings;
use super::sections::REDACTED;

/// Largest value of a number that states none. Larger ones are mistakes, and some would not fit.
const NUMBER_MAX: u32 = u32::MAX;

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// `section.key`.
    pub name: String,
    /// Value if nothing sets it; `None` if it then has none.
    pub default: Option<Value>,
    /// Whether it is read from the environment alone and shown nowhere.
    pub secret: bool,
    /// JSON Schema of its values.
    pub(super) schema: Json,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Number { min: u64, max: u64 },
    Switch,
    Choice(Vec<Choice>),
    Text { format: Option<String> },
}

#[derive(Debug)]
struct Choice {
    name: String,
    meaning: String,
}

static ALL: LazyLock<BTreeMap<String, Setting>> = LazyLock::new(|| {
    let generator = SchemaSettings::draft07()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator();
    let schema = generator.into_root_schema_for::<Settings>().to_value();
    let defaults = Table::try_from(Settings::default()).expect("defaults are TOML");
    let mut all = BTreeMap::new();
    for (section, schema) in properties(&schema) {
        for (key, schema) in properties(schema) {
            let default = defaults.get(section).and_then(|keys| keys.get(key));
            let name = format!("{section}.{key}");
            all.insert(name.clone(), Setting::new(name, schema, default.cloned()));
        }
    }
    all
});

impl Setting {
    /// All settings, by name.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        ALL.values()
    }

    /// The setting of this name.
    pub fn of(name: &str) -> Option<&'static Self> {
        ALL.get(name)
    }

    fn new(name: String, schema: &Json, default: Option<Value>) -> Self {
        let mut schema = schema.clone();
        schema["description"] = spaced(&schema["description"]).into();
        if let Some(keywords) = schema.as_object_mut() {
            // A file cannot hold null, so null is no default.
            keywords.retain(|_, value| !value.is_null());
        }
        let kind = Kind::of(&schema);
        if let Kind::Number { max, .. } = kind {
            schema["maximum"] = max.into();
        }
        Self {
            secret: schema["writeOnly"] == true,
            name,
            default,
            schema,
            kind,
        }
    }

    /// What it means, and each of its choices.
    pub fn meaning(&self) -> String {
        let mut meaning = spaced(&self.schema["description"]);
        match &self.kind {
            Kind::Choice(choices) if choices.iter().all(|choice| choice.meaning.is_empty()) => {
                let names: Vec<&str> = choices.iter().map(|choice| &*choice.name).collect();
                let _ = write!(meaning, " One of `{}`.", names.join("`, `"));
            }
            Kind::Choice(choices) => {
                for choice in choices {
                    let _ = write!(meaning, " `{}`: {}", choice.name, choice.meaning);
                }
            }
            Kind::Number { .. } | Kind::Switch | Kind::Text { .. } => {}
        }
        meaning
    }

    /// What it can be, in words.
    pub(super) fn expected(&self) -> String {
        match &self.kind {
            Kind::Number { min, max } => format!("a whole number from {min} to {max}"),
            Kind::Switch => "true or false".to_owned(),
            Kind::Choice(choices) => {
                let names: Vec<&str> = choices.iter().map(|choice| &*choice.name).collect();
                format!("one of {}", names.join(", "))
            }
            Kind::Text { format } => {
                let format = format.as_deref().unwrap_or("text that is not empty");
                let default = self.default.as_ref().and_then(Value::as_str);
                let example = default.map(|text| format!(", such as {text}"));
                format!("{format}{}", example.unwrap_or_default())
            }
        }
    }

    /// The value that a word stands for, as the environment and flags have it.
    pub(super) fn parse(&self, word: &str) -> Option<Value> {
        Some(match self.kind {
            Kind::Number { .. } => Value::Integer(word.parse().ok()?),
            Kind::Switch => Value::Boolean(word.parse().ok()?),
            Kind::Choice(_) | Kind::Text { .. } => Value::String(word.to_owned()),
        })
    }

    /// Whether this can be its value: within its bounds, and what its field can hold.
    pub(super) fn admits(&self, value: &Value) -> bool {
        let in_bounds = match (value, &self.kind) {
            (Value::Integer(number), Kind::Number { min, max }) => {
                u64::try_from(*number).is_ok_and(|n| (*min..=*max).contains(&n))
            }
            (Value::String(text), _) => !text.is_empty(),
            _ => true,
        };
        let (section, key) = self.parts();
        let keys = Table::from_iter([(key.to_owned(), value.clone())]);
        let alone = Table::from_iter([(section.to_owned(), Value::Table(keys))]);
        in_bounds && alone.try_into::<Settings>().is_ok()
    }

    /// `value` as an error or a listing may show it.
    pub(super) fn shown(&self, value: &Value) -> String {
        if self.secret {
            REDACTED.to_owned()
        } else {
            value.to_string()
        }
    }

    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        format!("STILLWATCH_{}", self.name.replace('.', "__").to_uppercase())
    }

    /// A shorter variable that sets it too, for the few that nearly everyone sets.
    pub fn short_variable(&self) -> Option<&'static str> {
        Some(match &*self.name {
            "server.listen" => "STILLWATCH_LISTEN",
            "data.folder" => "STILLWATCH_DATA",
            "model.bundle" => "STILLWATCH_BUNDLE",
            "model.folder" => "STILLWATCH_MODELS",
            "model.accounts_max" => "STILLWATCH_ACCOUNTS_MAX",
            _ => return None,
        })
    }

    /// Section and key.
    pub fn parts(&self) -> (&str, &str) {
        self.name.split_once('.').unwrap_or((&self.name, ""))
    }
}

impl Kind {
    fn of(schema: &Json) -> Self {
        // A setting without a default may also be null.
        let is = |name: &str| {
            let names = schema["type"].as_array();
            schema["type"] == name || names.is_some_and(|names| names.contains(&name.into()))
        };
        let choices = choices(schema);
        if !choices.is_empty() {
            Self::Choice(choices)
        } else if is("integer") {
            let min = schema["minimum"].as_u64().unwrap_or(0);
            let max = schema["maximum"].as_u64().unwrap_or(u64::MAX);
            Self::Number {
                min,
                max: max.min(NUMBER_MAX.into()),
            }
        } else if is("boolean") {
            Self::Switch
        } else {
            let format = schema["format"].as_str().map(str::to_owned);
            Self::Text { format }
        }
    }
}

/// Variants of an enum: in `enum` those without a doc comment, in `oneOf` the others.
fn choices(schema: &Json) -> Vec<Choice> {
    let bare = schema["enum"].as_array().into_iter().flatten();
    let bare = bare.map(|name| (name, String::new()));
    let told = schema["oneOf"].as_array().into_iter().flatten();
    let told = told.map(|choice| (&choice["const"], spaced(&choice["description"])));
    let choice = |(name, meaning): (&Json, String)| {
        let name = name.as_str()?.to_owned();
        Some(Choice { name, meaning })
    };
    bare.chain(told).filter_map(choice).collect()
}

fn properties(schema: &Json) -> impl Iterator<Item = (&String, &Json)> {
    schema["properties"].as_object().into_iter().flatten()
}

/// A doc comment on one line.
fn spaced(text: &Json) -> String {
    let words = text.as_str().unwrap_or_default().split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}
