//! Fusion, calibration, operating points, reasons.
//!
//! Uses `detect` and everything to its left. Pure functions of their inputs.
