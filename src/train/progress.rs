//! Progress of a long run; the terminal decides how to display it.

/// Receives the progress of a run.
pub(crate) trait Progress: Sync {
    /// Starts a stage of `steps` steps; the previous stage is finished.
    fn begin(&self, stage: &str, steps: u64);
    /// Reports finished steps of the current stage.
    fn advance(&self, steps: u64);
    /// Reports a line that should stay on the screen.
    fn note(&self, line: &str);
}
