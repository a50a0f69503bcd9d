//! Settings that contradict each other.

use super::{SettingError, Settings};

impl Settings {
    /// Refuses settings that contradict each other, whatever the machine.
    ///
    /// # Errors
    /// The first contradiction.
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        let (tls, rate) = (&self.tls, &self.rate);
        let limited = rate.requests_per_second.is_some() || rate.max_concurrent_requests.is_some();
        let contradictions = [
            (
                tls.certificate_file.is_some() != tls.private_key_file.is_some(),
                "tls.certificate_file",
                "tls.private_key_file",
                "a certificate and its private key are set together or not at all",
            ),
            (
                tls.client_ca_file.is_some() && tls.certificate_file.is_none(),
                "tls.client_ca_file",
                "tls.certificate_file",
                "client certificates are requested over TLS only, which needs the server's own",
            ),
            (
                rate.burst.is_some() && rate.requests_per_second.is_none(),
                "rate.burst",
                "rate.requests_per_second",
                "a burst needs a rate, and none is set",
            ),
            (
                limited && self.auth.keys_file.is_none(),
                "rate",
                "auth.keys_file",
                "limits are per key, and there are no keys",
            ),
        ];
        match contradictions.into_iter().find(|(holds, ..)| *holds) {
            Some((_, one, other, reason)) => {
                Err(SettingError::Contradiction { one, other, reason })
            }
            None => Ok(()),
        }
    }
}
