//! The field set: accounts in our own words that a release must put before a person, and accounts that it must leave
//! alone.
//!
//! Four files of `eval/field` become cases; a case renders to the exchanges of one account; outcomes are what an engine
//! recommended, and tables say how often that was right. The same files always give the same exchanges. Must not know
//! what any bundle was taught: the set measures, so nothing here reads our own authors' texts.

mod build;
mod case;
mod disguise;
mod error;
mod file;
mod outcome;
mod render;
mod report;
mod tally;

pub use build::{FieldFiles, cases};
pub use case::{Case, Expected, Set};
pub use error::FieldError;
pub use outcome::{Outcome, outcomes};
pub use report::tables;
