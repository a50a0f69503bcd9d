//! A wrapper that keeps raw text out of logs, errors and later stages.

/// A value that must not be printed, serialised or stored.
///
/// It has no `Debug`, `Display` or `Serialize`; reading the value takes an explicit [`Sensitive::expose`]. Only
/// `ingest`, `wire`, `gateway`, `text`, `encoder`, `observe` and the offline tools that compose training data may call
/// it.
///
/// ```compile_fail
/// let prompt = stillwatch::domain::Sensitive::new(String::from("secret"));
/// println!("{prompt:?}");
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Wraps a value where it enters the program.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value itself. Never pass the result to a log line, an error or a profile.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Unwraps the value, for a move into another form of the same exchange.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}
