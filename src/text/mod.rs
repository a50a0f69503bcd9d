//! Text without meaning: normalisation, script, template skeletons.
//!
//! Uses `domain` and `privacy`. Knows nothing of models or risk.
