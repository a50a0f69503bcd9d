//! What is remembered of an account: bounded, mergeable, decaying.
//!
//! Sees observations only. `merge` is associative and commutative with an identity, so a cluster is one account.
