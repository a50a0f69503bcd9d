//! Authentication and authorization: API keys, their scopes and their rate limits.

pub(super) mod api_scope;
pub(super) mod guard;
pub(super) mod key_line;
pub(super) mod keys;
pub(super) mod rate_limit;
