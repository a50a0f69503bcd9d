//! The one path from exchange to assessment, shared by every command.
//!
//! Uses everything to its left. No I/O, no clock.
