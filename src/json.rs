//! JSON as programs in Python and JavaScript send it, read without asking what it means.
//!
//! Senders are lenient, so readers are: [`repaired`] turns what those languages write and strict JSON forbids (`NaN`, a
//! lone surrogate, a byte order mark, a stray byte) into strict JSON, [`Gather`] keeps what matters of a body that is
//! too large, and [`Node`] reads any value without failing on a type. Uses nothing; knows no field of any format.

mod gather;
mod node;
mod records;
mod repair;

pub(crate) use gather::Gather;
pub(crate) use node::{JsonError, JsonKind, Node};
pub(crate) use records::records;
pub(crate) use repair::repaired;
