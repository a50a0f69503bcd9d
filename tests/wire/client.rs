//! A client of every protocol: hyper for HTTP, `prost-reflect` for protobuf and its JSON.

use std::convert::Infallible;
use std::net::SocketAddr;

use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

pub(crate) const SCORE: &str = "/stillwatch.v1.ScoringService/ScoreConversation";
pub(crate) const STREAM: &str = "/stillwatch.v1.ScoringService/ScoreStream";
pub(crate) const BATCH: &str = "/stillwatch.v1.ScoringService/ScoreBatch";

/// Headers of a gRPC call.
pub(crate) const GRPC: [(&str, &str); 2] =
    [("content-type", "application/grpc"), ("te", "trailers")];

/// What came back over HTTP.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) trailers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `grpc-status` and `grpc-message`, in trailers or, without a body, in headers.
    pub(crate) fn grpc_status(&self) -> (u32, String) {
        let of = |name: &str| {
            let value = self.trailers.get(name).or_else(|| self.headers.get(name))?;
            value.to_str().ok().map(str::to_owned)
        };
        let status = of("grpc-status").expect("every gRPC answer has a status");
        (
            status.parse().expect("a number"),
            of("grpc-message").unwrap_or_default(),
        )
    }

    /// The text of everything that a caller can see.
    pub(crate) fn everything(&self) -> String {
        format!(
            "{:?} {:?} {}",
            self.headers,
            self.trailers,
            String::from_utf8_lossy(&self.body)
        )
    }
}

/// One request over HTTP/1.1.
pub(crate) async fn http1(
    address: SocketAddr,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    let stream = TcpStream::connect(address)
        .await
        .expect("the server listens");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .expect("a connection");
    tokio::spawn(connection);
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).expect("a request");
    collect(sender.send_request(request).await.expect("an answer")).await
}

/// POST of JSON whose length is not stated.
pub(crate) async fn post_chunked(address: SocketAddr, path: &str, body: String) -> Answer {
    let stream = TcpStream::connect(address)
        .await
        .expect("the server listens");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .expect("a connection");
    tokio::spawn(connection);
    let request = Request::post(path)
        .header("host", "test")
        .header(CONTENT_TYPE, "application/json")
        // A mapped body has forgotten its length.
        .body(Full::new(Bytes::from(body)).map_frame(|frame| frame))
        .expect("a request");
    collect(sender.send_request(request).await.expect("an answer")).await
}

/// One request over HTTP/2 with prior knowledge.
pub(crate) async fn http2(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    collect(http2_stream(address, path, headers, body).await).await
}

/// The same, with the answer's body still to come.
pub(crate) async fn http2_stream(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> hyper::Response<Incoming> {
    let stream = TcpStream::connect(address)
        .await
        .expect("the server listens");
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("a connection");
    tokio::spawn(connection);
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://test{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).expect("a request");
    sender.send_request(request).await.expect("an answer")
}

pub(crate) async fn collect(response: hyper::Response<Incoming>) -> Answer {
    let (parts, body) = response.into_parts();
    let collected = body.collect().await.expect("a whole body");
    Answer {
        status: parts.status,
        headers: parts.headers,
        trailers: collected.trailers().cloned().unwrap_or_default(),
        body: collected.to_bytes(),
    }
}

/// POST of JSON.
pub(crate) async fn post_json(address: SocketAddr, path: &str, body: impl Into<Bytes>) -> Answer {
    let headers = [(CONTENT_TYPE.as_str(), "application/json")];
    http1(address, Method::POST, path, &headers, body).await
}

/// GET without a body.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    http1(address, Method::GET, path, &[], Bytes::new()).await
}

/// One gRPC call of one message.
pub(crate) async fn grpc(address: SocketAddr, path: &str, message: &[u8]) -> Answer {
    http2(address, path, &GRPC, frame(message)).await
}

/// One gRPC-Web call of one message over HTTP/1.1; its trailers, a part of the body there, are moved to where
/// gRPC has them.
pub(crate) async fn grpc_web(address: SocketAddr, path: &str, message: &[u8]) -> Answer {
    grpc_web_with(address, path, &[], message).await
}

/// The same with more headers.
pub(crate) async fn grpc_web_with(
    address: SocketAddr,
    path: &str,
    more: &[(&str, &str)],
    message: &[u8],
) -> Answer {
    let headers = [
        &[(CONTENT_TYPE.as_str(), "application/grpc-web+proto")],
        more,
    ]
    .concat();
    let mut answer = http1(address, Method::POST, path, &headers, frame(message)).await;
    let mut rest = answer.body.clone();
    let mut messages = Vec::new();
    while rest.len() >= 5 {
        let head = rest.split_to(5);
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let payload = rest.split_to(length);
        if head[0] & 0x80 == 0 {
            messages.extend_from_slice(&frame(&payload));
            continue;
        }
        for line in String::from_utf8_lossy(&payload).lines() {
            let (name, value) = line.split_once(':').expect("a trailer has a colon");
            let name: hyper::header::HeaderName = name.trim().parse().expect("a name");
            answer
                .trailers
                .insert(name, value.trim().parse().expect("a value"));
        }
    }
    answer.body = messages.into();
    answer
}

/// A message in gRPC's frame: no compression, length, bytes.
pub(crate) fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a short message");
    let mut framed = vec![0];
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(message);
    framed
}

/// The message in a frame.
pub(crate) fn unframe(framed: &[u8]) -> &[u8] {
    assert!(framed.len() >= 5, "a frame has a head");
    assert_eq!(framed[0], 0, "nothing is compressed unless asked for");
    &framed[5..]
}

/// The messages in a body of frames, each with its flags.
pub(crate) fn unframe_all(mut framed: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut messages = Vec::new();
    while let Some((message, rest)) = first_frame(framed) {
        messages.push((framed[0], message.to_vec()));
        framed = rest;
    }
    assert!(framed.is_empty(), "whole frames");
    messages
}

fn first_frame(framed: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = u32::from_be_bytes(framed.get(1..5)?.try_into().ok()?) as usize;
    Some((framed.get(5..5 + length)?, &framed[5 + length..]))
}

/// The server's side of a conversation over gRPC.
pub(crate) struct Heard {
    body: Incoming,
    buffer: Vec<u8>,
    trailers: HeaderMap,
}

impl Heard {
    /// The next message; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some((message, rest)) = first_frame(&self.buffer) {
                let (message, rest) = (message.to_vec(), rest.to_vec());
                self.buffer = rest;
                return Some(message);
            }
            match self.body.frame().await?.expect("a whole frame").into_data() {
                Ok(data) => self.buffer.extend_from_slice(&data),
                Err(frame) => self.trailers = frame.into_trailers().unwrap_or_default(),
            }
        }
    }

    /// `grpc-status` of the end, after all that is still to come.
    pub(crate) async fn status(&mut self) -> Option<u32> {
        while self.next().await.is_some() {}
        self.trailers
            .get("grpc-status")?
            .to_str()
            .ok()?
            .parse()
            .ok()
    }
}

/// A gRPC call of as many messages as the test sends, and drops the sender to end.
pub(crate) async fn converse(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
) -> (UnboundedSender<Vec<u8>>, Heard) {
    let (say, said) = unbounded_channel::<Vec<u8>>();
    let frames = futures_util::stream::unfold(said, |mut said| async move {
        let message = said.recv().await?;
        Some((
            Ok::<_, Infallible>(Frame::data(Bytes::from(frame(&message)))),
            said,
        ))
    });
    let stream = TcpStream::connect(address)
        .await
        .expect("the server listens");
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("a connection");
    tokio::spawn(connection);
    let mut request = Request::post(format!("http://test{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = StreamBody::new(frames).boxed_unsync();
    let request = request.body(body).expect("a request");
    let response = sender.send_request(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let heard = Heard {
        body,
        buffer: Vec::new(),
        trailers: parts.headers,
    };
    (say, heard)
}

pub(crate) fn pool() -> DescriptorPool {
    let contract = include_bytes!(concat!(env!("OUT_DIR"), "/contract.binpb"));
    DescriptorPool::decode(&contract[..]).expect("the contract compiles")
}

/// Protobuf of a message of the contract, from its JSON.
pub(crate) fn encode(message: &str, json: &Value) -> Vec<u8> {
    let descriptor = pool()
        .get_message_by_name(message)
        .expect("a message of the contract");
    DynamicMessage::deserialize(descriptor, json)
        .expect("JSON of the contract")
        .encode_to_vec()
}

/// JSON of a message of the contract, from its protobuf.
pub(crate) fn decode(message: &str, bytes: &[u8]) -> Value {
    let descriptor = pool()
        .get_message_by_name(message)
        .expect("a message of the contract");
    let message = DynamicMessage::decode(descriptor, bytes).expect("protobuf of the contract");
    serde_json::to_value(message).expect("proto3 JSON")
}
