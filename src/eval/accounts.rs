//! Evaluation by account: how well the served score separates labeled extracting accounts of a stream from benign
//! ones.
//!
//! [`Trails`] records a few moments of each labeled account while the engine scores its stream; [`Report`] turns the
//! trails into tables, each figure with its interval and its sample size. They read assessments and labels alone: no
//! prompt, no profile, no file.

mod alerts;
mod answers;
mod budget;
mod calibration;
mod campaigns;
mod cells;
mod compare;
mod conversations;
mod coverage;
mod detection;
mod errors;
mod grid;
mod half_split;
mod macro_average;
mod operating;
mod options;
mod overview;
mod plots;
mod recall;
mod report;
mod sample;
mod slices;
mod survival;
mod techniques;
mod time;
mod trail;
mod trails;

pub(super) use cells::{applications, resampled};
pub use compare::compared;
pub use errors::errors;
pub use options::Options;
pub use report::Report;
pub(super) use sample::Moment;
#[cfg(test)]
pub(crate) use trail::Checkpoint;
pub use trail::{AccountTrail, Step};
pub use trails::{Collected, Trails};
