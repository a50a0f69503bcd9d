//! `stillwatch eval`
use super::Exit;
use clap::Args;
/// Flags of `stillwatch eval`.
#[derive(Args)]
pub(super) struct Eval {}
impl Eval {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        Ok(Exit::Success)
    }
}
