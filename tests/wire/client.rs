//! Test client for every protocol: hyper for HTTP, `prost-reflect` for protobuf and its JSON.

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

/// Headers of a gRPC request.
pub(crate) const GRPC: [(&str, &str); 2] =
    [("content-type", "application/grpc"), ("te", "trailers")];

/// An HTTP response.
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

    /// Returns `grpc-status` and `grpc-message`, from the trailers or, without a body, from the headers.
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

    /// Returns everything that a caller can see, as text.
    pub(crate) fn everything(&self) -> String {
        format!(
            "{:?} {:?} {}",
            self.headers,
            self.trailers,
            String::from_utf8_lossy(&self.body)
        )
    }
}

/// Sends one request over HTTP/1.1.
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

/// Sends a POST of JSON without a content length.
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
        // A mapped body has no known length.
        .body(Full::new(Bytes::from(body)).map_frame(|frame| frame))
        .expect("a request");
    collect(sender.send_request(request).await.expect("an answer")).await
}

/// Sends one request over HTTP/2 with prior knowledge.
pub(crate) async fn http2(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    collect(http2_stream(address, path, headers, body).await).await
}

/// Sends one request over HTTP/2 and returns the response before its body is read.
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

/// Sends a POST of JSON.
pub(crate) async fn post_json(address: SocketAddr, path: &str, body: impl Into<Bytes>) -> Answer {
    let headers = [(CONTENT_TYPE.as_str(), "application/json")];
    http1(address, Method::POST, path, &headers, body).await
}

/// Sends a GET.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    http1(address, Method::GET, path, &[], Bytes::new()).await
}

/// Makes one unary gRPC call.
pub(crate) async fn grpc(address: SocketAddr, path: &str, message: &[u8]) -> Answer {
    http2(address, path, &GRPC, frame(message)).await
}

/// Makes one unary gRPC-Web call over HTTP/1.1. Its trailers, which are part of the body, are moved to the trailers of
/// the answer, as in gRPC.
pub(crate) async fn grpc_web(address: SocketAddr, path: &str, message: &[u8]) -> Answer {
    grpc_web_with(address, path, &[], message).await
}

/// Like [`grpc_web`], with additional headers.
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

/// Frames a message for gRPC: no compression, length, bytes.
pub(crate) fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a short message");
    let mut framed = vec![0];
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(message);
    framed
}

/// Returns the message in a frame.
pub(crate) fn unframe(framed: &[u8]) -> &[u8] {
    assert!(framed.len() >= 5, "a frame has a head");
    assert_eq!(framed[0], 0, "nothing is compressed unless asked for");
    &framed[5..]
}

/// Returns the messages in a body of frames, each with its flags.
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

/// The response stream of a bidirectional gRPC call.
pub(crate) struct ResponseStream {
    body: Incoming,
    buffer: Vec<u8>,
    trailers: HeaderMap,
}

impl ResponseStream {
    /// Returns the next message; `None` at the end.
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

    /// Reads the stream to its end and returns `grpc-status`.
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

/// Opens a bidirectional gRPC call. The test sends messages and drops the sender to end it.
pub(crate) async fn converse(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
) -> (UnboundedSender<Vec<u8>>, ResponseStream) {
    let (sender, messages) = unbounded_channel::<Vec<u8>>();
    let frames = futures_util::stream::unfold(messages, |mut messages| async move {
        let message = messages.recv().await?;
        Some((
            Ok::<_, Infallible>(Frame::data(Bytes::from(frame(&message)))),
            messages,
        ))
    });
    let stream = TcpStream::connect(address)
        .await
        .expect("the server listens");
    let (mut connection, driver) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("a connection");
    tokio::spawn(driver);
    let mut request = Request::post(format!("http://test{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = StreamBody::new(frames).boxed_unsync();
    let request = request.body(body).expect("a request");
    let response = connection.send_request(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let responses = ResponseStream {
        body,
        buffer: Vec::new(),
        trailers: parts.headers,
    };
    (sender, responses)
}

pub(crate) fn pool() -> DescriptorPool {
    let contract = include_bytes!(concat!(env!("OUT_DIR"), "/contract.binpb"));
    DescriptorPool::decode(&contract[..]).expect("the contract compiles")
}

/// Encodes a message of the contract from JSON to protobuf.
pub(crate) fn encode(message: &str, json: &Value) -> Vec<u8> {
    let descriptor = pool()
        .get_message_by_name(message)
        .expect("a message of the contract");
    DynamicMessage::deserialize(descriptor, json)
        .expect("JSON of the contract")
        .encode_to_vec()
}

/// Decodes a message of the contract from protobuf to JSON.
pub(crate) fn decode(message: &str, bytes: &[u8]) -> Value {
    let descriptor = pool()
        .get_message_by_name(message)
        .expect("a message of the contract");
    let message = DynamicMessage::decode(descriptor, bytes).expect("protobuf of the contract");
    serde_json::to_value(message).expect("proto3 JSON")
}
