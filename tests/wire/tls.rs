//! Tests of TLS: both protocols by ALPN, client certificates, replaced certificates, unusable files.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use stillwatch::internals::server::{Limits, Setup, Tls, TlsFiles};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::client::collect;
use crate::fixture::Running;

/// A certificate authority that signs certificates of the server and of clients.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
struct Pair {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).expect("no names");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(parameters, key).expect("a certificate"))
    }

    fn sign(&self, name: &str) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let parameters = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = parameters.signed_by(&key, &self.0).expect("a certificate");
        Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    fn files(&self, clients: Option<&Self>) -> TlsFiles {
        let own = self.sign("localhost");
        TlsFiles {
            certificate: own.certificate.into_bytes(),
            private_key: own.key.into_bytes(),
            client_authorities: clients.map(|clients| clients.0.pem().into_bytes()),
        }
    }
}

async fn encrypted(files: &TlsFiles) -> (Running, Arc<Tls>) {
    let tls = Arc::new(Tls::new(files).expect("usable files"));
    let setup = Setup {
        tls: Some(Arc::clone(&tls)),
        ..Limits::default().into()
    };
    (Running::with(setup).await, tls)
}

/// Sends `GET /livez` as a client that trusts `authority`, presents `own`, and offers `protocol`.
async fn live(
    at: SocketAddr,
    authority: &Authority,
    own: Option<&Pair>,
    protocol: &str,
) -> Result<StatusCode, Box<dyn std::error::Error>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(
        authority.0.pem().as_bytes(),
    )?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some(pair) => builder.with_client_auth_cert(
            vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes())?],
            PrivateKeyDer::from_pem_slice(pair.key.as_bytes())?,
        )?,
    };
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = TcpStream::connect(at).await?;
    let name = ServerName::try_from("localhost")?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await?;
    assert_eq!(
        stream.get_ref().1.alpn_protocol(),
        Some(protocol.as_bytes())
    );
    let request = Request::get("https://localhost/livez").header("host", "localhost");
    let request = request.body(Full::new(Bytes::new()))?;
    let response = if protocol == "h2" {
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await?;
        tokio::spawn(connection);
        sender.send_request(request).await?
    } else {
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        sender.send_request(request).await?
    };
    Ok(collect(response).await.status)
}

#[tokio::test]
async fn both_protocols_are_chosen_by_alpn_and_plain_text_is_not_spoken() {
    let authority = Authority::new();
    let (server, _) = encrypted(&authority.files(None)).await;
    for protocol in ["h2", "http/1.1"] {
        let status = live(server.address, &authority, None, protocol).await;
        assert_eq!(status.expect("an answer"), StatusCode::OK, "{protocol}");
    }
    let mut plain = TcpStream::connect(server.address)
        .await
        .expect("the server listens");
    plain
        .write_all(b"GET /livez HTTP/1.1\r\nhost: test\r\n\r\n")
        .await
        .expect("it is taken");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    let stranger = Authority::new();
    assert!(live(server.address, &stranger, None, "h2").await.is_err());
}

#[tokio::test]
async fn clients_without_a_certificate_of_the_authority_are_refused() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let (server, _) = encrypted(&authority.files(Some(&clients))).await;
    let at = server.address;
    for protocol in ["h2", "http/1.1"] {
        assert!(live(at, &authority, None, protocol).await.is_err());
        let strange = authority.sign("client");
        assert!(
            live(at, &authority, Some(&strange), protocol)
                .await
                .is_err()
        );
        let known = clients.sign("client");
        let status = live(at, &authority, Some(&known), protocol).await;
        assert_eq!(status.expect("an answer"), StatusCode::OK);
    }
}

#[tokio::test]
async fn certificates_are_exchanged_while_the_server_runs() {
    let (old, new) = (Authority::new(), Authority::new());
    let (server, tls) = encrypted(&old.files(None)).await;
    let at = server.address;
    assert!(live(at, &old, None, "h2").await.is_ok());
    let broken = TlsFiles {
        private_key: Vec::new(),
        ..new.files(None)
    };
    assert!(tls.replace(&broken).is_err());
    assert!(
        live(at, &old, None, "h2").await.is_ok(),
        "the previous certificate stays in use"
    );
    tls.replace(&new.files(None)).expect("usable files");
    assert!(live(at, &old, None, "h2").await.is_err());
    assert!(live(at, &new, None, "h2").await.is_ok());
}

#[test]
fn files_that_cannot_be_used_are_named_and_not_quoted() {
    let authority = Authority::new();
    let good = || authority.files(Some(&authority));
    let cut = |pem: &[u8]| pem[..pem.len() / 2].to_vec();
    let (certificate, key) = (good().certificate, good().private_key);
    let other = Authority::new().files(None).private_key;
    for (files, expected) in [
        (
            TlsFiles {
                certificate: Vec::new(),
                ..good()
            },
            "the certificate holds no certificate",
        ),
        (
            TlsFiles {
                certificate: key.clone(),
                ..good()
            },
            "the certificate holds no certificate",
        ),
        (
            TlsFiles {
                certificate: cut(&certificate),
                ..good()
            },
            "the certificate is not PEM",
        ),
        (
            TlsFiles {
                private_key: b"noise".to_vec(),
                ..good()
            },
            "the private key holds no private key",
        ),
        (
            TlsFiles {
                private_key: cut(&key),
                ..good()
            },
            "the private key is not PEM",
        ),
        (
            TlsFiles {
                private_key: other,
                ..good()
            },
            "cannot be used together",
        ),
        (
            TlsFiles {
                client_authorities: Some(key.clone()),
                ..good()
            },
            "the client authorities holds no certificate",
        ),
    ] {
        let error = Tls::new(&files).err().map(|error| error.to_string());
        let error = error.expect("refused");
        assert!(error.contains(expected), "{error}");
        let quoted = String::from_utf8_lossy(&files.private_key).into_owned();
        let quoted = quoted.lines().nth(1).unwrap_or("-----").to_owned();
        assert!(!error.contains(&quoted));
    }
}
