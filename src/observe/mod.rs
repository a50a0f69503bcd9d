//! `Exchange` to `Observation`: where raw text ends.
//!
//! Uses `encoder` and everything to its left. A pure function of the exchange, the encoder and the key.
