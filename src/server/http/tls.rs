//! TLS of the port: certificates from PEM, replaceable while the server runs.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_rustls::TlsAcceptor;

/// Settings of the section `tls`: the files of [`TlsFiles`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_field_names,
    reason = "each setting names a file, as the settings file spells it"
)]
pub(crate) struct TlsSettings {
    /// Certificate chain file (PEM). If not set, the port speaks plain HTTP. Read again at SIGHUP.
    pub certificate_file: Option<PathBuf>,
    /// File of the certificate's private key (PEM). Read again at SIGHUP.
    pub private_key_file: Option<PathBuf>,
    /// File of certificate authorities (PEM), one of which must have signed every client's certificate. Read again at
    /// SIGHUP.
    pub client_ca_file: Option<PathBuf>,
}

/// Certificates and keys for TLS, as PEM.
pub struct TlsFiles {
    /// The server's certificate followed by its intermediate certificates.
    pub certificate: Vec<u8>,
    /// The private key of the certificate: PKCS #8, PKCS #1 or SEC 1.
    pub private_key: Vec<u8>,
    /// Certificate authorities, one of which must have signed every client's certificate; `None` if clients present
    /// none.
    pub client_authorities: Option<Vec<u8>>,
}

/// Error for unusable TLS files. Reveals nothing of their contents.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not PEM.
    #[error("the {file} is not PEM: {reason}")]
    Pem {
        /// Which of the three files.
        file: &'static str,
        /// Kind of the PEM error.
        reason: String,
    },
    /// A file is PEM but does not contain the expected item.
    #[error("the {file} holds no {expected}")]
    Empty {
        /// Which of the three files.
        file: &'static str,
        /// The expected item.
        expected: &'static str,
    },
    /// The certificate and the key do not match, or are of an unsupported kind.
    #[error("the certificate and the private key cannot be used together: {0}")]
    Pair(rustls::Error),
    /// The authorities cannot be used.
    #[error("the client authorities cannot be used: {0}")]
    Authorities(String),
}

/// The TLS configuration in use. Open connections keep the one they were opened with.
pub struct Tls(RwLock<Arc<ServerConfig>>);

impl Tls {
    /// Creates the configuration from files: TLS 1.2 and 1.3, with HTTP/2 and HTTP/1.1 by ALPN.
    ///
    /// # Errors
    /// If a file cannot be used.
    pub fn new(files: &TlsFiles) -> Result<Self, TlsError> {
        Ok(Self(RwLock::new(config(files)?)))
    }

    /// Replaces the files for new connections.
    ///
    /// # Errors
    /// If a file cannot be used; the previous configuration then stays in use.
    pub fn replace(&self, files: &TlsFiles) -> Result<(), TlsError> {
        let config = config(files)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(in crate::server) fn acceptor(&self) -> TlsAcceptor {
        let config = self.0.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&config))
    }
}

fn config(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates("certificate", &files.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&files.private_key).map_err(|error| {
        let file = "private key";
        match error {
            rustls::pki_types::pem::Error::NoItemsFound => TlsError::Empty {
                file,
                expected: "private key in PEM",
            },
            error => TlsError::Pem {
                file,
                reason: reason(&error),
            },
        }
    })?;
    // The provider is named explicitly, so that the choice does not depend on other crates in the program.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?;
    let builder = match &files.client_authorities {
        None => builder.with_no_client_auth(),
        Some(authorities) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates("client authorities", authorities)? {
                let added = roots.add(authority);
                added.map_err(|error| TlsError::Authorities(error.to_string()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = verifier
                .build()
                .map_err(|error| TlsError::Authorities(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(file: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.map_err(|error| TlsError::Pem {
        file,
        reason: reason(&error),
    })?;
    if read.is_empty() {
        return Err(TlsError::Empty {
            file,
            expected: "certificate in PEM",
        });
    }
    Ok(read)
}

/// Describes a PEM error in fixed words: the parser's own message may quote the file, and the file may be a private
/// key.
fn reason(error: &rustls::pki_types::pem::Error) -> String {
    use rustls::pki_types::pem::Error;
    match error {
        Error::MissingSectionEnd { .. } => "a section has no end".to_owned(),
        Error::IllegalSectionStart { .. } => "a section has no proper beginning".to_owned(),
        Error::Base64Decode(_) => "a section is not Base64".to_owned(),
        _ => "it cannot be read".to_owned(),
    }
}
