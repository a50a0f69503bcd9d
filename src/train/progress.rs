//! How a long run tells how far it is; the terminal decides how that looks.

/// Told of the stages of a run.
pub trait Progress: Sync {
    /// A stage of `steps` steps begins; the one before it is over.
    fn begin(&self, stage: &str, steps: u64);
    /// Steps done in the present stage.
    fn advance(&self, steps: u64);
    /// A number worth keeping on the screen.
    fn note(&self, line: &str);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: u64) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
}
