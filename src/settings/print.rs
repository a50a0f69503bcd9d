//! Settings in print: the effective file, the commented file, the reference table, the JSON Schema.

use std::fmt::Write;

use serde_json::{Value as Json, json};
use toml::Value;

use super::{Layers, Setting};

impl Layers {
    /// The effective values as a file, each with its origin; secrets are redacted.
    pub(crate) fn to_file(&self) -> String {
        let mut file = String::new();
        let mut last = "";
        for (setting, value, origin) in self.effective() {
            heading(&mut file, &mut last, setting);
            let comment = if setting.secret { "# " } else { "" };
            let _ = writeln!(file, "{comment}{} = {value} # {origin}", setting.parts().1);
        }
        file
    }
}

/// A file with the meaning of every setting. One that has a default is set to it, any other is commented out.
pub(crate) fn commented_file() -> String {
    let mut file = String::from(
        "# Settings of `stillwatch serve`. Environment variables and flags override this file.\n",
    );
    let mut last = "";
    for setting in Setting::all().filter(|setting| !setting.secret) {
        heading(&mut file, &mut last, setting);
        let ((_, key), meaning) = (setting.parts(), setting.meaning());
        let _ = match &setting.default {
            Some(value) => writeln!(file, "# {meaning}\n{key} = {value}"),
            None => writeln!(file, "# {meaning}\n# {key} ="),
        };
    }
    file
}

/// The reference as a Markdown table.
pub fn reference_table() -> String {
    let mut table = String::from("| setting | default | meaning |\n|---|---|---|\n");
    for setting in Setting::all() {
        let default = match &setting.default {
            Some(Value::String(text)) => format!("`{text}`"),
            Some(value) => format!("`{value}`"),
            None if setting.secret => "secret, from the environment alone".to_owned(),
            None => String::new(),
        };
        let _ = writeln!(
            table,
            "| `{}` | {default} | {} |",
            setting.name,
            setting.meaning()
        );
    }
    table
}

/// JSON Schema (draft 7) of a file of settings.
pub fn schema() -> Json {
    let object = || json!({"type": "object", "additionalProperties": false, "properties": {}});
    let mut schema = object();
    for setting in Setting::all().filter(|setting| !setting.secret) {
        let (section, key) = setting.parts();
        let section = &mut schema["properties"][section];
        if section.is_null() {
            *section = object();
        }
        section["properties"][key] = setting.schema.clone();
    }
    schema
}

fn heading(text: &mut String, last: &mut &'static str, setting: &'static Setting) {
    let (section, _) = setting.parts();
    if section != *last {
        let _ = writeln!(text, "\n[{section}]");
        *last = section;
    }
}
