//! The table of settings as a commented file and as a page's table.

use std::fmt::Write;

use super::value::Kind;
use super::{Layers, SETTINGS, Setting};

impl Layers {
    /// The effective values as a file, each with where it came from; secrets redacted.
    pub fn told(&self) -> String {
        let mut told = String::new();
        let mut last = "";
        for (setting, value, origin) in self.effective() {
            heading(&mut told, &mut last, setting);
            let (_, key) = setting.parts();
            let hidden = if setting.kind == Kind::Secret {
                "# "
            } else {
                ""
            };
            let _ = writeln!(told, "{hidden}{key} = {value} # {origin}");
        }
        told
    }
}

/// A file that says of every setting what it means; what has a default is set to it, all else is commented out.
pub fn commented_file() -> String {
    let mut file = String::from(
        "# Settings of `stillwatch serve`. Variables of the environment and flags are laid over this file.\n",
    );
    let mut last = "";
    for setting in SETTINGS.iter().filter(|row| row.kind != Kind::Secret) {
        heading(&mut file, &mut last, setting);
        let (_, key) = setting.parts();
        let default = setting.default.and_then(|word| setting.kind.read(word));
        let _ = match default {
            Some(value) => writeln!(file, "# {}\n{key} = {value}", setting.meaning),
            None => writeln!(file, "# {}\n# {key} =", setting.meaning),
        };
    }
    file
}

/// The table of the documentation.
pub fn markdown() -> String {
    let mut table = String::from("| setting | default | meaning |\n|---|---|---|\n");
    for setting in SETTINGS {
        let default = match (setting.default, setting.kind) {
            (Some(word), _) => format!("`{word}`"),
            (None, Kind::Secret) => "secret, from the environment alone".to_owned(),
            (None, _) => String::new(),
        };
        let _ = writeln!(
            table,
            "| `{}` | {default} | {} |",
            setting.name, setting.meaning
        );
    }
    table
}

fn heading(text: &mut String, last: &mut &'static str, setting: &Setting) {
    let (section, _) = setting.parts();
    if section != *last {
        let _ = writeln!(text, "\n[{section}]");
        *last = section;
    }
}
