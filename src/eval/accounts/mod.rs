//! How well labeled accounts of a stream are told apart, as served.
//!
//! [`Trails`] remembers a few moments of each labeled account while the engine scores its stream; [`Report`]
//! turns the trails into tables, each figure with its interval and with what stands behind it. They read
//! assessments and labels alone: no prompt, no profile, no file.

mod calibration;
mod campaigns;
mod cells;
mod detection;
mod operating;
mod overview;
mod report;
mod sample;
mod slices;
mod survival;
mod techniques;
mod time;
mod trails;

pub(super) use cells::{applications, resampled};
pub use report::{Options, Report};
pub(super) use sample::Moment;
pub use survival::{Span, Survival};
pub use trails::{AccountTrail, Checkpoint, Collected, MARKS, Trails};
