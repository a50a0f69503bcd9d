//! What the layers promise: who wins, who is refused, what is never shown.

use proptest::prelude::*;

use super::*;

const NO_FILE: fn(&str) -> Result<String, String> = |path| Err(format!("{path}: none here"));

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    pairs.iter().map(owned).collect()
}

/// What the environment alone makes of the defaults.
fn with(pairs: &[(&str, &str)]) -> Result<Settings, SettingError> {
    let mut layers = Layers::default();
    layers.environment(variables(pairs), NO_FILE)?;
    layers.settings()
}

proptest! {
    /// Whichever layers speak, the last of them is heard, and says so.
    #[test]
    fn the_last_layer_that_speaks_wins(said in proptest::array::uniform3(proptest::option::of(1_u32..9_999))) {
        let [file, variable, flag] = said;
        let mut layers = Layers::default();
        if let Some(n) = file {
            layers.file(&format!("[server]\nwaiting_max = {n}\n"), "a.toml")?;
        }
        if let Some(n) = variable {
            let pair = ("STILLWATCH_SERVER__WAITING_MAX".to_owned(), n.to_string());
            layers.environment([pair], NO_FILE)?;
        }
        if let Some(n) = flag {
            layers.flag("server.waiting_max", &n.to_string(), "--set")?;
        }
        let expected = flag.or(variable).or(file).unwrap_or(512);
        prop_assert_eq!(layers.settings()?.server.waiting_max, expected as usize);
        let (_, shown, origin) = layers
            .effective()
            .find(|(setting, ..)| setting.name == "server.waiting_max")
            .expect("it has a default");
        prop_assert_eq!(shown, expected.to_string());
        let named = [(flag, "--set"), (variable, "STILLWATCH_SERVER__WAITING_MAX"), (file, "a.toml")];
        let named = named.iter().find(|(said, _)| said.is_some()).map_or("default", |(_, name)| name);
        prop_assert_eq!(origin.to_string(), named);
    }

    /// No text is a file of settings by chance, none makes the reader panic, and what is wrong is told with its place.
    #[test]
    fn noise_is_refused_with_its_place(noise in "[ -~\n]{1,60}") {
        let mut layers = Layers::default();
        if let Err(error) = layers.file(&noise, "noise.toml") {
            prop_assert!(error.to_string().contains("noise.toml"), "{error}");
        }
    }

    /// One wrong letter in a name, and the right one is suggested.
    #[test]
    fn a_misspelt_name_is_refused_and_the_right_one_suggested(at in 0..SETTINGS.len(), place in 0_usize..64) {
        let name = SETTINGS[at].name;
        let dot = name.find('.').expect("a section");
        let place = dot + 1 + place % (name.len() - dot - 1);
        let wrong = format!("{}{}", &name[..place], &name[place + 1..]);
        prop_assume!(Setting::of(&wrong).is_none() && wrong.len() > dot + 3);
        let refused = Layers::default().flag(&wrong, "1", "--set");
        let Err(SettingError::Unknown { nearest, .. }) = &refused else {
            return Err(TestCaseError::fail(format!("{refused:?}")));
        };
        prop_assert_eq!(*nearest, Some(name), "{}", wrong);
    }

    /// A secret comes from the environment or a file of its own, and is shown by nothing.
    #[test]
    fn a_secret_is_shown_by_nothing(secret in "[a-f0-9]{64}") {
        let mut layers = Layers::default();
        layers.environment(
            variables(&[("STILLWATCH_PRIVACY__PSEUDONYM_KEY_FILE", "secret.txt")]),
            |path| Ok(format!("{secret}{}", if path == "secret.txt" { "\n" } else { "?" })),
        )?;
        let settings = layers.settings()?;
        prop_assert_eq!(settings.privacy.pseudonym_key.as_ref().map(Secret::expose), Some(&*secret));
        let debugged = format!("{settings:?}");
        prop_assert!(!debugged.contains(&secret));
        prop_assert!(!layers.told().contains(&secret));
        prop_assert!(layers.told().contains("pseudonym_key = [redacted]"));
        let in_file = format!("[privacy]\npseudonym_key = \"{secret}\"\n");
        for refused in [
            layers.file(&in_file, "a.toml"),
            layers.flag("privacy.pseudonym_key", &secret, "--set"),
            layers.environment(variables(&[
                ("STILLWATCH_PRIVACY__PSEUDONYM_KEY", &secret),
                ("STILLWATCH_PRIVACY__PSEUDONYM_KEY_FILE", "secret.txt"),
            ]), NO_FILE),
        ] {
            let told = refused.expect_err("a secret in the open").to_string();
            prop_assert!(!told.contains(&secret));
            prop_assert!(told.contains("STILLWATCH_PRIVACY__PSEUDONYM_KEY_FILE"));
        }
    }
}

#[test]
fn the_table_and_the_structure_have_the_same_rows() {
    // Every field without a default must be optional, every row a field: deserialising refuses anything else.
    let settings = Layers::default().settings().unwrap();
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:7700");
    for setting in SETTINGS {
        let value = match setting.kind {
            Kind::Address => "127.0.0.1:1",
            Kind::Count { .. } => "7",
            Kind::Flag => "true",
            Kind::Choice(words) => words[0],
            Kind::Path | Kind::Secret => "x",
        };
        let mut layers = Layers::default();
        layers
            .environment([(setting.variable(), value.to_owned())], NO_FILE)
            .unwrap();
        let alone = layers.settings();
        let beside = matches!(alone, Err(SettingError::Contradiction { .. }));
        assert!(alone.is_ok() || beside, "{}: {alone:?}", setting.name);
    }
}

#[test]
fn the_commented_file_says_the_defaults() {
    let mut layers = Layers::default();
    layers.file(&commented_file(), "default.toml").unwrap();
    let defaults = Layers::default().settings().unwrap();
    assert_eq!(layers.settings().unwrap(), defaults);
    let uncommented = commented_file().replace("# keys_file =", "keys_file = 'k'");
    layers.file(&uncommented, "default.toml").unwrap();
}

#[test]
fn what_is_printed_can_be_read_back() {
    let mut layers = Layers::default();
    let pairs = [
        ("STILLWATCH_LISTEN", "[::1]:80"),
        ("STILLWATCH_AUTH__KEYS_FILE", "a \"quoted\" # name"),
    ];
    layers.environment(variables(&pairs), NO_FILE).unwrap();
    let mut read = Layers::default();
    read.file(&layers.told(), "told.toml").unwrap();
    assert_eq!(read.settings().unwrap(), layers.settings().unwrap());
}

#[test]
fn values_of_another_kind_are_refused_with_what_is_expected() {
    for (variable, value, expected) in [
        ("STILLWATCH_SERVER__WORKERS", "0", "a whole number from 1"),
        ("STILLWATCH_SERVER__WORKERS", "-1", "a whole number from 1"),
        ("STILLWATCH_SERVER__CALLS_MAX", "", "a whole number from 1"),
        (
            "STILLWATCH_SERVER__CALLS_MAX",
            "5e9",
            "a whole number from 1",
        ),
        (
            "STILLWATCH_LISTEN",
            "localhost:80",
            "an IP address with a port",
        ),
        ("STILLWATCH_LOG__FORMAT", "xml", "one of text, json"),
        ("STILLWATCH_SERVER__INSECURE_PUBLIC", "yes", "true or false"),
    ] {
        let told = with(&[(variable, value)]).unwrap_err().to_string();
        assert!(told.contains(variable) && told.contains(expected), "{told}");
    }
    let mut layers = Layers::default();
    for file in [
        "server = 1",
        "[server]\nworkers = \"2\"",
        "[server]\nworkers = [1]",
    ] {
        assert!(layers.file(file, "a.toml").is_err(), "{file}");
    }
    let told = layers.file("[log]\n\nlevel = \n", "a.toml").unwrap_err();
    assert!(told.to_string().starts_with("a.toml, line 3:"), "{told}");
}

#[test]
fn contradictions_are_refused() {
    for (one, pairs) in [
        (
            "tls.private_key_file",
            &[("STILLWATCH_TLS__CERTIFICATE_FILE", "c")][..],
        ),
        (
            "tls.certificate_file",
            &[("STILLWATCH_TLS__CLIENT_CA_FILE", "c")],
        ),
        ("rate.calls_per_second", &[("STILLWATCH_RATE__BURST", "2")]),
        ("auth.keys_file", &[("STILLWATCH_RATE__CALLS_AT_ONCE", "2")]),
    ] {
        let told = with(pairs).unwrap_err().to_string();
        assert!(told.contains(one), "{told}");
    }
}

#[test]
fn variables_of_others_are_left_alone_and_unknown_ones_of_ours_are_not() {
    let others = [
        ("PATH", "x"),
        ("STILLWATCH_POOLS", "x"),
        ("OTHER__KEY", "x"),
    ];
    assert!(with(&others).is_ok());
    let told = with(&[("STILLWATCH_SERVER__LISTNE", "x")]).unwrap_err();
    assert!(
        told.to_string().contains("is `server.listen` meant?"),
        "{told}"
    );
    let empty = [("STILLWATCH_AUTH__KEYS_FILE", "")];
    assert_eq!(with(&empty).unwrap().auth.keys_file, None);
}

#[test]
fn the_page_has_the_table() {
    let page = include_str!("../../docs/operations.md");
    let table = markdown();
    assert!(
        page.contains(&table),
        "docs/operations.md should have:\n{table}"
    );
}
