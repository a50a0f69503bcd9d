//! Every setting: its name, what it can be, what it is when nobody says, what it means.

use super::value::Kind;

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// `section.key`.
    pub name: &'static str,
    /// What it can be.
    pub kind: Kind,
    /// What it is when nobody says, as a flag would say it; `None` where it is then absent.
    pub default: Option<&'static str>,
    /// What it means, in one line.
    pub meaning: &'static str,
}

impl Setting {
    /// The setting of this name.
    pub fn of(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// The variable of the environment that sets it.
    pub fn variable(&self) -> String {
        format!("STILLWATCH_{}", self.name.replace('.', "__").to_uppercase())
    }

    /// A shorter variable that sets it too, for the few that nearly everyone sets.
    pub const fn short_variable(&self) -> Option<&'static str> {
        match self.name.as_bytes() {
            b"server.listen" => Some("STILLWATCH_LISTEN"),
            b"data.folder" => Some("STILLWATCH_DATA"),
            b"model.bundle" => Some("STILLWATCH_BUNDLE"),
            b"model.folder" => Some("STILLWATCH_MODELS"),
            b"model.accounts_max" => Some("STILLWATCH_ACCOUNTS_MAX"),
            _ => None,
        }
    }

    /// Section and key.
    pub fn parts(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').unwrap_or((self.name, ""))
    }
}

/// All settings, by section.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    row("server.listen", Kind::Address, Some("127.0.0.1:7700"), "Address and port. One that others can reach needs `auth.keys_file`"),
    row("server.insecure_public", Kind::Flag, Some("false"), "Serve others without keys all the same: whoever reaches the port may do everything"),
    row("server.workers", Kind::Count { min: 1 }, None, "Threads that score; one a core when not set"),
    row("server.waiting_max", Kind::Count { min: 0 }, Some("512"), "Admitted calls that wait for a worker; one more is refused as overloaded"),
    row("server.calls_max", Kind::Count { min: 1 }, Some("1024"), "Scoring calls inside at once; more than workers and waiting_max together"),
    row("server.body_bytes_max", Kind::Count { min: 1 }, Some("8388608"), "Bytes of one call's body"),
    row("server.connections_max", Kind::Count { min: 1 }, Some("1024"), "Connections at once; more wait in the kernel's queue"),
    row("server.streams_max", Kind::Count { min: 1 }, Some("128"), "Calls at once on one HTTP/2 connection"),
    row("server.scoring_streams_max", Kind::Count { min: 1 }, Some("64"), "Open `ScoreStream` calls at once; one more is refused as overloaded"),
    row("server.stream_silence_ms", Kind::Count { min: 1 }, Some("300000"), "How long nothing may be sent on a stream"),
    row("server.retry_after_seconds", Kind::Count { min: 1 }, Some("1"), "What a caller refused as overloaded is told to wait"),
    row("server.deadline_default_ms", Kind::Count { min: 1 }, Some("10000"), "Deadline of a call whose caller set none"),
    row("server.deadline_max_ms", Kind::Count { min: 1 }, Some("60000"), "The longest deadline that a caller may set"),
    row("server.header_timeout_ms", Kind::Count { min: 1 }, Some("10000"), "The longest wait for a first byte, a TLS handshake, the headers"),
    row("server.drain_delay_ms", Kind::Count { min: 0 }, Some("0"), "At a stop: how long the port stays open while `/readyz` already says no"),
    row("server.drain_ms", Kind::Count { min: 0 }, Some("20000"), "At a stop: how long calls in flight may take after that"),
    row("model.bundle", Kind::Path, None, "Folder of a model bundle; the one built into the program when not set"),
    row("model.folder", Kind::Path, None, "Folder of further model bundles, as NAME/VERSION/, that may be activated while serving"),
    row("model.accounts_max", Kind::Count { min: 1 }, Some("200000"), "Accounts remembered at most; beyond it the most silent are forgotten"),
    row("data.folder", Kind::Path, Some("stillwatch-data"), "Folder for what must outlive the process; made when missing"),
    row("privacy.pseudonym_key", Kind::Secret, None, "Secret of all pseudonyms, 64 hexadecimal digits; `pseudonym.key` in the data folder when not set"),
    row("auth.keys_file", Kind::Path, None, "API keys, hashed, one a line (`stillwatch key new`); when not set no key is asked for. Read again at SIGHUP"),
    row("rate.calls_per_second", Kind::Count { min: 1 }, None, "Calls a second of one key; unlimited when not set"),
    row("rate.burst", Kind::Count { min: 1 }, None, "Calls that a key may make at once after a pause; one second's worth when not set"),
    row("rate.calls_at_once", Kind::Count { min: 1 }, None, "Calls of one key inside at once; unlimited when not set"),
    row("tls.certificate_file", Kind::Path, None, "Certificate chain (PEM); when not set the port speaks plain HTTP. Read again at SIGHUP"),
    row("tls.private_key_file", Kind::Path, None, "The certificate's private key (PEM). Read again at SIGHUP"),
    row("tls.client_ca_file", Kind::Path, None, "Authorities (PEM) one of which must have signed every client's certificate. Read again at SIGHUP"),
    row("hooks.verdict", Kind::Choice(&["observe", "restrict", "review"]), Some("observe"), "What gateway hooks answer: `observe` lets all pass; else accounts that stand there or worse are declined"),
    row("hooks.account", Kind::Choice(&["key", "end-user", "user", "team"]), Some("key"), "Who is the account of a gateway's call; where it is not named, the key, then the end user"),
    row("log.level", Kind::Choice(&["error", "warn", "info", "debug", "trace"]), Some("info"), "From which severity on; at debug a line for each call, without content or account"),
    row("log.format", Kind::Choice(&["text", "json"]), Some("text"), "How log lines look, on standard error"),
];

const fn row(
    name: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    meaning: &'static str,
) -> Setting {
    Setting {
        name,
        kind,
        default,
        meaning,
    }
}
