//! Load driver: sends requests on a number of lanes, sequentially on each, as fast as they are answered or at a fixed
//! rate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::{http1, http2};
use hyper::header::HeaderValue;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time;

/// Concurrent requests on one HTTP/2 connection; below the server's limit.
const STREAMS: usize = 100;

/// The requests to send: route, encoding and bodies.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) path: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) bodies: Arc<[Bytes]>,
    pub(crate) http2: bool,
}

/// The load to apply.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Number of concurrent requests.
    pub(crate) lanes: usize,
    /// Requests per second over all lanes; `None` means as fast as they are answered. Latencies are measured from when
    /// a request was due, so that a request delayed by a slow predecessor counts as slow too.
    pub(crate) rate: Option<f64>,
    pub(crate) seconds: f64,
}

/// The result of a run.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Latency of each successful request, in microseconds.
    pub(crate) answered: Vec<u32>,
    /// Latency of each request rejected as overloaded, in microseconds.
    pub(crate) refused: Vec<u32>,
    /// Requests whose deadline passed in the queue.
    pub(crate) late: u64,
    /// Requests that failed for other reasons.
    pub(crate) failed: u64,
    /// Seconds until the last response.
    pub(crate) seconds: f64,
    /// Size of the last response, in bytes.
    pub(crate) answer_bytes: usize,
}

/// Formats a quantile of times in milliseconds; a dash when there are none.
pub(crate) fn quantile(times: &mut [u32], q: f64) -> String {
    if times.is_empty() {
        return "-".to_owned();
    }
    let index = ((times.len() - 1) as f64 * q) as usize;
    let micros = *times.select_nth_unstable(index).1;
    format!("{:.2}", f64::from(micros) / 1_000.0)
}

/// Sends `call` to `address` under a load.
pub(crate) async fn drive(address: SocketAddr, call: &Call, load: Load) -> anyhow::Result<Outcome> {
    let mut senders = Vec::with_capacity(load.lanes);
    for lane in 0..load.lanes {
        let sender = match senders.last() {
            Some(Sender::Http2(last)) if lane % STREAMS > 0 => Sender::Http2(last.clone()),
            _ => Sender::connect(address, call.http2).await?,
        };
        senders.push(sender);
    }
    let next = Arc::new(AtomicUsize::new(0));
    let begin = Instant::now();
    let mut lanes = JoinSet::new();
    for (number, sender) in senders.into_iter().enumerate() {
        let lane = Lane {
            sender,
            address,
            call: call.clone(),
            next: Arc::clone(&next),
        };
        lanes.spawn(lane.run(begin, number, load));
    }
    let mut whole = Outcome::default();
    while let Some(lane) = lanes.join_next().await {
        let lane = lane??;
        whole.answered.extend(lane.answered);
        whole.refused.extend(lane.refused);
        whole.late += lane.late;
        whole.failed += lane.failed;
        whole.answer_bytes = whole.answer_bytes.max(lane.answer_bytes);
    }
    whole.seconds = begin.elapsed().as_secs_f64();
    Ok(whole)
}

struct Lane {
    sender: Sender,
    address: SocketAddr,
    call: Call,
    next: Arc<AtomicUsize>,
}

impl Lane {
    async fn run(mut self, begin: Instant, number: usize, load: Load) -> anyhow::Result<Outcome> {
        let end = begin + Duration::from_secs_f64(load.seconds);
        let mut outcome = Outcome::default();
        for turn in 0_usize.. {
            let mut due = Instant::now();
            if let Some(rate) = load.rate {
                let place = (turn * load.lanes + number) as f64;
                due = begin + Duration::from_secs_f64(place / rate);
                time::sleep_until(due.into()).await;
            }
            if due >= end || Instant::now() >= end {
                break;
            }
            let body = self.next.fetch_add(1, Ordering::Relaxed) % self.call.bodies.len();
            let answer = self.sender.send(self.request(body)?).await;
            let micros = u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX);
            match answer {
                Ok(Answer::Done(bytes)) => {
                    outcome.answer_bytes = bytes;
                    outcome.answered.push(micros);
                }
                Ok(Answer::TooMany) => outcome.refused.push(micros),
                Ok(Answer::Late) => outcome.late += 1,
                Ok(Answer::Other) => outcome.failed += 1,
                Err(_) => {
                    outcome.failed += 1;
                    self.sender = Sender::connect(self.address, self.call.http2).await?;
                }
            }
        }
        Ok(outcome)
    }

    fn request(&self, body: usize) -> anyhow::Result<Request<Full<Bytes>>> {
        let Call {
            path,
            content_type,
            bodies,
            http2,
        } = &self.call;
        let uri = if *http2 {
            format!("http://load{path}")
        } else {
            (*path).to_owned()
        };
        let request = Request::post(uri)
            .header("host", "load")
            .header("te", "trailers")
            .header("content-type", *content_type);
        Ok(request.body(Full::new(bodies[body].clone()))?)
    }
}

enum Answer {
    /// Success, with the number of body bytes.
    Done(usize),
    TooMany,
    Late,
    Other,
}

enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Sender {
    async fn connect(address: SocketAddr, over_http2: bool) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let io = TokioIo::new(stream);
        Ok(if over_http2 {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
            tokio::spawn(connection);
            Self::Http2(sender)
        } else {
            let (sender, connection) = http1::handshake(io).await?;
            tokio::spawn(connection);
            Self::Http1(sender)
        })
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Answer> {
        let response = match self {
            Self::Http1(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
            Self::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
        };
        answer(response).await
    }
}

async fn answer(response: Response<hyper::body::Incoming>) -> hyper::Result<Answer> {
    let (head, body) = response.into_parts();
    let body = body.collect().await?;
    let status = body
        .trailers()
        .and_then(|trailers| trailers.get("grpc-status"));
    let status = status.or_else(|| head.headers.get("grpc-status"));
    Ok(match (head.status, status.map(HeaderValue::as_bytes)) {
        (StatusCode::OK, None | Some(b"0")) => Answer::Done(body.to_bytes().len()),
        (StatusCode::TOO_MANY_REQUESTS, _) | (_, Some(b"8")) => Answer::TooMany,
        (StatusCode::GATEWAY_TIMEOUT, _) | (_, Some(b"4")) => Answer::Late,
        _ => Answer::Other,
    })
}
