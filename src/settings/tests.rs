//! Promises of the settings: which layer wins, what is refused, what is never shown.

use proptest::prelude::*;

use super::*;

const NO_FILE: fn(&str) -> Result<String, String> = |path| Err(format!("{path}: none here"));

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    pairs.iter().map(owned).collect()
}

/// The defaults under the environment alone.
fn with(pairs: &[(&str, &str)]) -> Result<Settings, SettingError> {
    let mut layers = Layers::default();
    layers.environment(variables(pairs), NO_FILE)?;
    layers.settings()
}

proptest! {
    /// The last layer that sets a value wins, and is its origin.
    #[test]
    fn the_last_layer_that_sets_a_value_wins(set in proptest::array::uniform3(proptest::option::of(1_u32..9_999))) {
        let [file, variable, flag] = set;
        let mut layers = Layers::default();
        if let Some(n) = file {
            layers.file(&format!("[server]\nqueue_depth_max = {n}\n"), "a.toml")?;
        }
        if let Some(n) = variable {
            let pair = ("STILLWATCH_SERVER__QUEUE_DEPTH_MAX".to_owned(), n.to_string());
            layers.environment([pair], NO_FILE)?;
        }
        if let Some(n) = flag {
            layers.flag("server.queue_depth_max", &n.to_string(), "--set")?;
        }
        let expected = flag.or(variable).or(file).unwrap_or(512);
        prop_assert_eq!(layers.settings()?.server.limits.queue_depth_max, expected as usize);
        let (_, shown, origin) = layers
            .effective()
            .find(|(setting, ..)| setting.name == "server.queue_depth_max")
            .expect("it has a default");
        prop_assert_eq!(shown, expected.to_string());
        let named = [(flag, "--set"), (variable, "STILLWATCH_SERVER__QUEUE_DEPTH_MAX"), (file, "a.toml")];
        let named = named.iter().find(|(set, _)| set.is_some()).map_or("default", |(_, name)| name);
        prop_assert_eq!(origin.to_string(), named);
    }

    /// No text makes the reader panic, and an error names the file.
    #[test]
    fn noise_is_refused_with_its_place(noise in "[ -~\n]{1,60}") {
        let mut layers = Layers::default();
        if let Err(error) = layers.file(&noise, "noise.toml") {
            prop_assert!(error.to_string().contains("noise.toml"), "{error}");
        }
    }

    /// A name with a letter missing is refused, and the right one suggested.
    #[test]
    fn a_misspelt_name_is_refused_and_the_right_one_suggested(
        at in any::<prop::sample::Index>(), place in 0_usize..64,
    ) {
        let all: Vec<&Setting> = Setting::all().collect();
        let name = &*at.get(&all).name;
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
        let shown = format!("{settings:?} {}", toml::to_string(&settings).expect("TOML"));
        prop_assert!(!shown.contains(&secret));
        prop_assert!(!layers.to_file().contains(&secret));
        prop_assert!(layers.to_file().contains("pseudonym_key = [redacted]"));
        let in_file = format!("[privacy]\npseudonym_key = \"{secret}\"\n");
        for refused in [
            layers.file(&in_file, "a.toml"),
            layers.flag("privacy.pseudonym_key", &secret, "--set"),
            layers.environment(variables(&[
                ("STILLWATCH_PRIVACY__PSEUDONYM_KEY", &secret),
                ("STILLWATCH_PRIVACY__PSEUDONYM_KEY_FILE", "secret.txt"),
            ]), NO_FILE),
        ] {
            let error = refused.expect_err("a secret in the open").to_string();
            prop_assert!(!error.contains(&secret));
            prop_assert!(error.contains("STILLWATCH_PRIVACY__PSEUDONYM_KEY_FILE"));
        }
    }
}

#[test]
fn every_setting_has_a_meaning_and_can_be_set() {
    assert_eq!(Layers::default().settings().unwrap(), Settings::default());
    for setting in Setting::all() {
        assert!(setting.meaning().ends_with('.'), "{}", setting.name);
        assert!(!setting.meaning().contains('|'), "{}", setting.name);
        // One of these is a value of any kind.
        let tries = [
            "4294967295",
            "9999",
            "true",
            "127.0.0.1:1",
            "watch",
            "review",
            "thresholds",
            "team",
            "warn",
            "json",
        ];
        let set = tries.map(|word| {
            let mut layers = Layers::default();
            let pair = (setting.variable(), word.to_owned());
            layers.environment([pair], NO_FILE).map(|()| layers)
        });
        let found = set.into_iter().flatten().next().expect(&setting.name);
        let settings = found.settings();
        let beside = matches!(settings, Err(SettingError::Contradiction { .. }));
        assert!(
            beside || settings.unwrap() != Settings::default(),
            "{}",
            setting.name
        );
    }
}

#[test]
fn a_number_is_held_to_its_own_bounds() {
    for (word, admitted) in [("0", false), ("1", true), ("10000", true), ("10001", false)] {
        let set = Layers::default().flag("policy.reviews_per_day", word, "--set");
        assert_eq!(set.is_ok(), admitted, "{word}");
        if let Err(error) = set {
            let expected = "a whole number from 1 to 10000";
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}

#[test]
fn unknown_names_are_refused_by_the_structs_too() {
    for section in [
        "server", "model", "data", "privacy", "auth", "rate", "tls", "hooks", "log",
    ] {
        let unknown = toml::from_str::<Settings>(&format!("[{section}]\nnonsense = 1\n"));
        assert!(unknown.is_err(), "{section}");
    }
}

#[test]
fn the_commented_file_holds_the_defaults() {
    let mut layers = Layers::default();
    layers.file(&commented_file(), "default.toml").unwrap();
    assert_eq!(layers.settings().unwrap(), Settings::default());
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
    read.file(&layers.to_file(), "printed.toml").unwrap();
    assert_eq!(read.settings().unwrap(), layers.settings().unwrap());
}

#[test]
fn impossible_values_are_refused_with_what_is_expected() {
    let number = "expects a whole number from 1 to 4294967295, got";
    for (variable, value, expected) in [
        ("STILLWATCH_SERVER__WORKERS", "0", number),
        ("STILLWATCH_SERVER__WORKERS", "-1", number),
        ("STILLWATCH_SERVER__STREAM_IDLE_TIMEOUT_MS", "0", number),
        ("STILLWATCH_SERVER__MAX_CONCURRENT_REQUESTS", "", number),
        ("STILLWATCH_SERVER__MAX_CONCURRENT_REQUESTS", "5e9", number),
        (
            "STILLWATCH_SERVER__MAX_CONCURRENT_REQUESTS",
            "5000000000",
            number,
        ),
        (
            "STILLWATCH_LISTEN",
            "example.org:80",
            "expects ADDRESS:PORT, such as 127.0.0.1:7700",
        ),
        ("STILLWATCH_LISTEN", "localhost", "expects ADDRESS:PORT"),
        ("STILLWATCH_LOG__FORMAT", "xml", "expects one of text, json"),
        (
            "STILLWATCH_HOOKS__BLOCK_FROM",
            "observe",
            "expects one of never, restrict, review",
        ),
        (
            "STILLWATCH_AUTH__ALLOW_UNAUTHENTICATED",
            "yes",
            "expects true or false",
        ),
    ] {
        let error = with(&[(variable, value)]).unwrap_err().to_string();
        assert!(
            error.contains(variable) && error.contains(expected),
            "{error}"
        );
    }
    let mut layers = Layers::default();
    for file in [
        "server = 1",
        "[server]\nworkers = \"2\"",
        "[server]\nworkers = [1]",
        "[model]\nbundle = \"\"",
        "[model]\nbundle = 1",
    ] {
        assert!(layers.file(file, "a.toml").is_err(), "{file}");
    }
    let error = layers.file("[log]\n\nlevel = \n", "a.toml").unwrap_err();
    assert!(error.to_string().starts_with("a.toml, line 3:"), "{error}");
}

#[test]
fn localhost_is_this_machine() {
    let listen = with(&[("STILLWATCH_LISTEN", "localhost:80")])
        .unwrap()
        .server
        .listen;
    assert_eq!(listen.to_string(), "127.0.0.1:80");
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
        (
            "rate.requests_per_second",
            &[("STILLWATCH_RATE__BURST", "2")],
        ),
        (
            "auth.keys_file",
            &[("STILLWATCH_RATE__MAX_CONCURRENT_REQUESTS", "2")],
        ),
    ] {
        let error = with(pairs).unwrap_err().to_string();
        assert!(error.contains(one), "{error}");
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
    let error = with(&[("STILLWATCH_SERVER__LISTNE", "x")]).unwrap_err();
    assert!(
        error.to_string().contains("is `server.listen` meant?"),
        "{error}"
    );
    let empty = [("STILLWATCH_AUTH__KEYS_FILE", "")];
    assert_eq!(with(&empty).unwrap().auth.keys_file, None);
}
